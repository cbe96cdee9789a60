// Turns what a driver throws into our own errors. A driver's message may quote bound values, and with
// them key material, so none of it is passed on: only the error's code is.
import { KmsError, type Reason } from '../errors.js';

interface Meaning {
  readonly reason: Reason;
  readonly message: string;
  readonly hint: string;
}

const BUSY: Meaning = {
  reason: 'StoreBusy',
  message: 'the database is locked by another process',
  hint: 'try again; if it stays locked, look for a process that keeps a transaction open',
};
const READ_ONLY: Meaning = {
  reason: 'StoreReadOnly',
  message: 'the database, or the folder that it stands in, is read-only',
  hint: 'give the user of this run the right to write; a replica cannot be written to at all',
};
const FORBIDDEN: Meaning = {
  reason: 'StoreReadOnly',
  message: 'the database user lacks a privilege',
  hint: 'a run needs SELECT on all tables of the store, UPDATE on objects, and INSERT on objects, tags, read_access and kms_rotation_log',
};
const FULL: Meaning = {
  reason: 'StoreFull',
  message: 'the disk is full',
  hint: 'make room on the disk and run again: nothing of this transaction was written',
};
const UNREACHABLE: Meaning = {
  reason: 'StoreUnreachable',
  message: 'the database cannot be reached',
  hint: 'check the URL, the user and its password, TLS, and that the server is up',
};
const NOT_A_DATABASE: Meaning = {
  reason: 'NotAStore',
  message: 'the file is not an SQLite database',
  hint: 'point --database-url at the key store',
};
const CANNOT_OPEN: Meaning = {
  reason: 'StoreUnreachable',
  message: 'the database file cannot be opened',
  hint: 'check the path and the rights of the file and its folder',
};
const FAILED: Meaning = {
  reason: 'StoreFailure',
  message: 'the database failed',
  hint: 'run again; if it fails again, look into the log of the database',
};

/** Codes of SQLite, SQLSTATEs of PostgreSQL, names of MySQL and of Node; the first match counts. */
const MEANINGS: readonly (readonly [code: RegExp, meaning: Meaning])[] = [
  [/^SQLITE_BUSY/, BUSY],
  [/^SQLITE_READONLY/, READ_ONLY],
  [/^SQLITE_FULL/, FULL],
  [/^SQLITE_NOTADB/, NOT_A_DATABASE],
  [/^SQLITE_CANTOPEN/, CANNOT_OPEN],
  [/^(55P03|ER_LOCK_WAIT_TIMEOUT|ER_LOCK_DEADLOCK|40001|40P01)$/, BUSY],
  [
    /^(25006|ER_OPTION_PREVENTS_STATEMENT|ER_READ_ONLY_MODE|ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)$/,
    READ_ONLY,
  ],
  [/^(42501|ER_(DB|TABLE|COLUMN|SPECIFIC_)?ACCESS_?DENIED.*)$/, FORBIDDEN],
  [/^(53100|ER_DISK_FULL|ER_RECORD_FILE_FULL)$/, FULL],
  [/^(08...|28...|3D000|57P0.|53300)$/, UNREACHABLE],
  [
    /^(E[A-Z]+|CERT_.*|.*_CERT.*|PROTOCOL_.*|ER_(ACCESS_DENIED|BAD_DB|CON_COUNT|SERVER_SHUTDOWN|NOT_SUPPORTED_AUTH).*)$/,
    UNREACHABLE,
  ],
  [/^(SQLITE_.*|[0-9A-Z]{5}|ER_.*)$/, FAILED],
];

const CONFLICTS = /^(SQLITE_CONSTRAINT_(PRIMARYKEY|UNIQUE)|23505|ER_DUP_ENTRY)$/;
const TRANSIENT = /^(40001|40P01|ER_LOCK_DEADLOCK)$/;

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

/** Says whether the database chose a transaction as the victim of a deadlock or the like. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.test(codeOf(error) ?? '');
}

function translate(error: unknown, shownUrl: string): unknown {
  const code = codeOf(error);
  if (code === null || error instanceof KmsError) return error;
  if (CONFLICTS.test(code)) return new WriteConflict('a row of this key is there already');
  const meaning = MEANINGS.find(([pattern]) => pattern.test(code))?.[1];
  if (meaning === undefined) return error;
  return new KmsError(meaning.reason, `${shownUrl}: ${meaning.message} (${code})`, {
    hint: meaning.hint,
  });
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'KnexTimeoutError') return 'ETIMEDOUT';
  // Several addresses were tried: each has its error.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}
