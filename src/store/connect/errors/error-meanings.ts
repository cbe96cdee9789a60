// What the codes of drivers mean to an operator: codes of SQLite, SQLSTATEs of PostgreSQL, names of MySQL and of Node.
// It is long because it is one table, with a row for each meaning.
import type { Reason } from '../../../errors.js';

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
export const PERMISSION_DENIED = /^(42501|ER_(TABLE|COLUMN|PROC|SPECIFIC_)ACCESS_?DENIED.*)$/;

/** Codes of a server that takes no writes from anybody, such as a replica. */
export const READ_ONLY_SERVER =
  /^(25006|ER_(OPTION_PREVENTS_STATEMENT|READ_ONLY_MODE|CANT_EXECUTE_IN_READ_ONLY_TRANSACTION))$/;

/** The first match counts. */
const MEANINGS: readonly (ErrorMeaning & { readonly codes: RegExp })[] = [
  {
    codes: /^ERR_DLOPEN_FAILED$/,
    reason: 'StoreUnreachable',
    message:
      'the driver for SQLite cannot be loaded: it was built for another version of Node, or not at all',
    hint: 'run npm rebuild better-sqlite3 in the folder that kms is installed in, with npm’s install scripts allowed',
  },
  {
    codes: /^RECOVERY_CONFLICT$/,
    reason: 'StoreBusy',
    message: 'the replica cancelled a query that stood in the way of what it copies',
    hint: 'run again, or raise max_standby_streaming_delay on the replica, or turn hot_standby_feedback on there',
  },
  {
    // Of two nodes of a cluster that write one row the second is refused when it commits.
    codes: /^ER_TRANSACTION_ROLLBACK_DURING_COMMIT$/,
    reason: 'StoreBusy',
    message: 'another node of the cluster wrote the same rows',
    hint: 'try again; if it happens often, let everybody write to one node',
  },
  {
    codes: /^ER_UNKNOWN_COM_ERROR$/,
    reason: 'StoreUnreachable',
    message:
      'the node of the cluster is not ready: it has lost the others, is joining them, or refuses queries',
    hint: 'look at wsrep_cluster_status and wsrep_local_state_comment on it; a URL that names several nodes, with commas between, leads to the next one',
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
    hint: 'give the user of this run the right to write to the folder, which SQLite needs even to read, or use a copy in another folder',
  },
  {
    codes: /^SQLITE_READONLY/,
    reason: 'StoreReadOnly',
    message: 'the database, or its folder, is read-only',
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
    hint: 'run kms on the server that takes writes, which target_session_attrs=read-write finds among several hosts, or turn the setting off; reading works here too',
  },
  {
    codes: /^ER_(OPTION_PREVENTS_STATEMENT|READ_ONLY_MODE|CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)$/,
    reason: 'StoreReadOnly',
    message:
      'the database server takes no writes: read_only or super_read_only is on, or innodb_read_only, or transaction_read_only',
    hint: 'run kms on the server that takes writes, which target_session_attrs=read-write finds among several hosts, or turn the setting off; reading works here too',
  },
  {
    codes: /^(57014|ER_QUERY_TIMEOUT|ER_STATEMENT_TIMEOUT)$/,
    reason: 'StoreFailure',
    message:
      'the database cancelled a statement that took longer than statement_timeout (max_statement_time) allows',
    hint: 'raise that setting for the user of kms; kms init adds the indexes that make statements fast',
  },
  {
    codes: PERMISSION_DENIED,
    reason: 'StoreReadOnly',
    message: 'the database user lacks a privilege',
    hint: 'kms init --print-grants prints the privileges that a run needs, and those that kms init needs',
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
    codes: /^CERT_TOO_WEAK$|_(KEY|MD)_TOO_(SMALL|WEAK)$/,
    reason: 'StoreUnreachable',
    message:
      'TLS: a certificate of the server is signed by an algorithm that is broken, such as SHA-1, or its key is too short',
    hint: 'renew the certificate, and that of its authority, with SHA-256 and a key of 2,048 bits or more',
  },
  {
    codes: /^CERT_UNKNOWN_EXTENSION$/,
    reason: 'StoreUnreachable',
    message: 'TLS: the server’s certificate has a critical extension that kms cannot check',
    hint: 'renew the certificate without it',
  },
  {
    codes: /^CERT_NAME_CONSTRAINT$/,
    reason: 'StoreUnreachable',
    message:
      'TLS: the server’s certificate has a name that its authority may not certify (name constraints)',
    hint: 'renew the certificate with a name that the authority permits',
  },
  {
    codes: /^INVALID_PURPOSE$/,
    reason: 'StoreUnreachable',
    message: 'TLS: the server’s certificate is not one for servers',
    hint: 'renew it with the extended key usage serverAuth',
  },
  {
    codes: /^CERT_UNFIT$/,
    reason: 'StoreUnreachable',
    message: 'TLS: the server’s certificate cannot be verified',
    hint: 'check it, and its authority’s, with openssl verify',
  },
  {
    codes: /^(UNABLE_TO_.*|.*SELF_SIGNED_CERT.*|CERT_.*|INVALID_CA)$/,
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
    message: 'the server requires TLS',
    hint: 'add sslmode=verify-full (ssl-mode=VERIFY_IDENTITY) and the authority’s certificate to the URL',
  },
  {
    codes: /^(ERR_SSL_.*|ERR_TLS_.*|HANDSHAKE_SSL_ERROR)$/,
    reason: 'StoreUnreachable',
    message: 'TLS: the handshake failed',
    hint: 'the server may refuse the client certificate, or require another version of TLS: look into its log',
  },
  {
    codes: /^AUTH_METHOD_(2|7|9)$/,
    reason: 'StoreLoginUnsupported',
    message: 'the server asks for a login by GSSAPI, SSPI or Kerberos, which kms does not have',
    hint: 'put a line with scram-sha-256 or cert for this user, host and database above the line with gss or sspi in pg_hba.conf',
  },
  {
    codes: /^AUTH_(METHOD_|PLUGIN |SASL_)|^ER_NOT_SUPPORTED_AUTH/,
    reason: 'StoreLoginUnsupported',
    message: 'the account logs in by a method that kms does not have',
    hint: 'use an account that logs in with a password (CREATE USER … IDENTIFIED WITH caching_sha2_password, or VIA ed25519) or a client certificate',
  },
  {
    codes: /^MYSQL_CLEAR_PASSWORD_NOT_ENABLED$/,
    reason: 'StoreLoginUnsupported',
    message:
      'the server asks for the password in clear text, which kms sends only over a unix socket or TLS that verifies the server',
    hint: 'add ssl-mode=VERIFY_IDENTITY and the authority’s certificate to the URL',
  },
  {
    codes: /^AUTH_SWITCH_PLUGIN_ERROR$/,
    reason: 'StoreLoginUnsupported',
    message: 'kms could not use the method of login that the server asks for',
    hint: 'use TLS or a unix socket, or an account with another method of login',
  },
  {
    codes: /^(LOCKED_ROLE|ER_ACCOUNT_HAS_BEEN_LOCKED|ER_MUST_CHANGE_PASSWORD.*)$/,
    reason: 'StoreAccountLocked',
    message: 'the account is locked, or its password has expired',
    hint: 'ask the database’s administrator to unlock the account, or to set a new password',
  },
  {
    codes: /^NO_PASSWORD$/,
    reason: 'StoreAccessDenied',
    message: 'the server asks for a password, and there is none',
    hint: 'put it into KMS_DATABASE_PASSWORD, or the file that KMS_DATABASE_PASSWORD_FILE names',
  },
  {
    codes: /^CHANNEL_NOT_BOUND$/,
    reason: 'StoreLoginUnsupported',
    message:
      'the server does not bind the login to the TLS connection, as channel_binding=require asks',
    hint: 'check that the URL asks for TLS, and that the account has a SCRAM password; or leave channel_binding out',
  },
  {
    codes: /^(28...|ER_ACCESS_DENIED.*)$/,
    reason: 'StoreAccessDenied',
    message: 'the server refuses the user or its password',
    hint: 'check the user and its password, until when it is valid, from which hosts the server admits the user, and whether it asks for TLS or a client certificate',
  },
  {
    // DBACCESS: MySQL tells a user without privileges no more, whether the database is there or not.
    codes: /^(3D000|CLOSED_DATABASE|ER_BAD_DB_ERROR|ER_DBACCESS_DENIED_ERROR)$/,
    reason: 'StoreDatabaseMissing',
    message: 'the server has no database of this name, or does not admit this user to it',
    hint: 'check the database in the URL, and the user’s privileges: kms init --print-grants prints those it needs',
  },
  {
    codes: /^(53300|ER_(CON_COUNT|TOO_MANY_USER_CONNECTIONS|USER_LIMIT_REACHED).*)$/,
    reason: 'StoreConnectionLimit',
    message: 'the server or the account has reached its limit of connections or statements',
    hint: 'try again later, raise the limit, or lower --concurrency',
  },
  {
    codes: /^PROTOCOL_ROWS_MISSING$/,
    reason: 'StoreUnreachable',
    message: 'answers of the database arrive with rows missing',
    hint: 'look for a proxy between kms and the database that changes what passes through it',
  },
  {
    codes: /^SERVER_SILENT$/,
    reason: 'StoreUnreachable',
    message: 'the server has stopped answering',
    hint: 'check that it is up; it rolls back what it was doing for kms',
  },
  {
    codes: /^SESSION_UNSUITABLE$/,
    reason: 'StoreUnreachable',
    message: 'no host of the URL is of the kind that target_session_attrs asks for',
    hint: 'check that one of them is, or ask for another kind',
  },
  {
    codes:
      /^(08...|57P0.|E(?!RR?_)[A-Z_0-9]+|PROTOCOL_.*|ER_(SERVER_SHUTDOWN|NORMAL_SHUTDOWN|CONNECTION_KILLED|CLIENT_INTERACTION|QUERY_INTERRUPTED|.*ABORTING_CONNECTION).*)$/,
    reason: 'StoreUnreachable',
    message: 'the database cannot be reached',
    hint: 'check the host and the port of the URL, TLS, and that the server is up',
  },
  {
    codes: /^(SQLITE_.*|[0-9A-Z]{5}|ER_.*)$/,
    reason: 'StoreFailure',
    message: 'the database failed',
    hint: 'run again; if it fails again, check the log of the database',
  },
];
