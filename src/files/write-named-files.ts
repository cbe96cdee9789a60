// Writes files that a flag names, or into a folder that it names. Failures name the flag.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KmsError } from '../errors.js';
import { destinationOf } from './destination.js';
import { makeFolders } from './make-folders.js';
import { isSystemError, systemCodeOf } from './system-error.js';
import { READ_BY_ALL, writeWholeFile, type Content } from './write-whole-file.js';

/** Writes a file, over any of the same name. @throws KmsError InvalidArgument, naming the flag and the path. */
export function writeNamedFile(flag: string, path: string, content: Content): void {
  failingWith(flag, path, () => {
    writeWholeFile(path, content, READ_BY_ALL);
  });
}

/**
 * Writes a file, unless it has this text already: then not even its time changes. Returns whether it was written.
 *
 * @throws KmsError as writeNamedFile.
 */
export function updateNamedFile(flag: string, path: string, text: string): boolean {
  return failingWith(flag, path, () => {
    if (textIn(path) === text) return false;
    writeWholeFile(path, text, READ_BY_ALL);
    return true;
  });
}

/** Returns the text of a regular file that we did not open ourselves; null if there is none that may be read. */
function textIn(path: string): string | null {
  try {
    const { target, descriptor } = destinationOf(path);
    if (descriptor !== null || !statSync(target).isFile()) return null;
    return readFileSync(target, 'utf8');
  } catch (error) {
    if (isSystemError(error, ['ENOENT', 'EACCES'])) return null;
    throw error;
  }
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

function failingWith<T>(flag: string, path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    // What is written may be made only now, and fail by itself.
    if (cause instanceof KmsError) throw cause;
    const code = systemCodeOf(cause);
    const because = code === null ? '' : ` (${code})`;
    throw new KmsError('InvalidArgument', `${flag} ${path} cannot be written${because}`, {
      hint: 'check the path, its rights, and the room on the disk',
      cause,
    });
  }
}
