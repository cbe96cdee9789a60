// Writes files that a flag names, or into a folder that it names. Failures name the flag.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KmsError } from '../errors.js';
import { makeFolders } from './make-folders.js';

/** Writes a file, over any of the same name. @throws KmsError InvalidArgument, naming the flag and the path. */
export function writeNamedFile(flag: string, path: string, text: string): void {
  failingWith(flag, path, () => {
    writeFileSync(path, text);
  });
}

/** Writes files into a folder, which it makes if necessary; returns their paths. @throws KmsError InvalidArgument. */
export function writeIntoNamedFolder(
  flag: string,
  folder: string,
  files: readonly { readonly name: string; readonly content: string }[],
): readonly string[] {
  failingWith(flag, folder, () => {
    makeFolders(folder);
  });
  return files.map(({ name, content }) => {
    const path = join(folder, name);
    writeNamedFile(flag, path, content);
    return path;
  });
}

function failingWith(flag: string, path: string, write: () => void): void {
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
