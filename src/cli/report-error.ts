// The one place that reports an error to the user, whether a command failed or the line named none.
import { exitCodeOf, type KmsError } from '../errors.js';
import { errorJson } from '../report/error-json.js';
import type { Printer } from './printing.js';

/** Exit code of `--check` for every error, so that 1 can mean "no". */
const CHECK_FAILED = 255;

export interface ErrorReportOptions {
  /** Whether the command answers by its exit code alone (`--check`). */
  readonly isCheck: boolean;
  readonly printer: Pick<Printer, 'isJson' | 'printDocument' | 'printError'>;
}

/** Sets the exit code and prints the error: as words or log on standard error, as the document of --json. */
export async function reportError(
  error: KmsError,
  { isCheck, printer }: ErrorReportOptions,
): Promise<void> {
  if (isCheck) {
    process.exitCode = CHECK_FAILED;
    return;
  }
  process.exitCode = exitCodeOf(error);
  if (printer.isJson()) {
    await printer.printDocument({ schema: 'kms.error/v1', error: errorJson(error) });
  }
  printer.printError(error);
}
