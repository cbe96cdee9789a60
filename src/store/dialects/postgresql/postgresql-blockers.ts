// Transactions that a change of the schema would have to wait for. An index of the table `objects` is made in vain while
// they last, so there they are looked at beforehand.
import type { Knex } from 'knex';

export interface Blocker {
  readonly pid: number;
  /** Another one for each transaction of a process. */
  readonly transaction: string;
}

/** Those that exclude SHARE, with which an index is made. */
const WRITING_LOCKS = ['RowExclusive', 'ShareUpdateExclusive', 'ShareRowExclusive', 'Exclusive']
  .concat('AccessExclusive')
  .map((mode) => `'${mode}Lock'`)
  .join(', ');

/**
 * Returns the transactions with a snapshot, or with a lock on the table that an index must wait for. pg_locks shows
 * them to everybody. Workers of the server have no user; a VACUUM, or an index of another table, is not waited for.
 */
export async function blockersOfIndex(knex: Knex): Promise<readonly Blocker[]> {
  const { rows } = await knex.raw<{ rows: readonly Blocker[] }>(
    `SELECT pid, virtualtransaction AS transaction FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'virtualxid' AND granted AND virtualxid = virtualtransaction
        AND datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()
        AND (pid IN (SELECT pid FROM pg_locks WHERE relation = 'objects'::regclass AND granted
            AND mode IN (${WRITING_LOCKS}))
          OR backend_xmin IS NOT NULL
            AND pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum)
            AND pid NOT IN (SELECT pid FROM pg_stat_progress_create_index))
      ORDER BY pid`,
  );
  return rows;
}

/** Names, in words, the processes that keep a table of the search path in any way. */
export async function holdersOfTables(knex: Knex): Promise<string> {
  const { rows } = await knex.raw<{ rows: readonly { pid: number }[] }>(
    `SELECT DISTINCT pid FROM pg_locks JOIN pg_class ON pg_class.oid = relation
      WHERE locktype = 'relation' AND granted AND pid <> pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND relnamespace::regnamespace::text = ANY (current_schemas(false)) ORDER BY pid`,
  );
  return shownProcesses(rows);
}

/** Returns those of the transactions that have not ended. */
export async function stillThere(
  knex: Knex,
  blockers: readonly Blocker[],
): Promise<readonly Blocker[]> {
  if (blockers.length === 0) return [];
  const { rows } = await knex.raw<{ rows: readonly { transaction: string }[] }>(
    'SELECT DISTINCT virtualtransaction AS transaction FROM pg_locks',
  );
  const open = new Set(rows.map(({ transaction }) => transaction));
  return blockers.filter(({ transaction }) => open.has(transaction));
}

export function shownProcesses(blockers: readonly Pick<Blocker, 'pid'>[]): string {
  const pids = blockers.map(({ pid }) => pid).join(', ');
  return pids === '' ? 'other transactions' : `the transactions of pid ${pids}`;
}
