// Whether a server is of the kind that target_session_attrs asks for, so that of several hosts the right one is used.
import { rowsOfStatement } from './intercept-answers.js';
import type { RawConnection } from './raw-connection.js';
import type { SessionAttributes } from './url/server-url.js';

/** What libpq asks a server for each kind of session; true if it will do. */
const POSTGRESQL = {
  any: 'SELECT true AS fits',
  'read-write': `SELECT NOT pg_is_in_recovery()
    AND current_setting('default_transaction_read_only') = 'off' AS fits`,
  'read-only': `SELECT pg_is_in_recovery()
    OR current_setting('default_transaction_read_only') = 'on' AS fits`,
  primary: 'SELECT NOT pg_is_in_recovery() AS fits',
  standby: 'SELECT pg_is_in_recovery() AS fits',
  'prefer-standby': 'SELECT true AS fits',
} as const satisfies Record<SessionAttributes, string>;

/** @throws Error with the code SESSION_UNSUITABLE. */
export async function assertPostgresqlKind(
  raw: RawConnection,
  wanted: SessionAttributes,
): Promise<void> {
  // Asked for any kind too: a server that is ready at once, without a login, need not be one.
  const [row] = await rowsOfStatement(raw, POSTGRESQL[wanted]);
  if (row?.['fits'] !== true) throw unsuitable();
}

/** Variables of which any that is on makes a server of MySQL or MariaDB refuse writes; each version has some of them. */
const READ_ONLY = `SHOW GLOBAL VARIABLES WHERE Variable_name IN
  ('read_only', 'super_read_only', 'innodb_read_only', 'transaction_read_only', 'tx_read_only')`;

/** Whether it must take writes. A replica is one by read_only: who it replicates from, only an administrator may ask. */
const MYSQL = {
  any: null,
  'read-write': true,
  'read-only': false,
  primary: true,
  standby: false,
  'prefer-standby': null,
} as const satisfies Record<SessionAttributes, boolean | null>;

/** @throws Error with the code SESSION_UNSUITABLE. */
export async function assertMysqlKind(
  raw: RawConnection,
  wanted: SessionAttributes,
): Promise<void> {
  const mustBeWritable = MYSQL[wanted];
  if (mustBeWritable === null) return;
  const variables = await rowsOfStatement(raw, READ_ONLY);
  const isWritable = variables.every(({ Value: value }) => value === 'OFF');
  if (isWritable !== mustBeWritable) throw unsuitable();
}

/** Says whether a session of this kind is one of a server that takes writes. */
export function takesWrites(wanted: SessionAttributes): boolean {
  return MYSQL[wanted] === true;
}

/** Returns the error of a server that is of another kind. */
export function unsuitable(): Error {
  return Object.assign(new Error('another kind of session'), { code: 'SESSION_UNSUITABLE' });
}
