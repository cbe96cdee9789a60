// The databases that a store may be in, and a suite for each of them. Tests make databases of their own, which are
// dropped when the suite ends. wanted-databases.ts says which ones a run covers, shared-servers.ts where they are.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describeOn, need } from './left-out.js';
import { SERVER_KINDS, type ServerKind } from './server-kinds.js';
import { sharedServer } from './shared-servers.js';
import { sql, withBare } from './sql.js';
import { temporaryFolder } from './temporary.js';
import type { DatabaseName } from './wanted-databases.js';

export interface TestDatabase {
  readonly name: DatabaseName;
  /** What the SQL of tests goes by: MariaDB and MySQL are one. */
  readonly kind: 'sqlite' | 'postgresql' | 'mysql';
  /** Says what is missing here; null if nothing is. */
  missing(): Promise<string | null>;
  /** Makes an empty database, or a copy of another one on its server, and returns its URL. */
  create(copied?: string): Promise<string>;
  dropAll(): Promise<void>;
}

const DROPPED_AT_ONCE = 8;

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

/** A kind of server as a kind of database. */
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
    create: async (copied) => {
      const database = `kms_test_${randomBytes(8).toString('hex')}`;
      const template =
        copied !== undefined && name === 'postgresql' ? ` TEMPLATE ${nameIn(copied)}` : '';
      await sql(await url(), `CREATE DATABASE ${database}${template}`);
      made.push(database);
      const created = new URL(`/${database}`, await url()).href;
      if (copied !== undefined && template === '') await copyTables(created, nameIn(copied));
      return created;
    },
    dropAll: async () => {
      const force = name === 'postgresql' ? ' WITH (FORCE)' : '';
      const administrator = made.length === 0 ? '' : await url();
      // Several at once: each waits for the disk, and they wait together.
      while (made.length > 0) {
        const some = made.splice(0, DROPPED_AT_ONCE);
        await Promise.all(
          some.map((database) => sql(administrator, `DROP DATABASE ${database}${force}`)),
        );
      }
    },
  };
}

function nameIn(url: string): string {
  return new URL(url).pathname.slice(1);
}

/** Copies the tables of another database on a MySQL server; `objects` has no rows, and columns that cannot be set. */
async function copyTables(url: string, from: string): Promise<void> {
  await withBare(url, async (bare) => {
    const tables = (await bare.query(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = '${from}'`,
    )) as readonly { readonly name: string }[];
    for (const { name } of tables) {
      await bare.query(`CREATE TABLE ${name} LIKE ${from}.${name}`);
      if (name === 'objects') continue;
      await bare.query(`INSERT INTO ${name} SELECT * FROM ${from}.${name}`);
    }
  });
}
