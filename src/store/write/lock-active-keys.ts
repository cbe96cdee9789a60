// Locks on keys for the length of a transaction: whoever puts an object under a key, or a certificate below another,
// and whoever retires that one, wait for each other, so that neither overlooks the other.
import type { Knex } from 'knex';
import type { Dialect } from '../dialects/dialect.js';
import { WriteConflict } from '../connect/driver-errors.js';

/**
 * Ensures that these keys, or certificates, are Active, and stay so until the transaction ends.
 *
 * @throws WriteConflict if one is not, or is gone.
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
 * Keeps others from putting objects under these, which are to be retired. A statement of its own: the one
 * that retires then sees whatever was committed while this one waited.
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
