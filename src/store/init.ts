// Makes a new store, or adds what is ours to one that is there: the rotation log by Knex migrations, and
// the indexes. Doing it again, or twice at once, changes nothing.
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import { connectSqlite, sqlitePath, type Connection, type ConnectOptions } from './connect.js';
import { translatingFailures } from './failure.js';
import { assertServerLayout, createServerTables } from './layout.js';
import { rotationLog } from './migrations/001-rotation-log.js';

const MIGRATIONS: readonly { name: string; migration: Knex.Migration }[] = [
  { name: '001-rotation-log', migration: rotationLog },
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
  makeOwnFile(path);
  const connection = connectSqlite(path, options);
  return translatingFailures(connection.shownUrl, async () => {
    try {
      const store = await createServerTables(connection);
      await assertServerLayout(connection);
      const migrations = await migrate(connection);
      return {
        url: connection.shownUrl,
        store: store === 'created' ? 'created' : 'adopted',
        migrations,
      };
    } finally {
      await connection.knex.destroy();
    }
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

/** Brings our tables and indexes up to date, in one transaction that waits for whoever does the same. */
async function migrate(connection: Connection): Promise<readonly string[]> {
  const { knex, dialect } = connection;
  return knex.transaction(async (transaction) => {
    await dialect.lockForWriting(transaction);
    const [, done] = (await transaction.migrate.latest({
      tableName: 'kms_rotation_migrations',
      migrationSource: {
        getMigrations: () => Promise.resolve([...MIGRATIONS]),
        getMigrationName: ({ name }: (typeof MIGRATIONS)[number]) => name,
        getMigration: ({ migration }: (typeof MIGRATIONS)[number]) => Promise.resolve(migration),
      },
    })) as [number, string[]];
    for (const statement of dialect.createIndexes) await transaction.raw(statement);
    return done;
  });
}
