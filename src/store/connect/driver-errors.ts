// Turns what a driver throws into our own errors. A driver's message may quote bound values, and with them key
// material, so only the error's code is passed on.
import { KmsError, type Reason } from '../../errors.js';
import { errorCode } from './error-code.js';

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
const READ_ONLY_FOLDER: Meaning = {
  reason: 'StoreReadOnly',
  message: 'the folder of the database is read-only, and SQLite keeps files beside it',
  hint: 'give the user of this run the right to write to the folder, which it takes to read as well, or a copy in another',
};
const READ_ONLY_POSTGRESQL = readOnly(
  'it is a standby, or default_transaction_read_only is on for its user',
);
const READ_ONLY_MYSQL = readOnly(
  'read_only or super_read_only is on, or innodb_read_only, or transaction_read_only',
);
const OUT_OF_TIME: Meaning = {
  reason: 'StoreFailure',
  message:
    'the database broke off a statement that took longer than statement_timeout (max_statement_time) allows',
  hint: 'raise that setting for the user of kms; kms init makes the indexes that statements are fast by',
};
const FORBIDDEN: Meaning = {
  reason: 'StoreReadOnly',
  message: 'the database user lacks a privilege',
  hint: 'kms init --print-grants prints the privileges that a run needs, and those that kms init needs',
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
const NO_PASSWORD = unreachable(
  'the server asks for a password, and there is none',
  'put it into KMS_DATABASE_PASSWORD, or the file that KMS_DATABASE_PASSWORD_FILE names',
);
const TLS_UNTRUSTED = unreachable(
  'TLS: the server’s certificate is not signed by an authority that is trusted',
  'name the authority’s certificate by sslrootcert (ssl-ca)',
);
const TLS_OUT_OF_DATE = unreachable(
  'TLS: the server’s certificate has expired, or is not valid yet',
  'renew it, and check the clock of this host',
);
const TLS_OTHER_HOST = unreachable(
  'TLS: the server’s certificate is for another host name',
  'write the host as the certificate has it; sslmode=verify-ca would take any host of its authority',
);
const TLS_NOT_SPOKEN = unreachable(
  'TLS: the server does not speak it',
  'turn TLS on in the server, or leave sslmode (ssl-mode) out',
);
const TLS_REQUIRED = unreachable(
  'the server takes no connection without TLS',
  'add sslmode=verify-full (ssl-mode=VERIFY_IDENTITY) and the authority’s certificate to the URL',
);
const TLS_BROKEN_OFF = unreachable(
  'TLS: the handshake failed',
  'the server may not take the client certificate, or speak another version; look into its log',
);
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
const NO_DRIVER = unreachable(
  'the driver for SQLite cannot be loaded: it was built for another version of Node, or never',
  'run npm rebuild better-sqlite3 in the folder that kms is installed in, with npm’s install scripts allowed',
);
const FAILED: Meaning = {
  reason: 'StoreFailure',
  message: 'the database failed',
  hint: 'run again; if it fails again, look into the log of the database',
};

function unreachable(message: string, hint: string): Meaning {
  return { reason: 'StoreUnreachable', message, hint };
}

function readOnly(why: string): Meaning {
  return {
    reason: 'StoreReadOnly',
    message: `the database server takes no writes: ${why}`,
    hint: 'run kms on the server that takes writes, or turn the setting off; reading works here too',
  };
}

const PERMISSION_DENIED = /^(42501|ER_(DB|TABLE|COLUMN|PROC|SPECIFIC_)ACCESS_?DENIED.*)$/;

/** Codes of SQLite, SQLSTATEs of PostgreSQL, names of MySQL and of Node; the first match counts. */
const MEANINGS: readonly (readonly [code: RegExp, meaning: Meaning])[] = [
  [/^ERR_DLOPEN_FAILED$/, NO_DRIVER],
  [/^SQLITE_BUSY/, BUSY],
  [/^SQLITE_READONLY_(DIRECTORY|CANTINIT)/, READ_ONLY_FOLDER],
  [/^SQLITE_READONLY/, READ_ONLY],
  // IOERR_SHMSIZE: the file with the index of the write-ahead log cannot grow.
  [/^SQLITE_(FULL|IOERR_SHMSIZE)/, FULL],
  [/^SQLITE_NOTADB/, NOT_A_DATABASE],
  [/^SQLITE_CANTOPEN/, CANNOT_OPEN],
  [/^(55P03|ER_LOCK_WAIT_TIMEOUT|ER_LOCK_DEADLOCK|40001|40P01)$/, BUSY],
  [/^25006$/, READ_ONLY_POSTGRESQL],
  [
    /^ER_(OPTION_PREVENTS_STATEMENT|READ_ONLY_MODE|CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)$/,
    READ_ONLY_MYSQL,
  ],
  [/^(57014|ER_QUERY_TIMEOUT|ER_STATEMENT_TIMEOUT)$/, OUT_OF_TIME],
  [PERMISSION_DENIED, FORBIDDEN],
  [/^(53100|ER_DISK_FULL|ER_RECORD_FILE_FULL)$/, FULL],
  [/^NO_PASSWORD$/, NO_PASSWORD],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, TLS_OTHER_HOST],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, TLS_OUT_OF_DATE],
  [/^(UNABLE_TO_.*|.*SELF_SIGNED_CERT.*|CERT_.*|INVALID_CA|INVALID_PURPOSE)$/, TLS_UNTRUSTED],
  [/^HANDSHAKE_NO_SSL_SUPPORT$/, TLS_NOT_SPOKEN],
  [/^ER_SECURE_TRANSPORT_REQUIRED$/, TLS_REQUIRED],
  [/^(ERR_SSL_.*|ERR_TLS_.*|HANDSHAKE_SSL_ERROR)$/, TLS_BROKEN_OFF],
  [/^(08...|28...|3D000|57P0.|53300)$/, UNREACHABLE],
  [
    /^(E[A-Z]+|PROTOCOL_.*|ER_(ACCESS_DENIED|BAD_DB|CON_COUNT|SERVER_SHUTDOWN|NORMAL_SHUTDOWN|CONNECTION_KILLED|CLIENT_INTERACTION|QUERY_INTERRUPTED|.*ABORTING_CONNECTION|NOT_SUPPORTED_AUTH).*)$/,
    UNREACHABLE,
  ],
  [/^(SQLITE_.*|[0-9A-Z]{5}|ER_.*)$/, FAILED],
];

