// From a database URL to a connection: which dialect, with what settings, read-only or not. Whether a
// key store lies behind it, layout.ts tells.
import { existsSync, statSync } from 'node:fs';
import knex, { type Knex } from 'knex';
import { KmsError } from '../errors.js';
import type { Dialect } from './dialect.js';
import { sqlite } from './sqlite.js';

export interface Connection {
  readonly knex: Knex;
  readonly dialect: Dialect;
  /** The URL as it may be shown: without a password. */
  readonly shownUrl: string;
  /** Which of our indexes are there; without them the same queries work, slower. */
  readonly indexed: { readonly due: boolean; readonly keyset: boolean };
}

export interface ConnectOptions {
  readonly mode: 'read' | 'write';
  /** How long to wait for a lock that somebody else holds, in milliseconds. */
  readonly busyTimeoutMs: number;
}

/** What better-sqlite3 hands to a pool's hook; knex has no type for it. */
interface SqliteHandle {
  pragma(source: string): unknown;
  prepare(source: string): { readonly busy: boolean };
}

/** knex would write driver errors to the console; what is to be said of them, failure.ts says. */
export const SILENT = {
  warn: () => undefined,
  error: () => undefined,
  deprecate: () => undefined,
  debug: () => undefined,
};

/** More than the program has; those with lists of uids vary with their number. */
const MOST_PREPARED = 64;

const SERVER_SCHEMES = ['postgres', 'postgresql', 'mysql', 'mariadb'];

/**
 * Returns a connection; it reaches for the database only when it is first used.
 *
 * @throws KmsError StoreNotFound, NotAStore or InvalidConfiguration.
 */
export async function connect(url: string, options: ConnectOptions): Promise<Connection> {
  const path = sqlitePath(url);
  if (path === null) {
    const { connectServer } = await import('./connect-server.js');
    return connectServer(url, options);
  }
  if (!existsSync(path)) {
    throw new KmsError('StoreNotFound', `there is no file ${path}`, {
      hint: 'kms init makes a store; --database-url and KMS_DATABASE_URL name another one',
    });
  }
  if (!statSync(path).isFile()) {
    throw new KmsError('NotAStore', `${path} is not a file`, {
      hint: 'point --database-url at the key store’s file',
    });
  }
  return connectSqlite(path, options);
}

/**
 * Returns the path of an SQLite file, or null if the URL names a server.
 *
 * @throws KmsError InvalidConfiguration for a database that we do not speak to.
 */
export function sqlitePath(url: string): string | null {
  const scheme = /^([a-z][a-z0-9+]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return url;
  if (SERVER_SCHEMES.includes(scheme)) return null;
  if (scheme === 'sqlite' && url.length > 'sqlite:'.length) return url.slice('sqlite:'.length);
  throw new KmsError(
    'InvalidConfiguration',
    `database URLs of the form ${scheme}:… are not supported`,
    { hint: 'give sqlite:PATH, a plain path, postgres://…, mysql://… or mariadb://…' },
  );
}

/** Opens, or makes, the file of an SQLite database. */
export function connectSqlite(path: string, options: ConnectOptions): Connection {
  const readonly = options.mode === 'read';
  const afterCreate = (
    handle: SqliteHandle,
    done: (error: unknown, made: SqliteHandle) => void,
  ) => {
    try {
      handle.pragma(`busy_timeout = ${options.busyTimeoutMs}`);
      if (!readonly) handle.pragma('journal_mode = WAL');
      // A commit that we report must survive a power cut; WAL with NORMAL would not promise that.
      handle.pragma('synchronous = FULL');
      keepPrepared(handle);
      done(null, handle);
    } catch (error) {
      done(error, handle);
    }
  };
  const instance = knex.knex({
    client: 'better-sqlite3',
    connection: { filename: path, options: { readonly } },
    pool: { min: 1, max: 1, afterCreate },
    useNullAsDefault: true,
    // Bound values are key material, and must not stand in error messages.
    compileSqlOnError: false,
    log: SILENT,
  });
  return {
    knex: instance,
    dialect: sqlite,
    shownUrl: `sqlite:${path}`,
    indexed: { due: false, keyset: false },
  };
}

/**
 * Makes a connection prepare each statement once. knex prepares anew for each query, and on `objects`,
 * with an index over a long expression, that takes longer than the statement itself.
 */
function keepPrepared(handle: SqliteHandle): void {
  const prepared = new Map<string, { readonly busy: boolean }>();
  const prepare = handle.prepare.bind(handle);
  handle.prepare = (source) => {
    const known = prepared.get(source);
    if (known !== undefined && !known.busy) return known;
    const statement = prepare(source);
    if (prepared.size < MOST_PREPARED) prepared.set(source, statement);
    return statement;
  };
}
