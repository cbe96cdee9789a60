// Turns what a driver throws into our own errors. A driver's message may quote bound values, and with
// them key material, so none of it is passed on: only the error's code is.
import { KmsError, type Reason } from '../errors.js';

interface Meaning {
  readonly reason: Reason;
  readonly message: string;
  readonly hint: string;
}

const SQLITE: readonly (readonly [prefix: string, meaning: Meaning])[] = [
  [
    'SQLITE_BUSY',
    {
      reason: 'StoreBusy',
      message: 'the database is locked by another process',
      hint: 'try again; if it stays locked, look for a process that keeps a transaction open',
    },
  ],
  [
    'SQLITE_READONLY',
    {
      reason: 'StoreReadOnly',
      message: 'the database, or the folder that it stands in, is read-only',
      hint: 'give the user of this run the right to write the file and its folder',
    },
  ],
  [
    'SQLITE_FULL',
    {
      reason: 'StoreFull',
      message: 'the disk is full',
      hint: 'make room on the disk and run again: nothing of this transaction was written',
    },
  ],
  [
    'SQLITE_NOTADB',
    {
      reason: 'NotAStore',
      message: 'the file is not an SQLite database',
      hint: 'point --database-url at the key store',
    },
  ],
  [
    'SQLITE_CANTOPEN',
    {
      reason: 'StoreUnreachable',
      message: 'the database file cannot be opened',
      hint: 'check the path and the rights of the file and its folder',
    },
  ],
  [
    'SQLITE_',
    {
      reason: 'StoreFailure',
      message: 'the database failed',
      hint: 'run again; if it fails again, check the file with PRAGMA integrity_check',
    },
  ],
];

/** Thrown inside a transaction when a row is no longer as it was read, or a uid is taken meanwhile. */
export class WriteConflict extends Error {}

/** Runs a database operation; what it throws comes out as a KmsError or a WriteConflict. */
export async function translatingFailures<T>(
  shownUrl: string,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw translate(error, shownUrl);
  }
}

function translate(error: unknown, shownUrl: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string' || error instanceof KmsError) return error;
  if (code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === 'SQLITE_CONSTRAINT_UNIQUE') {
    return new WriteConflict('a row of this key is there already');
  }
  const meaning = SQLITE.find(([prefix]) => code.startsWith(prefix))?.[1];
  if (meaning === undefined) return error;
  return new KmsError(meaning.reason, `${shownUrl}: ${meaning.message} (${code})`, {
    hint: meaning.hint,
  });
}
