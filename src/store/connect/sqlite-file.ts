// The file of an SQLite store before SQLite opens it: whether it is there and may be written, and, where SQLite could not
// even read it, its content.
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { KmsError } from '../../errors.js';
import { errorCode } from './errors/error-code.js';

/** @throws KmsError StoreNotFound, NotAStore, or StoreUnreachable if we have no right to look. */
export function assertFile(path: string): void {
  const found = statusOf(path);
  if (found === null) {
    throw new KmsError('StoreNotFound', `there is no file ${path}`, {
      hint: 'kms init makes a store; --database-url and KMS_DATABASE_URL name another one',
    });
  }
  if (found.isFile()) return;
  const inside = found.isDirectory() ? databaseIn(path) : null;
  throw new KmsError('NotAStore', `${path} is not a file`, {
    hint: `point --database-url at the key store’s file${inside === null ? '' : `, such as sqlite:${inside}`}`,
  });
}

/** Ensures that SQLite can write the file, and others beside it. @throws KmsError StoreReadOnly */
export function assertWritable(path: string): void {
  const file = realpathSync(path);
  for (const [place, what] of [
    [dirname(file), 'the folder of the database'],
    [file, 'the database'],
  ] as const) {
    const code = refusalOf(place);
    if (code === null) continue;
    const isMount = code === 'EROFS';
    throw new KmsError('StoreReadOnly', `sqlite:${path}: ${what} is read-only (${code})`, {
      hint: isMount
        ? 'it is on a file system that is mounted read-only; reading works here'
        : 'give the user of this run the right to write to the file and to its folder, or run kms as their owner',
    });
  }
}

/** In bytes; what is read into memory is held there twice for a moment. */
const MOST_READ = 2 ** 30;

/** In the header, the versions of the format for writing and reading: 1 for a journal, 2 for a write-ahead log. */
const FORMAT_VERSIONS = [18, 19] as const;
const [WITH_JOURNAL, WITH_LOG] = [1, 2] as const;

/**
 * Returns the content of a store that SQLite would not read: with a write-ahead log it needs files beside the database,
 * and where it cannot make them, and nobody else has, there is no log, and the file is all there is. Null otherwise.
 */
export function readOnlyContent(named: string): Buffer | null {
  // SQLite keeps its files beside the file that links lead to.
  const path = realpathSync(named);
  if (hasLog(path) || refusalOf(dirname(path)) === null) return null;
  if (refusalOf(path, constants.R_OK) !== null) return null;
  const before = statSync(path);
  if (before.size > MOST_READ || !isLogged(path)) return null;
  const content = readFileSync(path);
  // Somebody with more rights may have begun to write meanwhile.
  const after = statSync(path);
  if (hasLog(path) || after.mtimeMs !== before.mtimeMs || after.size !== before.size) return null;
  for (const place of FORMAT_VERSIONS) content[place] = WITH_JOURNAL;
  return content;
}

function hasLog(path: string): boolean {
  return existsSync(`${path}-wal`);
}

function isLogged(path: string): boolean {
  const header = headerOf(path);
  return (
    header.startsWith(MAGIC) &&
    FORMAT_VERSIONS.every((place) => header.charCodeAt(place) === WITH_LOG)
  );
}

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 20;

function headerOf(path: string): string {
  const header = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, header);
  } finally {
    closeSync(descriptor);
  }
  return header.toString('latin1');
}

/** Returns the first database in a folder that may be looked at, or null. */
function databaseIn(folder: string): string | null {
  try {
    const paths = readdirSync(folder).map((name) => join(folder, name));
    const isDatabase = (path: string) =>
      statSync(path).isFile() && headerOf(path).startsWith(MAGIC);
    return paths.sort().find(isDatabase) ?? null;
  } catch (error) {
    if (errorCode(error) === null) throw error;
    // It is named only to help.
    return null;
  }
}

/** Returns the system's code if it does not let us at a path, by default to write. */
function refusalOf(path: string, right = constants.W_OK): string | null {
  try {
    accessSync(path, right);
    return null;
  } catch (error) {
    const code = errorCode(error);
    if (code === null) throw error;
    return code;
  }
}

function statusOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === null) throw error;
    if (['ENOENT', 'ENOTDIR'].includes(code)) return null;
    throw new KmsError('StoreUnreachable', `${path} cannot be reached (${code})`, {
      hint: 'check the path, and the rights of the folders that lead to it',
    });
  }
}
