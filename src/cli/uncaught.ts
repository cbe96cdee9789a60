// Errors that nobody caught, such as one that a driver throws while it reads from a socket. main.ts starts to watch for
// them; the command at work reports the first like any other error (base-command.ts).
import { asKmsError, type KmsError } from '../errors.js';
import { asStoreError } from '../store/connect/errors/driver-errors.js';

/** Settles only when there is one. Without a watch, as in tests, there never is. */
let uncaught = new Promise<KmsError>(() => undefined);
let report: ((error: KmsError) => void) | null = null;

/** Keeps such errors from ending the process at once. */
export function watchUncaughtErrors(): void {
  const isWatched = report !== null;
  uncaught = new Promise((resolve) => (report = resolve));
  if (isWatched) return;
  const take = (error: unknown) => report?.(asKmsError(asStoreError(error, 'the database')));
  process.on('uncaughtException', take);
  process.on('unhandledRejection', take);
}

/** Returns the first such error, in the form in which commands fail. */
export function uncaughtError(): Promise<KmsError> {
  return uncaught;
}
