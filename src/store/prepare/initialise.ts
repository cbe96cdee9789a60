// The way into prepare/, the room of kms init: creates a store, or adds to a server's store what is ours, our tables
// and indexes. Doing so again, or twice at once, changes nothing. The room also looks at a database beforehand, checks
// that it is fit, backs it up, prints the grants that it needs, and removes what is ours.
import { chmodSync, closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolders } from '../../files/make-folders.js';
import { sqlitePath, withConnection } from '../connect/connect.js';
import type { Connection, ConnectOptions } from '../connect/connection.js';
import { fileCreationError } from '../connect/errors/driver-errors.js';
import { errorCode } from '../connect/errors/error-code.js';
import { INDEX_NAMES } from '../dialects/our-indexes.js';
import { whileHeld } from '../dialects/schema-lock.js';
import { migrate } from '../own/migrations/migrate.js';
import { storeIdentity, type StoreIdentity } from '../store-label.js';
import { buildIndexes, buildIndexesLocked, type OnIndex } from './build-indexes.js';
import { createServerTables } from './create-server-tables.js';
import { assertFitForReading, assertFitForWriting } from './fitness.js';
import { assertServerLayout } from './layout.js';
import { NO_INIT_RECORD, recordInit, type InitRecord, type InitWriter } from './record-init.js';

export interface InitResult extends InitRecord {
  readonly url: string;
  /** Whether the server's tables were created or found. */
  readonly store: 'created' | 'adopted';
  readonly identity: StoreIdentity;
  /** Names of the migrations that were run now. */
  readonly migrations: readonly string[];
  /** Names of our indexes that were built now: they were missing, incomplete, or of an earlier version. */
  readonly indexes: readonly string[];
}

/**
 * Leaves a row in the log if it changes anything; without a writer it does not touch the log.
 *
 * @throws KmsError NotAStore if the database holds something other than a key store; StoreUnfit.
 */
export async function initialise(
  url: string,
  options: ConnectOptions,
  writer: InitWriter | null = null,
  onIndex?: OnIndex,
): Promise<InitResult> {
  const path = sqlitePath(url);
  if (path !== null) createPrivateFile(path);
  return withConnection(url, options, async (connection) => {
    const result = await initialiseWith(connection, onIndex);
    if (writer === null) return result;
    return { ...result, ...(await recordInit(connection, result, writer)) };
  });
}

/** The same over an open connection, without translating the errors of its driver. */
export async function initialiseWith(
  connection: Connection,
  onIndex?: OnIndex,
): Promise<InitResult> {
  const { knex, dialect, redactedUrl, lockWait } = connection;
  const result = await dialect.withSchemaLock(knex, lockWait, async (locked) => {
    const tables = await dialect.inSchemaTransaction(locked, lockWait, async (executor) => {
      const inside = { ...connection, knex: executor };
      await assertFitForReading(inside);
      await assertFitForWriting(inside);
      const made = await createServerTables(inside);
      await assertServerLayout(inside);
      return { made, migrations: await migrate(inside) };
    });
    const store = tables.made === 'created' ? 'created' : 'adopted';
    // Before another process may remove what is ours.
    const identity = await storeIdentity({ ...connection, knex: locked });
    const built = dialect.singleWriter
      ? null
      : await buildIndexesLocked(connection, locked, onIndex);
    return { url: redactedUrl, store, identity, migrations: tables.migrations, built } as const;
  });
  const { built: builtWithTables, ...made } = result;
  // On SQLite in transactions of their own, so that others write in between.
  const built = builtWithTables ?? (await buildIndexes(connection, onIndex));
  const indexes = built.map((index) => INDEX_NAMES[index]);
  await whileHeld(
    lockWait,
    async () => {
      await dialect.configure(knex);
      return true;
    },
    () => Promise.resolve('another process that uses the store'),
  );
  return { ...made, indexes, ...NO_INIT_RECORD };
}

/**
 * Creates the file, readable by its owner alone, and its folders, unless it is there.
 *
 * @throws KmsError StoreReadOnly, StoreFull or StoreUnreachable if it cannot be created.
 */
function createPrivateFile(path: string): void {
  try {
    makeFolders(dirname(path), 0o700);
    closeSync(openSync(path, 'wx', 0o600));
    chmodSync(path, 0o600);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw fileCreationError(error, path);
  }
}
