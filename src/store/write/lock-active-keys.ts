// Locks keys until the transaction ends. A transaction that wraps an object by a key, or signs by one, and a
// transaction that retires the key wait for each other, so that neither misses what the other does.
import type { Knex } from 'knex';
import type { Dialect } from '../dialects/dialect.js';
import { WriteConflict } from '../connect/errors/driver-errors.js';

/**
 * Ensures that these keys, or certificates, are Active, and stay so until the transaction ends.
 *
 * @throws WriteConflict if one is not Active, or has no row.
 */
export async function lockActiveKeys(
  transaction: Knex.Transaction,
  { byPrimaryKey }: Dialect,
  uids: readonly string[],
): Promise<void> {
  if (uids.length === 0) return;
  const rows = await transaction
    .from(transaction.raw(byPrimaryKey))
    .whereIn('id', [...new Set(uids)])
    .orderBy('id')
    .forShare()
    .select<{ id: string; state: string | null }[]>('id', 'state');
  const active = new Set(rows.filter(({ state }) => state === 'Active').map(({ id }) => id));
  if (!uids.every((uid) => active.has(uid))) {
    throw new WriteConflict('a key that wraps or signs is no longer Active');
  }
}

/**
 * Keeps other transactions from wrapping objects by these keys, which are to be retired. It is a statement of its
 * own, so that the one that retires them sees what was committed while this one waited.
 */
export async function lockForRetiring(
  transaction: Knex.Transaction,
  { byPrimaryKey, singleWriter }: Dialect,
  uids: readonly string[],
): Promise<void> {
  if (uids.length === 0 || singleWriter) return;
  await transaction
    .from(transaction.raw(byPrimaryKey))
    .whereIn('id', uids)
    .orderBy('id')
    .forUpdate()
    .select('id');
}
