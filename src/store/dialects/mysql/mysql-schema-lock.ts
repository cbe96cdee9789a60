// The lock of one kms init at a time on MySQL and MariaDB. Every DDL statement commits, so a transaction cannot hold it:
// it is a lock of the session. A cluster such as Galera has none, but makes each table once, whichever of its servers is
// told to; there a table is the lock.
import type { Knex } from 'knex';
import {
  SCHEMA_LOCK_TABLE,
  schemaLockLost,
  whileHeld,
  withCleanUp,
  type LockWait,
} from '../schema-lock.js';

/** The name of the lock: one for each database, as such locks belong to the whole server. */
const LOCK_NAME = `LEFT(CONCAT('kms_init.', DATABASE()), 64)`;

/** How Percona XtraDB Cluster, MariaDB's Galera and some proxies refuse GET_LOCK. */
const REFUSALS: readonly unknown[] = ['ER_UNKNOWN_ERROR', 'ER_NOT_SUPPORTED_YET'];

/** The table is there, or another server of the cluster was faster. */
const TAKEN: readonly unknown[] = ['ER_TABLE_EXISTS_ERROR', 'ER_LOCK_DEADLOCK'];

/** @throws KmsError StoreBusy; StoreUnfit if the lock was lost meanwhile. */
export async function withSchemaLock<T>(
  knex: Knex,
  wait: LockWait,
  work: (executor: Knex) => Promise<T>,
): Promise<T> {
  const release = (await lockSession(knex, wait)) ?? (await makeLockTable(knex, wait));
  return withCleanUp(() => work(knex), release);
}

type Release = () => Promise<unknown>;

/** Returns null where the server refuses such locks. */
async function lockSession(knex: Knex, wait: LockWait): Promise<Release | null> {
  const ask = async (call: string) => {
    const [rows] = (await knex.raw(`SELECT ${call} AS answer`)) as [{ answer: number | null }[]];
    return rows[0]?.answer ?? null;
  };
  const tryLock = async () => ((await ask(`GET_LOCK(${LOCK_NAME}, 0)`)) === 1 ? true : null);
  const holder = async () =>
    `another kms init (connection ${(await ask(`IS_USED_LOCK(${LOCK_NAME})`)) ?? 'unknown'})`;
  const isLocked = await unlessFailed(REFUSALS, whileHeld(wait, tryLock, holder));
  if (isLocked === null) return null;
  return async () => {
    if ((await ask(`RELEASE_LOCK(${LOCK_NAME})`)) !== 1) throw schemaLockLost();
  };
}

/** An init that is killed leaves the table. Nothing tells that from one at work elsewhere, so nobody takes it over. */
async function makeLockTable(knex: Knex, wait: LockWait): Promise<Release> {
  const statement = `CREATE TABLE ${SCHEMA_LOCK_TABLE} (id INT PRIMARY KEY)`;
  await whileHeld(
    wait,
    () => unlessFailed(TAKEN, knex.raw<object>(statement)),
    () => Promise.resolve(LOCK_TABLE_HOLDER),
  );
  return () => knex.raw(`DROP TABLE ${SCHEMA_LOCK_TABLE}`);
}

const LOCK_TABLE_HOLDER = `another kms init, or one that was killed: the table ${SCHEMA_LOCK_TABLE} is there; if none is at work, DROP TABLE ${SCHEMA_LOCK_TABLE}`;

/** Returns null if the statement fails by one of these codes. */
async function unlessFailed<T>(codes: readonly unknown[], answer: PromiseLike<T>) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(error.code)) return null;
    throw error;
  }
}
