// The names of MariaDB's own errors. The driver names errors by MySQL's table, in which the same numbers mean something
// else.

/** From here on the two tables differ. */
const FIRST_OWN_NUMBER = 1900;

/** https://mariadb.com/docs/server/reference/error-codes, those that kms handles. */
const NAMES: Readonly<Record<number, string>> = {
  1927: 'ER_CONNECTION_KILLED',
  1969: 'ER_STATEMENT_TIMEOUT',
  3159: 'ER_SECURE_TRANSPORT_REQUIRED',
  4025: 'ER_CONSTRAINT_FAILED',
  4151: 'ER_ACCOUNT_HAS_BEEN_LOCKED',
};

/** Returns an error of MariaDB with its own name as the code, or its number where it has none here. */
export function withServersCode(error: unknown): unknown {
  if (!(error instanceof Error) || !('errno' in error)) return error;
  const { errno } = error;
  if (typeof errno !== 'number' || errno < FIRST_OWN_NUMBER) return error;
  return Object.assign(error, { code: NAMES[errno] ?? `ER_${errno}` });
}
