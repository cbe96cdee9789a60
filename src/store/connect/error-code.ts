// The code of a driver's error: one of SQLite, an SQLSTATE, a name of MySQL or of Node. Errors that a driver raises
// itself often have no code, only a message; such messages are read here and nowhere else.

/** Messages of errors without a code, some with the statement before them; the first match counts. */
const MESSAGES: readonly (readonly [message: RegExp, code: string])[] = [
  [/^Could not locate the bindings file/, 'ERR_DLOPEN_FAILED'],
  [/does not support SSL/, 'HANDSHAKE_NO_SSL_SUPPORT'],
  [/^SASL.*password must be/, 'NO_PASSWORD'],
  [/^SASL/, 'PROTOCOL_SASL'],
  [/(^| - )(Connection terminated|timeout expired)|(not queryable|in closed state)$/, 'ECONNRESET'],
];

/** Messages of TLS errors, for which MySQL's driver has one code; the first match counts. */
const TLS_MESSAGES: typeof MESSAGES = [
  [/altnames/, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/expired/, 'CERT_HAS_EXPIRED'],
  [/not yet valid/, 'CERT_NOT_YET_VALID'],
  [/self.signed|unable to (get|verify)/, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
];

/** Error numbers of MariaDB, which the driver gives MySQL's name or none. */
const NUMBERS: Readonly<Record<number, string>> = {
  1927: 'ER_CONNECTION_KILLED',
  1969: 'ER_STATEMENT_TIMEOUT',
  4025: 'ER_CONSTRAINT_FAILED',
};

/** Returns the code of an error, or null if it comes neither from a database nor from the network. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'KnexTimeoutError') return 'ETIMEDOUT';
  // Several addresses were tried, each with an error of its own.
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  const code = codeOf(error);
  if (code === 'HANDSHAKE_SSL_ERROR') return codeOfMessage(error.message, TLS_MESSAGES) ?? code;
  return code ?? codeOfMessage(error.message, MESSAGES);
}

function codeOf(error: Error): string | null {
  // Numbers of a server are above zero, those of the operating system below.
  const number = 'errno' in error && typeof error.errno === 'number' ? error.errno : 0;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return NUMBERS[number] ?? code ?? (number > 0 ? `ER_${number}` : null);
}

function codeOfMessage(message: string, list: typeof MESSAGES): string | null {
  return list.find(([pattern]) => pattern.test(message))?.[1] ?? null;
}
