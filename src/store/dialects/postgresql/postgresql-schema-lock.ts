// The lock of one kms init at a time on PostgreSQL: an advisory lock of the session, as indexes cannot be made
// CONCURRENTLY in a transaction. It polls for it: making an index waits for every statement that runs, and so for one
// that waits for this lock.
import type { Knex } from 'knex';
import { schemaLockLost, whileHeld, withCleanUp, type LockWait } from '../schema-lock.js';

/** The key of the lock: any number, so long as no other program uses it; pg_locks shows its two halves. */
const KEY = 7_505_026_112;
const [HIGH, LOW] = [Math.floor(KEY / 2 ** 32), KEY % 2 ** 32];

/** @throws KmsError StoreBusy; StoreUnfit if the lock was lost meanwhile. */
export async function withSchemaLock<T>(
  knex: Knex,
  wait: LockWait,
  work: (executor: Knex) => Promise<T>,
): Promise<T> {
  const tryLock = async () => ((await ask(knex, 'pg_try_advisory_lock')) ? true : null);
  await whileHeld(wait, tryLock, () => holderOf(knex));
  return withCleanUp(
    () => work(knex),
    async () => {
      if (!(await ask(knex, 'pg_advisory_unlock'))) throw schemaLockLost();
    },
  );
}

async function ask(knex: Knex, lockFunction: string): Promise<boolean> {
  const { rows } = await knex.raw<{ rows: readonly { done: boolean }[] }>(
    `SELECT ${lockFunction}(?) AS done`,
    [KEY],
  );
  return rows[0]?.done === true;
}

async function holderOf(knex: Knex): Promise<string> {
  const holders = await knex('pg_locks')
    .whereRaw('database = (SELECT oid FROM pg_database WHERE datname = current_database())')
    .where({ locktype: 'advisory', classid: HIGH, objid: LOW, objsubid: 1, granted: true })
    .select<{ pid: number }[]>('pid');
  return `another kms init (pid ${holders.map(({ pid }) => pid).join(', ')})`;
}
