// The lock of one kms init at a time on MySQL and MariaDB. Every DDL statement commits, so a transaction cannot hold it:
// it is a lock of the session. A cluster such as Galera has none, but makes each table once, whichever of its servers is
// told to; there a table is the lock.
import { setTimeout } from 'node:timers/promises';
import type { Knex } from 'knex';
import { KmsError } from '../../../errors.js';
import { SCHEMA_LOCK_SECONDS, SCHEMA_LOCK_TABLE, schemaLockTimeout } from '../schema-lock.js';

/** The name of the lock: one for each database, as such locks belong to the whole server. */
const LOCK_NAME = `LEFT(CONCAT('kms_init.', DATABASE()), 64)`;

/** How Percona XtraDB Cluster, MariaDB's Galera and some proxies refuse GET_LOCK. */
const REFUSALS: readonly unknown[] = ['ER_UNKNOWN_ERROR', 'ER_NOT_SUPPORTED_YET'];

/** The table is there, or another server of the cluster was faster. */
const TAKEN: readonly unknown[] = ['ER_TABLE_EXISTS_ERROR', 'ER_LOCK_DEADLOCK'];

/** Every try is one for all servers of a cluster, so there are few. */
const TABLE_PAUSE_MS = 500;

/** @throws KmsError StoreBusy. */
export async function withSchemaLock<T>(
  knex: Knex,
  work: (executor: Knex) => Promise<T>,
  seconds = SCHEMA_LOCK_SECONDS,
): Promise<T> {
  const release = (await lockSession(knex, seconds)) ?? (await makeLockTable(knex, seconds));
  try {
    return await work(knex);
  } finally {
    await release();
  }
}

type Release = () => Promise<unknown>;

/** Returns null where the server refuses such locks. */
async function lockSession(knex: Knex, seconds: number): Promise<Release | null> {
  const answer = await unlessFailed(
    REFUSALS,
    knex.raw<object>(`SELECT GET_LOCK(${LOCK_NAME}, ?) AS got`, [seconds]),
  );
  if (answer === null) return null;
  const [rows] = answer as [{ got: number | null }[]];
  if (rows[0]?.got !== 1) throw schemaLockTimeout();
  return () => knex.raw(`SELECT RELEASE_LOCK(${LOCK_NAME})`);
}

/** An init that is killed leaves the table. Nothing tells that from one at work elsewhere, so nobody takes it over. */
async function makeLockTable(knex: Knex, seconds: number): Promise<Release> {
  const statement = `CREATE TABLE ${SCHEMA_LOCK_TABLE} (id INT PRIMARY KEY)`;
  let waitedMs = 0;
  while ((await unlessFailed(TAKEN, knex.raw<object>(statement))) === null) {
    if (waitedMs >= seconds * 1000) throw tableTimeout();
    await setTimeout(TABLE_PAUSE_MS);
    waitedMs += TABLE_PAUSE_MS;
  }
  return () => knex.raw(`DROP TABLE ${SCHEMA_LOCK_TABLE}`);
}

function tableTimeout(): KmsError {
  return new KmsError(
    'StoreBusy',
    `another kms init is at work on this store, or was killed: it has left the table ${SCHEMA_LOCK_TABLE}`,
    {
      hint: `try again when it has finished; if none is at work, DROP TABLE ${SCHEMA_LOCK_TABLE}`,
    },
  );
}

/** Returns null if the statement fails by one of these codes. */
async function unlessFailed<T>(codes: readonly unknown[], answer: PromiseLike<T>) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && 'code' in error && codes.includes(error.code)) return null;
    throw error;
  }
}
