// The program behind bin/run.js, bundled with the commands into dist/kms.cjs: checks that the line names a command,
// then starts oclif. An error before the command begins is reported as the command would report it.
import { randomUUID } from 'node:crypto';
import { Config, handle, run } from '@oclif/core';
import {
  asksToCheck,
  assertNamesCommand,
  commandIn,
  oclifLine,
  type KnownCommand,
} from './cli/command-line.js';
import { newPrinter } from './cli/printing.js';
import { reportError, reportUnwritten, type ErrorReportOptions } from './cli/report-error.js';
import { watchUncaughtErrors } from './cli/uncaught.js';
import { KmsError } from './errors.js';
import { ownStandardStreams } from './output/standard-streams.js';
import { logFormatIn } from './settings/log-format.js';

/** Runs the command that a line names. It sets the exit code of the process, which pending writes may outlast. */
export async function main(line: readonly string[] = process.argv.slice(2)): Promise<void> {
  ownStandardStreams();
  watchUncaughtErrors();
  const argv = oclifLine(line);
  let commands: readonly KnownCommand[] = [];
  const reporting = (): ErrorReportOptions => ({
    isCheck: asksToCheck(argv, commandIn(argv, commands)?.flags),
    printer: newPrinter({
      runId: randomUUID(),
      isJson: () => argv.includes('--json'),
      logFormat: logFormatIn(argv, process.env),
    }),
  });
  try {
    const config = await Config.load(new URL('../bin/run.js', import.meta.url).href);
    commands = config.commands;
    assertNamesCommand(argv, commands);
    await run(argv, config);
  } catch (error) {
    if (!(error instanceof KmsError)) return handle(error as Error);
    await reportError(error, reporting());
  }
  // Of a command this has been done; --help is printed without one.
  await reportUnwritten(reporting());
}
