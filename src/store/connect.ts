// From a database URL to a connection: which dialect it speaks. Whether a key store lies behind it,
// layout.ts tells.
import { existsSync, statSync } from 'node:fs';
import { KmsError } from '../errors.js';
import { connectSqlite } from './connect-sqlite.js';
import type { Connection, ConnectOptions } from './connection.js';
import { translatingFailures } from './failure.js';

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

/** Connects, works and disconnects whatever happens; lets no driver's error out. */
export async function withConnection<T>(
  url: string,
  options: ConnectOptions,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(url, options);
  return translatingFailures(connection.shownUrl, async () => {
    try {
      return await work(connection);
    } finally {
      await connection.knex.destroy();
    }
  });
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
