// Makes a new store, or adds what is ours to one that is there: the rotation log and the outbox by Knex
// migrations, and the indexes. Doing it again, or twice at once, changes nothing.
import { chmodSync, closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import { KmsError } from '../../errors.js';
import { makeFolders } from '../../files/make-folders.js';
import { sqlitePath, withConnection } from '../connect/connect.js';
import type { Connection, ConnectOptions } from '../connect/connection.js';
import { errorCode } from '../connect/error-code.js';
import { fileCreationError } from '../connect/driver-errors.js';
import { assertFit } from './fitness.js';
import { assertServerLayout, createServerTables, MIGRATIONS_TABLE } from './layout.js';
import { rotationLog } from '../own/migrations/001-rotation-log.js';
import { notifications } from '../own/migrations/002-notifications.js';

const MIGRATIONS: readonly { name: string; migration: Knex.Migration }[] = [
  { name: '001-rotation-log', migration: rotationLog },
  { name: '002-notifications', migration: notifications },
];

export interface InitResult {
  readonly url: string;
  /** Whether the server's tables were made, or found. */
  readonly store: 'created' | 'adopted';
  /** Names of the migrations that were done now. */
  readonly migrations: readonly string[];
}

/** @throws KmsError NotAStore if the database holds something other than a key store; StoreUnfit. */
export async function initialise(url: string, options: ConnectOptions): Promise<InitResult> {
  const path = sqlitePath(url);
  if (path !== null) makeOwnFile(path);
  return withConnection(url, options, initialiseWith);
}

/** The same over a connection; a driver's error comes out as it is. */
export async function initialiseWith(connection: Connection): Promise<InitResult> {
  const { knex, dialect, redactedUrl } = connection;
  const initialised = await dialect.withSchemaLock(knex, async (exclusive) => {
    const done = await dialect.inSchemaTransaction(exclusive, async (executor) => {
      const inside = { ...connection, knex: executor };
      await assertFit(inside);
      const made = await createServerTables(inside);
      await assertServerLayout(inside);
      return { made, migrations: await migrate(inside) };
    });
    await dialect.createIndexes(exclusive);
    const store = done.made === 'created' ? 'created' : 'adopted';
    return { url: redactedUrl, store, migrations: done.migrations } as const;
  });
  await dialect.configure(knex);
  return initialised;
}

/**
 * Makes the file, for its owner alone, unless it is there; and the folders that lead to it.
 *
 * @throws KmsError StoreReadOnly, StoreFull or StoreUnreachable if it cannot be made.
 */
function makeOwnFile(path: string): void {
  try {
    makeFolders(dirname(path), 0o700);
    closeSync(openSync(path, 'wx', 0o600));
    chmodSync(path, 0o600);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw fileCreationError(error, path);
  }
}

/** Brings our tables up to date, while nobody else does. */
async function migrate(connection: Connection): Promise<readonly string[]> {
  const { knex: executor } = connection;
  const settings = {
    tableName: MIGRATIONS_TABLE,
    migrationSource: {
      getMigrations: () => Promise.resolve([...MIGRATIONS]),
      getMigrationName: ({ name }: (typeof MIGRATIONS)[number]) => name,
      getMigration: ({ migration }: (typeof MIGRATIONS)[number]) => Promise.resolve(migration),
    },
  };
  await refuseLaterVersion(connection);
  let failed: unknown = null;
  executor.on('query-error', (error: unknown) => (failed ??= error));
  // Nobody else is at it, so a lock that is still set is that of a killed process.
  await executor.migrate.forceFreeMigrationsLock(settings);
  failed = null;
  try {
    const [, done] = (await executor.migrate.latest(settings)) as [number, string[]];
    return done;
  } catch (error) {
    // Whatever fails while it locks, knex calls a lock and keeps to itself; the statement it hands on.
    const isLocking = error instanceof Error && error.name === 'MigrationLocked';
    throw isLocking ? (failed ?? error) : error;
  }
}

/** Its indexes may be others, and knex would call its migrations missing files. */
async function refuseLaterVersion({ knex, redactedUrl }: Connection): Promise<void> {
  if (!(await knex.schema.hasTable(MIGRATIONS_TABLE))) return;
  const done = await knex(MIGRATIONS_TABLE).orderBy('id').select<{ name: string }[]>('name');
  const later = done.find(({ name }) => MIGRATIONS.every((known) => known.name !== name));
  if (later === undefined) return;
  throw new KmsError(
    'StoreUnfit',
    `${redactedUrl}: a later version of kms has prepared it (${later.name})`,
    { hint: 'prepare it by that version, or by one after it' },
  );
}
