// Makes a new store, or adds what is ours to one that is there: the rotation log and the outbox by Knex
// migrations, and the indexes. Doing it again, or twice at once, changes nothing.
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import { sqlitePath, withConnection } from './connect.js';
import type { Connection, ConnectOptions } from './connection.js';
import { assertServerLayout, createServerTables, MIGRATIONS_TABLE } from './layout.js';
import { rotationLog } from './migrations/001-rotation-log.js';
import { notifications } from './migrations/002-notifications.js';

const MIGRATIONS: readonly { name: string; migration: Knex.Migration }[] = [
  { name: '001-rotation-log', migration: rotationLog },
  { name: '002-notifications', migration: notifications },
];

export interface Initialised {
  readonly url: string;
  /** Whether the server's tables were made, or found. */
  readonly store: 'created' | 'adopted';
  /** Names of the migrations that were done now. */
  readonly migrations: readonly string[];
}

/** @throws KmsError NotAStore if the database holds something other than a key store, or nothing we know. */
export async function initialise(url: string, options: ConnectOptions): Promise<Initialised> {
  const path = sqlitePath(url);
  if (path !== null) makeOwnFile(path);
  return withConnection(url, options, initialiseOver);
}

/** The same over a connection; a driver's error comes out as it is. */
export async function initialiseOver(connection: Connection): Promise<Initialised> {
  const { knex, dialect, shownUrl } = connection;
  return dialect.exclusively(knex, async (exclusive) => {
    const done = await dialect.undoably(exclusive, async (executor) => {
      const inside = { ...connection, knex: executor };
      const made = await createServerTables(inside);
      await assertServerLayout(inside);
      return { made, migrations: await migrate(executor) };
    });
    await dialect.createIndexes(exclusive);
    const store = done.made === 'created' ? 'created' : 'adopted';
    return { url: shownUrl, store, migrations: done.migrations };
  });
}

/** Makes the file, for its owner alone, unless it is there; and the folders that lead to it. */
function makeOwnFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, 'wx', 0o600));
    chmodSync(path, 0o600);
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!exists) throw error;
  }
}

/** Brings our tables up to date, while nobody else does. */
async function migrate(executor: Knex): Promise<readonly string[]> {
  const settings = {
    tableName: MIGRATIONS_TABLE,
    migrationSource: {
      getMigrations: () => Promise.resolve([...MIGRATIONS]),
      getMigrationName: ({ name }: (typeof MIGRATIONS)[number]) => name,
      getMigration: ({ migration }: (typeof MIGRATIONS)[number]) => Promise.resolve(migration),
    },
  };
  // Nobody else is at it, so a lock that is still set is that of a killed process.
  await executor.migrate.forceFreeMigrationsLock(settings);
  const [, done] = (await executor.migrate.latest(settings)) as [number, string[]];
  return done;
}
