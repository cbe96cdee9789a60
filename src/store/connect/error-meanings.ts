// What the codes of drivers mean to an operator: codes of SQLite, SQLSTATEs of PostgreSQL, names of MySQL and of Node.
import type { Reason } from '../../errors.js';

export interface ErrorMeaning {
  readonly reason: Reason;
  readonly message: string;
  readonly hint: string;
}

/** Returns what a code means; undefined for one that comes neither from a database nor from the network. */
export function meaningOf(code: string): ErrorMeaning | undefined {
  return MEANINGS.find(({ codes }) => codes.test(code));
}

/** Codes for a privilege that the database's user lacks. */
export const PERMISSION_DENIED = /^(42501|ER_(DB|TABLE|COLUMN|PROC|SPECIFIC_)ACCESS_?DENIED.*)$/;

/** The first match counts. */
const MEANINGS: readonly (ErrorMeaning & { readonly codes: RegExp })[] = [
  {
    codes: /^ERR_DLOPEN_FAILED$/,
    reason: 'StoreUnreachable',
    message:
      'the driver for SQLite cannot be loaded: it was built for another version of Node, or never',
    hint: 'run npm rebuild better-sqlite3 in the folder that kms is installed in, with npm’s install scripts allowed',
  },
  {
    codes: /^(SQLITE_BUSY.*|55P03|ER_LOCK_WAIT_TIMEOUT|ER_LOCK_DEADLOCK|40001|40P01)$/,
    reason: 'StoreBusy',
    message: 'the database is locked by another process',
    hint: 'try again; if it stays locked, look for a process that keeps a transaction open',
  },
  {
    codes: /^SQLITE_READONLY_(DIRECTORY|CANTINIT)/,
    reason: 'StoreReadOnly',
    message: 'the folder of the database is read-only, and SQLite keeps files beside it',
    hint: 'give the user of this run the right to write to the folder, which it takes to read as well, or a copy in another',
  },
  {
    codes: /^SQLITE_READONLY/,
    reason: 'StoreReadOnly',
    message: 'the database, or the folder that it stands in, is read-only',
    hint: 'give the user of this run the right to write; a replica cannot be written to at all',
  },
  {
    // IOERR_SHMSIZE: the file with the index of the write-ahead log cannot grow.
    codes: /^(SQLITE_FULL.*|SQLITE_IOERR_SHMSIZE.*|53100|ER_DISK_FULL|ER_RECORD_FILE_FULL)$/,
    reason: 'StoreFull',
    message: 'the disk is full',
    hint: 'make room on the disk and run again: nothing of this transaction was written',
  },
  {
    codes: /^SQLITE_NOTADB/,
    reason: 'NotAStore',
    message: 'the file is not an SQLite database',
    hint: 'point --database-url at the key store',
  },
  {
    codes: /^SQLITE_CANTOPEN/,
    reason: 'StoreUnreachable',
    message: 'the database file cannot be opened',
    hint: 'check the path and the rights of the file and its folder',
  },
  {
    codes: /^25006$/,
    reason: 'StoreReadOnly',
    message:
      'the database server takes no writes: it is a standby, or default_transaction_read_only is on for its user',
    hint: 'run kms on the server that takes writes, or turn the setting off; reading works here too',
  },
  {
    codes: /^ER_(OPTION_PREVENTS_STATEMENT|READ_ONLY_MODE|CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)$/,
    reason: 'StoreReadOnly',
    message:
      'the database server takes no writes: read_only or super_read_only is on, or innodb_read_only, or transaction_read_only',
    hint: 'run kms on the server that takes writes, or turn the setting off; reading works here too',
  },
  {
    codes: /^(57014|ER_QUERY_TIMEOUT|ER_STATEMENT_TIMEOUT)$/,
    reason: 'StoreFailure',
    message:
      'the database broke off a statement that took longer than statement_timeout (max_statement_time) allows',
    hint: 'raise that setting for the user of kms; kms init makes the indexes that statements are fast by',
  },
  {
    codes: PERMISSION_DENIED,
    reason: 'StoreReadOnly',
    message: 'the database user lacks a privilege',
    hint: 'kms init --print-grants prints the privileges that a run needs, and those that kms init needs',
  },
  {
    codes: /^NO_PASSWORD$/,
    reason: 'StoreUnreachable',
    message: 'the server asks for a password, and there is none',
    hint: 'put it into KMS_DATABASE_PASSWORD, or the file that KMS_DATABASE_PASSWORD_FILE names',
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    reason: 'StoreUnreachable',
    message: 'TLS: the server’s certificate is for another host name',
    hint: 'write the host as the certificate has it; sslmode=verify-ca would take any host of its authority',
  },
  {
    codes: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    reason: 'StoreUnreachable',
    message: 'TLS: the server’s certificate has expired, or is not valid yet',
    hint: 'renew it, and check the clock of this host',
  },
  {
    codes: /^(UNABLE_TO_.*|.*SELF_SIGNED_CERT.*|CERT_.*|INVALID_CA|INVALID_PURPOSE)$/,
    reason: 'StoreUnreachable',
    message: 'TLS: the server’s certificate is not signed by an authority that is trusted',
    hint: 'name the authority’s certificate by sslrootcert (ssl-ca)',
  },
  {
    codes: /^HANDSHAKE_NO_SSL_SUPPORT$/,
    reason: 'StoreUnreachable',
    message: 'TLS: the server does not speak it',
    hint: 'turn TLS on in the server, or leave sslmode (ssl-mode) out',
  },
  {
    codes: /^ER_SECURE_TRANSPORT_REQUIRED$/,
    reason: 'StoreUnreachable',
    message: 'the server takes no connection without TLS',
    hint: 'add sslmode=verify-full (ssl-mode=VERIFY_IDENTITY) and the authority’s certificate to the URL',
  },
  {
    codes: /^(ERR_SSL_.*|ERR_TLS_.*|HANDSHAKE_SSL_ERROR)$/,
    reason: 'StoreUnreachable',
    message: 'TLS: the handshake failed',
    hint: 'the server may not take the client certificate, or speak another version; look into its log',
  },
  {
    codes:
      /^(08...|28...|3D000|57P0.|53300|E[A-Z]+|PROTOCOL_.*|ER_(ACCESS_DENIED|BAD_DB|CON_COUNT|SERVER_SHUTDOWN|NORMAL_SHUTDOWN|CONNECTION_KILLED|CLIENT_INTERACTION|QUERY_INTERRUPTED|.*ABORTING_CONNECTION|NOT_SUPPORTED_AUTH).*)$/,
    reason: 'StoreUnreachable',
    message: 'the database cannot be reached',
    hint: 'check the URL, the user and its password, TLS, and that the server is up',
  },
  {
    codes: /^(SQLITE_.*|[0-9A-Z]{5}|ER_.*)$/,
    reason: 'StoreFailure',
    message: 'the database failed',
    hint: 'run again; if it fails again, look into the log of the database',
  },
];
