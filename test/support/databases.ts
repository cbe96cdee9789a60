// The databases that a store may be in, and a suite for each of them. Tests make databases of their own, which are
// dropped when the suite ends. wanted-databases.ts says which ones a run covers, shared-servers.ts where they are.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describeOn, need } from './left-out.js';
import { SERVER_KINDS, type ServerKind } from './server-kinds.js';
import { sharedServer } from './shared-servers.js';
import { sql } from './sql.js';
import { temporaryFolder } from './temporary.js';
import type { DatabaseName } from './wanted-databases.js';

export interface TestDatabase {
  readonly name: DatabaseName;
  /** What the SQL of tests goes by: MariaDB and MySQL are one. */
  readonly kind: 'sqlite' | 'postgresql' | 'mysql';
  /** Says what is missing here; null if nothing is. */
  missing(): Promise<string | null>;
  /** Makes an empty database and returns its URL. */
  create(): Promise<string>;
  dropAll(): Promise<void>;
}

export const sqlite: TestDatabase = {
  name: 'sqlite',
  kind: 'sqlite',
  missing: () => Promise.resolve(null),
  create: () => Promise.resolve(join(temporaryFolder(), 'kms.db')),
  dropAll: () => Promise.resolve(),
};

export const DATABASES: readonly TestDatabase[] = [sqlite, ...SERVER_KINDS.map(onServer)];

/** A suite for each database, left out on those that the run does not cover. */
export function describeEachDatabase(title: string, suite: (database: TestDatabase) => void): void {
  for (const database of DATABASES) {
    describeOn(database.name, title, () => {
      before(async function () {
        this.timeout(180_000);
        const missing = await database.missing();
        need(this, missing ?? '', missing === null);
      });
      after(async function () {
        this.timeout(180_000);
        await database.dropAll();
      });
      suite(database);
    });
  }
}

/** A suite on SQLite alone: for rules that no database decides. */
export function describeOnSqlite(title: string, suite: (database: TestDatabase) => void): void {
  describe(title, () => {
    suite(sqlite);
  });
}

/** A database of a kind of server. */
export function onServer(server: ServerKind): TestDatabase {
  const { name } = server;
  const made: string[] = [];
  const url = async () => {
    const found = await sharedServer(server);
    if ('url' in found) return found.url;
    throw new Error(`there is no ${name}: ${found.missing}`);
  };
  return {
    name,
    kind: name === 'postgresql' ? 'postgresql' : 'mysql',
    missing: async () => {
      const found = await sharedServer(server);
      return 'url' in found ? null : found.missing;
    },
    create: async () => {
      const database = `kms_test_${randomBytes(8).toString('hex')}`;
      await sql(await url(), `CREATE DATABASE ${database}`);
      made.push(database);
      return new URL(`/${database}`, await url()).href;
    },
    dropAll: async () => {
      const force = name === 'postgresql' ? ' WITH (FORCE)' : '';
      for (const database of made.splice(0)) {
        await sql(await url(), `DROP DATABASE ${database}${force}`);
      }
    },
  };
}
