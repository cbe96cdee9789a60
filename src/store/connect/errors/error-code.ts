// The code of a driver's error: one of SQLite, an SQLSTATE, a name of MySQL or of Node. Errors that a driver raises
// itself often have no code, only a message; such messages are read here and nowhere else.

/** Messages of errors without a code, some with the statement before them; the first match counts. */
const MESSAGES: readonly (readonly [message: RegExp, code: string])[] = [
  [/^Could not locate the bindings file/, 'ERR_DLOPEN_FAILED'],
  [/does not support SSL/, 'HANDSHAKE_NO_SSL_SUPPORT'],
  [/^SASL.*password must be/, 'NO_PASSWORD'],
  [/^SASL: SCRAM-SERVER-FINAL|^SASL: .*signature/, 'AUTH_SASL_SIGNATURE'],
  [/^SASL/, 'AUTH_SASL_MECHANISM'],
  [/^Unknown authenticationOk message type (\d+)$/, 'AUTH_METHOD_$1'],
  [/asks for the password in clear text$/, 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED'],
  [/requests authentication using unknown plugin ([\w-]{1,64})/, 'AUTH_PLUGIN $1'],
  [/(^| - )Connection terminated|(not queryable|in closed state)$/, 'ECONNRESET'],
];

/** Messages of TLS errors, for which MySQL's driver has one code, and Node sometimes none; the first match counts. */
const TLS_MESSAGES: typeof MESSAGES = [
  [/too (weak|small)/, 'CERT_TOO_WEAK'],
  [/critical extension/, 'CERT_UNKNOWN_EXTENSION'],
  [/subtree violation|name constraint/, 'CERT_NAME_CONSTRAINT'],
  [/purpose/, 'INVALID_PURPOSE'],
  [/altnames/, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/expired/, 'CERT_HAS_EXPIRED'],
  [/not yet valid/, 'CERT_NOT_YET_VALID'],
  [/self.signed|unable to (get|verify)/, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
];

/** Of MariaDB in a cluster, under codes that say nothing (1105, 1180). */
const WRITESET_LIMIT = /(Maximum writeset size|wsrep_max_ws_rows) exceeded$/;

/** Where PostgreSQL's source raises 40001 for what a replica copies; the message depends on the language. */
const CANCELLED_AT = /^Process(Interrupts|RecoveryConflict)/;

/** Of PostgreSQL, which has one code for every login that it refuses by its rules. */
const LOCKED_ROLE = 'not permitted to log in';
const CLOSED_DATABASE = 'not currently accepting connections';

/** Returns the code of an error, or null if it comes neither from a database nor from the network. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'KnexTimeoutError') return 'ETIMEDOUT';
  // Several addresses were tried, each with an error of its own.
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  const code = codeOf(error);
  if (code === 'HANDSHAKE_SSL_ERROR') return codeOfMessage(error.message, TLS_MESSAGES) ?? code;
  if (code === 'AUTH_SWITCH_PLUGIN_ERROR') return codeOfMessage(error.message, MESSAGES) ?? code;
  // OpenSSL's name for whatever it has no code of its own for.
  if (code === 'UNSPECIFIED') return codeOfMessage(error.message, TLS_MESSAGES) ?? 'CERT_UNFIT';
  if (code === '28000' && error.message.includes(LOCKED_ROLE)) return 'LOCKED_ROLE';
  if (code === '55000' && error.message.includes(CLOSED_DATABASE)) return 'CLOSED_DATABASE';
  if (code === '40001' && CANCELLED_AT.test(routineOf(error))) return 'RECOVERY_CONFLICT';
  if (WRITESET_LIMIT.test(error.message)) return 'ER_WRITESET_TOO_LARGE';
  return code ?? codeOfMessage(error.message, MESSAGES);
}

/** Says whether a database server itself reported the error, so that it is there and speaks our protocol. */
export function isServerError(error: unknown): boolean {
  // Five letters of which the first is an E, as in EPIPE, are the operating system's.
  const pattern = /^((?!E[A-Z]{4}$)[0-9A-Z]{5}|ER_.*|LOCKED_ROLE|CLOSED_DATABASE)$/;
  return pattern.test(errorCode(error) ?? '');
}

/** The function of PostgreSQL's source that raised an error. */
function routineOf(error: Error): string {
  return 'routine' in error && typeof error.routine === 'string' ? error.routine : '';
}

function codeOf(error: Error): string | null {
  // Numbers of a server are above zero, those of the operating system below.
  const number = 'errno' in error && typeof error.errno === 'number' ? error.errno : 0;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return code ?? (number > 0 ? `ER_${number}` : null);
}

function codeOfMessage(message: string, list: typeof MESSAGES): string | null {
  const [pattern, code] = list.find(([known]) => known.test(message)) ?? [];
  if (pattern === undefined || code === undefined) return null;
  return code.replace('$1', pattern.exec(message)?.[1] ?? '');
}
