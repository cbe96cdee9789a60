// Opens a store: connects, checks that the database is a store that kms can use, and returns what can be done with it.
import { connect } from './connect/connect.js';
import type { Connection, ConnectOptions } from './connect/connection.js';
import { translateErrors } from './connect/errors/translate-errors.js';
import { createStore } from './create-store.js';
import { indexesNamed } from './dialects/our-indexes.js';
import { NO_AUDIT_KEYS } from './own/chain/audit-keys.js';
import { newChainPool } from './own/chain/chain-pool.js';
import { keyStep } from './own/chain/key-rule.js';
import { newestRows } from './own/chain/newest-rows.js';
import { assertVersionKnown } from './own/migrations/migrate.js';
import { RETIRING_TABLE } from './own/our-tables.js';
import { assertFitForReading, assertFitForWriting } from './prepare/fitness.js';
import { assertInitialised, assertServerLayout } from './prepare/layout.js';
import type { Store } from './store.js';
import { storeIdentity } from './store-label.js';

/** How long to wait for another session's lock by default, in milliseconds. */
export const BUSY_TIMEOUT_MS = 5000;

/**
 * Opens a store, and checks its layout and that all of it can be read, by this version of kms. For writing it also checks that nothing written
 * would be lost, and that our own tables are there.
 *
 * @throws KmsError StoreNotFound, NotAStore, StoreUnfit, StoreNotInitialised, AuditKey, or why the database cannot be reached.
 */
export async function openStore(url: string, options: ConnectOptions): Promise<Store> {
  const connection = await connect(url, options);
  try {
    return await translateErrors(connection.redactedUrl, async () => {
      const checked = await check(connection, options);
      const identity = await storeIdentity(connection);
      const chains = newChainPool(identity.id, options.auditKeys);
      return createStore({ ...checked, chains }, identity);
    });
  } catch (error) {
    await connection.knex.destroy();
    throw error;
  }
}

/** Returns the connection with what is now known of the database. */
async function check(
  connection: Connection,
  { mode, auditKeys = NO_AUDIT_KEYS }: ConnectOptions,
): Promise<Connection> {
  const { knex, dialect } = connection;
  await assertFitForReading(connection);
  await assertServerLayout(connection);
  await assertVersionKnown(connection);
  const indexes = indexesNamed(await dialect.usableIndexes(knex));
  if (mode === 'read') {
    const hasRetiring = await knex.schema.hasTable(RETIRING_TABLE);
    return { ...connection, indexes, hasRetiring, replica: await dialect.replicaOf(knex) };
  }
  await assertFitForWriting(connection);
  await assertInitialised(connection);
  await keyStep(newestRows(knex), auditKeys.sealing);
  await dialect.configure(knex);
  const maxStatementBytes = await dialect.maxStatementBytes(knex);
  return { ...connection, indexes, hasRetiring: true, maxStatementBytes };
}
