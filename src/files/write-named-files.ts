// Writes files that a flag names, or into a folder that it names. Failures name the flag.
import { join } from 'node:path';
import { KmsError } from '../errors.js';
import { makeFolders } from './make-folders.js';
import { systemCodeOf } from './system-error.js';
import { READ_BY_ALL, writeWholeFile } from './write-whole-file.js';

/** Writes a file, over any of the same name. @throws KmsError InvalidArgument, naming the flag and the path. */
export function writeNamedFile(flag: string, path: string, text: string): void {
  failingWith(flag, path, () => {
    writeWholeFile(path, text, READ_BY_ALL);
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
    const code = systemCodeOf(cause);
    const because = code === null ? '' : ` (${code})`;
    throw new KmsError('InvalidArgument', `${flag} ${path} cannot be written${because}`, {
      hint: 'check the path, its rights, and the room on the disk',
      cause,
    });
  }
}
