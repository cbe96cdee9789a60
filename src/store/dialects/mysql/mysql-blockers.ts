// Connections that a schema change on MySQL or MariaDB would have to wait for: those with an open transaction, which keeps
// each table that it has used.
import type { Knex } from 'knex';
import { isPermissionDenied } from '../../connect/errors/driver-errors.js';

/** Returns them in words. Only an account with PROCESS is told their numbers. */
export async function blockersOfSchemaChange(knex: Knex): Promise<string> {
  try {
    const [rows] = (await knex.raw(
      `SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx
        WHERE trx_mysql_thread_id <> CONNECTION_ID() ORDER BY trx_started LIMIT 5`,
    )) as [readonly { id: number | string }[]];
    const ids = rows.map(({ id }) => id).join(', ');
    return ids === '' ? 'a connection that keeps a table' : `the transactions of connection ${ids}`;
  } catch (error) {
    if (!isPermissionDenied(error)) throw error;
    return 'a transaction of another connection (an account with PROCESS is told which)';
  }
}
