// Whether a server of PostgreSQL is a standby, and how far it lags. Every user may ask.
import type { Knex } from 'knex';
import { lagging, laggingUnknown, type Replica } from '../replica.js';

/**
 * A standby that receives from its primary and has replayed all of it does not lag, however long ago the last transaction
 * was. Otherwise the time of that transaction tells, by which the lag is no shorter than it is.
 */
const STATE = `SELECT pg_is_in_recovery() AS "isReplica", CASE
    WHEN NOT pg_is_in_recovery() THEN NULL
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
      AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
  END AS lag`;

/** Returns null of a primary. */
export async function replicaOf(knex: Knex): Promise<Replica | null> {
  const { rows } = await knex.raw<{
    rows: readonly { isReplica: boolean; lag: number | string | null }[];
  }>(STATE);
  const [state] = rows;
  if (state?.isReplica !== true) return null;
  return state.lag === null
    ? laggingUnknown('it has replayed no transaction since it was started')
    : lagging(Number(state.lag));
}