/** Codes of the operating system for a file that cannot be created; any other is StoreUnreachable. */
const FILE_ERRORS: readonly (readonly [code: RegExp, reason: Reason])[] = [
  [/^(ENOSPC|EDQUOT)$/, 'StoreFull'],
  [/^(EACCES|EPERM|EROFS)$/, 'StoreReadOnly'],
];

const CONFLICTS = /^(SQLITE_CONSTRAINT_(PRIMARYKEY|UNIQUE)|23505|ER_DUP_ENTRY)$/;

/** Thrown in a transaction if a row has changed since it was read, or a uid was taken meanwhile. */
export class WriteConflict extends Error {}

/** Says whether the database's user lacks a privilege. */
export function isPermissionDenied(error: unknown): boolean {
  return PERMISSION_DENIED.test(errorCode(error) ?? '');
}

/** Returns why a file cannot be created, by the code of the operating system; any other error unchanged. */
export function fileCreationError(error: unknown, path: string): unknown {
  const code = errorCode(error);
  if (code === null) return error;
  const reason = FILE_ERRORS.find(([pattern]) => pattern.test(code))?.[1] ?? 'StoreUnreachable';
  return new KmsError(reason, `${path} cannot be made (${code})`, {
    hint: 'check the path, the rights of the folders that lead to it, and the room on the disk',
  });
}

/** Returns a driver's error as one of ours, or as a WriteConflict; any other error unchanged. */
export function asStoreError(error: unknown, redactedUrl: string): unknown {
  const code = errorCode(error);
  if (code === null || error instanceof KmsError) return error;
  if (CONFLICTS.test(code)) return new WriteConflict('a row of this key is there already');
  const meaning = MEANINGS.find(([pattern]) => pattern.test(code))?.[1];
  if (meaning === undefined) return error;
  return new KmsError(meaning.reason, `${redactedUrl}: ${meaning.message} (${code})`, {
    hint: meaning.hint,
  });
}
