// The program behind bin/run.js, bundled with the commands into dist/kms.cjs: checks that a command is named, then
// starts oclif. What fails before the command itself begins is printed in the form that was asked for.
import { randomUUID } from 'node:crypto';
import { Config, handle, run } from '@oclif/core';
import { clock } from './cli/clock.js';
import {
  asksToCheck,
  assertNamesCommand,
  commandIn,
  type KnownCommand,
} from './cli/command-line.js';
import { diagnosticsTo } from './cli/diagnostics.js';
import { exitCodeOf, KmsError } from './errors.js';
import { terminalOf } from './output/terminal.js';
import { errorJson } from './report/run-report.js';
import { logFormatIn } from './settings/log-format.js';

/** Runs the command that a line names. The exit code is the process's, which a pending write may outlast. */
export async function main(line: readonly string[] = process.argv.slice(2)): Promise<void> {
  // A reader that has seen enough is no error: nothing more is written, and what is left to do is done.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const argv = line[0] === '--version' ? ['version', ...line.slice(1)] : [...line];
  let commands: readonly KnownCommand[] = [];
  try {
    const config = await Config.load(new URL('../bin/run.js', import.meta.url).href);
    commands = config.commands;
    assertNamesCommand(argv, commands);
    await run(argv, config);
  } catch (error) {
    if (error instanceof KmsError) tell(error, argv, commands);
    else await handle(error as Error);
  }
}

/** As base-command.ts does it for a command. */
function tell(error: KmsError, argv: readonly string[], commands: readonly KnownCommand[]): void {
  process.exitCode = exitCodeOf(error);
  if (asksToCheck(argv, commandIn(argv, commands)?.flags)) {
    process.exitCode = 255;
    return;
  }
  if (argv.includes('--json')) {
    const document = { schema: 'kms.error/v1', error: errorJson(error) };
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  }
  const format = logFormatIn(argv, process.env);
  if (argv.includes('--json') && format === null) return;
  const terminal = terminalOf(process.stderr, process.env);
  const terms = {
    level: 'error',
    format,
    terminal,
    runId: randomUUID(),
    now: () => clock.now(),
  } as const;
  diagnosticsTo(process.stderr, terms).error(error);
}
