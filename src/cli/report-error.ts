// The one place that reports an error to the user, whether a command failed or the line named none.
import { exitCodeOf, KmsError, mostSerious, type ExitCode } from '../errors.js';
import { takeOutputFailure } from '../output/standard-streams.js';
import { errorJson } from '../report/error-json.js';
import type { Printer } from './printing.js';

/** Exit code for every error of what answers by its exit code, so that 1 can mean "no". */
const CHECK_FAILED = 255;

export interface ErrorReportOptions {
  /** Whether the command answers by its exit code alone (`--check`). */
  readonly isCheck: boolean;
  /** Whether it answers by its exit code, and says more. */
  readonly answersByExitCode?: boolean;
  readonly printer: Pick<Printer, 'isJson' | 'printDocument' | 'printError'>;
}

/** Sets the exit code and prints the error: as words or log on standard error, as the document of --json. */
export async function reportError(
  error: KmsError,
  { isCheck, answersByExitCode = false, printer }: ErrorReportOptions,
): Promise<void> {
  if (isCheck) {
    process.exitCode = CHECK_FAILED;
    return;
  }
  process.exitCode = answersByExitCode ? CHECK_FAILED : exitCodeOf(error);
  const document = { schema: 'kms.error/v1', error: errorJson(error) };
  const isInDocument = printer.isJson() && (await printer.printDocument(document));
  printer.printError(error, isInDocument);
}

/**
 * Waits until standard output is written, and reports if it could not be: by one line on standard error, and by the exit
 * code if nothing more serious has set it. What was reported is not reported again.
 */
export async function reportUnwritten(options: ErrorReportOptions): Promise<void> {
  const code = await takeOutputFailure();
  if (code === null) return;
  const error = new KmsError(
    'OutputUnwritable',
    `standard output cannot be written (${code}): the result is not complete there`,
  );
  reportBesides(error, options);
}

/** Reports an error of what was to be written besides the result, as reportUnwritten does. */
export function reportBesides(error: KmsError, options: ErrorReportOptions): void {
  const { isCheck, answersByExitCode = false, printer } = options;
  const codes = [exitCodeSoFar(), exitCodeOf(error)];
  process.exitCode = isCheck || answersByExitCode ? CHECK_FAILED : mostSerious(codes);
  printer.printError(error, false);
}

/** Returns the exit code that the process would end with now. */
export function exitCodeSoFar(): ExitCode {
  return Number(process.exitCode ?? 0) as ExitCode;
}
