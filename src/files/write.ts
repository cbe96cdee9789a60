// Files that are written because a flag names them, or their folder. What stands in them is the command's business.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KmsError } from '../errors.js';
import { makeFolders } from './make-folders.js';

/** Writes over a file of the same name. @throws KmsError InvalidArgument, naming the flag and the path. */
export function writeNamedFile(flag: string, path: string, text: string): void {
  naming(flag, path, () => {
    writeFileSync(path, text);
  });
}

/** Writes into a folder, which is made if need be; returns the paths. @throws KmsError InvalidArgument. */
export function writeIntoNamedFolder(
  flag: string,
  folder: string,
  files: readonly { readonly name: string; readonly content: string }[],
): readonly string[] {
  naming(flag, folder, () => {
    makeFolders(folder);
  });
  return files.map(({ name, content }) => {
    const path = join(folder, name);
    writeNamedFile(flag, path, content);
    return path;
  });
}

function naming(flag: string, path: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new KmsError('InvalidArgument', `${flag} ${path} cannot be written${code}`, {
      hint: 'check the path and its rights',
      cause,
    });
  }
}
