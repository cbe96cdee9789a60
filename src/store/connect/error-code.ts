// The code of what a driver threw: SQLite's, an SQLSTATE, a name of MySQL's or Node's. What drivers find
// out themselves they often put into words alone, and those words are read here, and here only.

/** What drivers give no code to, with the statement before it or without; the first match counts. */
const WORDS: readonly (readonly [words: RegExp, code: string])[] = [
  [/^Could not locate the bindings file/, 'ERR_DLOPEN_FAILED'],
  [/does not support SSL/, 'HANDSHAKE_NO_SSL_SUPPORT'],
  [/^SASL.*password must be/, 'NO_PASSWORD'],
  [/^SASL/, 'PROTOCOL_SASL'],
  [/(^| - )(Connection terminated|timeout expired)|(not queryable|in closed state)$/, 'ECONNRESET'],
];

/** What is the matter with TLS, under one code of MySQL's driver for all of it; the first match counts. */
const TLS_WORDS: readonly (readonly [words: RegExp, code: string])[] = [
  [/altnames/, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/expired/, 'CERT_HAS_EXPIRED'],
  [/not yet valid/, 'CERT_NOT_YET_VALID'],
  [/self.signed|unable to (get|verify)/, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
];

/** MariaDB's own, which the driver names after MySQL or not at all. */
const NUMBERS: Readonly<Record<number, string>> = {
  1927: 'ER_CONNECTION_KILLED',
  1969: 'ER_STATEMENT_TIMEOUT',
  4025: 'ER_CONSTRAINT_FAILED',
};

/** Returns the code of an error, or null if it is none of a database's or the network's. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'KnexTimeoutError') return 'ETIMEDOUT';
  // Several addresses were tried: each has its error.
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  const code = codeOf(error);
  if (code === 'HANDSHAKE_SSL_ERROR') return codeIn(error.message, TLS_WORDS) ?? code;
  return code ?? codeIn(error.message, WORDS);
}

function codeOf(error: Error): string | null {
  // A number of the server's, not of the system's, which are below zero.
  const number = 'errno' in error && typeof error.errno === 'number' ? error.errno : 0;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return NUMBERS[number] ?? code ?? (number > 0 ? `ER_${number}` : null);
}

function codeIn(message: string, list: typeof WORDS): string | null {
  return list.find(([words]) => words.test(message))?.[1] ?? null;
}
