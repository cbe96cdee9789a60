// The databases that a store may be in, and a suite for each of them: every test makes databases of its
// own, which are dropped when the suite ends. A server that does not answer is started for the tests; one
// that cannot be had is named and skipped, which CI=true does not allow.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownServerNamed } from './own-servers.js';
import { MYSQL_SERVER, SHARED } from './server-kinds.js';
import { withBare } from './sql.js';
import { temporaryFolder } from './temporary.js';

export interface TestDatabase {
  readonly name: 'sqlite' | 'postgresql' | 'mariadb' | 'mysql';
  /** What the SQL of tests goes by: MariaDB and MySQL are one. */
  readonly kind: 'sqlite' | 'postgresql' | 'mysql';
  /** Says why there is none of this kind here; null if there is. */
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

export const DATABASES: readonly TestDatabase[] = [
  sqlite,
  onServer({
    name: 'postgresql',
    kind: 'postgresql',
    variable: SHARED.postgresql.variable,
    usual: 'postgres://postgres@127.0.0.1:5432/postgres',
    version: /^PostgreSQL/,
  }),
  onServer({
    name: 'mariadb',
    kind: 'mysql',
    variable: SHARED.mariadb.variable,
    usual: 'mysql://root@127.0.0.1:3306/',
    version: /MariaDB/,
  }),
  onServer({
    name: 'mysql',
    kind: 'mysql',
    variable: SHARED.mysql.variable,
    usual: 'mysql://root@127.0.0.1:3307/',
    version: /^(?!.*MariaDB)/,
    start: () => {
      if (process.getuid?.() === 0 && existsSync(MYSQL_SERVER))
        spawnSync(MYSQL_SERVER, ['start'], { stdio: 'ignore' });
    },
  }),
];

/** A suite for each database, or for those that DIALECTS names, with commas between. */
export function describeEachDatabase(title: string, suite: (database: TestDatabase) => void): void {
  const wanted = process.env['DIALECTS']?.split(',');
  for (const database of DATABASES) {
    if (wanted?.includes(database.name) === false) continue;
    describe(`${title} (${database.name})`, () => {
      before(async function () {
        this.timeout(180_000);
        const missing = await database.missing();
        if (missing === null) return;
        if (process.env['CI'] === 'true') throw new Error(missing);
        this.skip();
      });
      after(async function () {
        this.timeout(180_000);
        await database.dropAll();
      });
      suite(database);
    });
  }
}

interface Server {
  readonly name: 'postgresql' | 'mariadb' | 'mysql';
  readonly kind: TestDatabase['kind'];
  /** The environment variable that names it, and where it is else. */
  readonly variable: string;
  readonly usual: string;
  /** What the server must say of itself. */
  readonly version: RegExp;
  readonly start?: () => void;
}

export function onServer({ name, kind, variable, usual, version, start }: Server): TestDatabase {
  const given = process.env[variable];
  let server = given ?? usual;
  const made: string[] = [];
  const run = (statement: string) => withBare(server, (bare) => bare.query(statement));
  const answer = async (): Promise<string | null> => {
    const [row] = (await run('SELECT version() AS version')) as { version: string }[];
    return version.test(row?.version ?? '') ? null : `${server} is not a ${name} server`;
  };
  let found: Promise<string | null> | null = null;
  const look = async (): Promise<string | null> => {
    const absent = `no ${name} server at ${server}; ${variable} names another one`;
    const missing = await answer().catch(() => absent);
    if (missing === null || given !== undefined) return missing;
    start?.();
    if ((await answer().catch(() => absent)) === null) return null;
    const own = await ownServerNamed(name);
    if (own === null) return missing;
    server = own.url;
    return answer();
  };
  return {
    name,
    kind,
    missing: () => (found ??= look()),
    create: async () => {
      const database = `kms_test_${randomBytes(8).toString('hex')}`;
      await run(`CREATE DATABASE ${database}`);
      made.push(database);
      const url = new URL(server);
      url.pathname = `/${database}`;
      return url.href;
    },
    dropAll: async () => {
      for (const database of made.splice(0)) {
        await run(`DROP DATABASE ${database}${kind === 'postgresql' ? ' WITH (FORCE)' : ''}`);
      }
    },
  };
}
