// Writes files whole: a reader finds the earlier content or the new one, never a part of it. What is written for users
// goes through here; the database alone writes its own files. make-folders.ts makes the folders that lead to them.
import { fstatSync, statSync, writeFileSync, type Stats } from 'node:fs';
import { destinationOf } from './destination.js';
import { isSystemError } from './system-error.js';
import { temporaryFile, type FileRights } from './temporary-file.js';
import { writeInPlace } from './write-in-place.js';

/** A file for others to read, such as metrics. One that exists keeps its mode. */
export const READ_BY_ALL: FileRights = { mode: 0o644, kept: 0o7777 };

/** A file that may hold secrets. One that exists keeps its mode, but loses the rights of all others. */
export const READ_BY_OWNER: FileRights = { mode: 0o600, kept: 0o770 };

/** A text, or its pieces, which are gone through again if a file can only be written in place. */
export type Content = string | Iterable<string>;

/**
 * Writes a text beside the file that a path leads to, through symbolic links, and puts it in its place. Mode, owner and
 * group are those of the file that it replaces, whatever the umask. What is no regular file, such as a device or a
 * pipe, and a file that cannot be replaced, as one that is mounted by itself, is written in place.
 *
 * @throws Error from the system, with its code; the file is as it was then.
 */
export function writeWholeFile(path: string, content: Content, rights: FileRights): void {
  const pieces = typeof content === 'string' ? [content] : content;
  const { target, descriptor } = destinationOf(path);
  if (descriptor !== null && fstatSync(descriptor).isFile()) {
    // A file that this process was started with, such as /dev/stdout: whoever opened it reads what follows there too.
    append(descriptor, pieces);
    return;
  }
  const replaced = statSync(target, { throwIfNoEntry: false }) ?? null;
  if (replaced !== null && !replaced.isFile()) writeInPlace(target, pieces);
  else replaceFile(target, pieces, rights, replaced);
}

/**
 * Makes a file that is not there yet: `fill` is given the path of an empty file beside it, which only its owner may
 * read, and which takes its place when it is full.
 *
 * @throws Error from the system, EEXIST if the file is there; or what `fill` throws. Nothing is left behind then.
 */
export async function makeWholeFile(
  path: string,
  fill: (path: string) => Promise<void>,
): Promise<void> {
  const { target } = destinationOf(path);
  const file = temporaryFile(target, READ_BY_OWNER, null);
  try {
    await fill(file.path);
    file.take();
  } finally {
    file.end();
  }
}

/** Codes for a folder in which nothing may be made or renamed, though the file in it may be writable. */
const NOT_REPLACEABLE = ['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS'];

function replaceFile(
  target: string,
  pieces: Iterable<string>,
  rights: FileRights,
  replaced: Stats | null,
): void {
  try {
    replaceByAnother(target, pieces, rights, replaced);
  } catch (error) {
    if (replaced === null || !isSystemError(error, NOT_REPLACEABLE)) throw error;
    writeInPlace(target, pieces);
  }
}

function replaceByAnother(
  target: string,
  pieces: Iterable<string>,
  rights: FileRights,
  replaced: Stats | null,
): void {
  const file = temporaryFile(target, rights, replaced);
  try {
    append(file.descriptor, pieces);
    file.replace();
  } finally {
    file.end();
  }
}

function append(descriptor: number, pieces: Iterable<string>): void {
  for (const piece of pieces) writeFileSync(descriptor, piece);
}
