// What is said of a command that there is not, in our own form, with the one that was probably meant.
import { KmsError } from './errors.js';
import { nearest } from './nearest.js';

/**
 * Returns the error for a command that oclif has not found, or null if its message says something else.
 *
 * @param ids the commands that there are, as oclif names them: `key:show`.
 */
export function unknownCommand(message: string, ids: readonly string[]): KmsError | null {
  const id = /^command (.+) not found$/i.exec(message)?.[1];
  if (id === undefined) return null;
  const words = (text: string) => text.replaceAll(':', ' ');
  return new KmsError('InvalidArgument', `there is no command ${JSON.stringify(words(id))}`, {
    hint: `did you mean kms ${nearest(words(id), ids.map(words))}? kms --help lists them all`,
  });
}
