// A file that is written because a flag names it. What stands in it is the command's business.
import { writeFileSync } from 'node:fs';
import { KmsError } from './errors.js';

/** Writes over a file of the same name. @throws KmsError InvalidArgument, naming the flag and the path. */
export function writeNamedFile(flag: string, path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new KmsError('InvalidArgument', `${flag} ${path} cannot be written${code}`, {
      hint: 'check the path and its rights',
      cause,
    });
  }
}
