// The program behind bin/run.js, bundled with the commands into dist/kms.cjs: sees that a command is named, then
// starts oclif. What fails before the command itself is begun is told in the form that was asked for.
import { randomUUID } from 'node:crypto';
import { Config, handle, run } from '@oclif/core';
import { clock } from '../src/cli/clock.ts';
import { asksToCheck, assertNamesCommand, commandIn } from '../src/cli/command-words.ts';
import { exitCodeOf, KmsError } from '../src/errors.ts';
import { logFormatIn } from '../src/settings/log-format.ts';
import { diagnosticsTo } from '../src/cli/diagnostics.ts';
import { terminalOf } from '../src/output/terminal.ts';
import { errorJson } from '../src/report/report.ts';

/** Runs the command that a line names. The exit code is the process's, which a pending write may outlast. */
export async function main(line = process.argv.slice(2)) {
  // A reader that has seen enough is no error: nothing more is written, and what is left to do is done.
  process.stdout.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const argv = line[0] === '--version' ? ['version', ...line.slice(1)] : line;
  let commands = [];
  try {
    const config = await Config.load(new URL('./run.js', import.meta.url).href);
    commands = config.commands;
    assertNamesCommand(argv, commands);
    await run(argv, config);
  } catch (error) {
    if (error instanceof KmsError) tell(error, argv, commands);
    else await handle(error);
  }
}

/** As base-command.ts does it for a command. */
function tell(error, argv, commands) {
  process.exitCode = exitCodeOf(error);
  if (asksToCheck(argv, commandIn(argv, commands)?.flags)) {
    process.exitCode = 255;
    return;
  }
  if (argv.includes('--json')) {
    const document = { schema: 'kms.error/v1', error: errorJson(error) };
    console.log(JSON.stringify(document, undefined, 2));
  }
  const format = logFormatIn(argv, process.env);
  if (argv.includes('--json') && format === null) return;
  const terminal = terminalOf(process.stderr, process.env);
  const terms = { level: 'error', format, terminal, runId: randomUUID(), now: () => clock.now() };
  diagnosticsTo(process.stderr, terms).error(error);
}
