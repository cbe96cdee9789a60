// The way into connect/, the room between us and the drivers: from a database URL to a connection with its dialect.
// The room also retries errors and runs transactions; url/ parses URLs, errors/ says what a driver's error means.
// Whether the database is a key store, prepare/layout.ts checks.
import { statSync, type Stats } from 'node:fs';
import { KmsError } from '../../errors.js';
import { connectSqlite } from './connect-sqlite.js';
import type { Connection, ConnectOptions } from './connection.js';
import { parseDatabaseUrl } from './url/database-url.js';
import { errorCode } from './errors/error-code.js';
import { translateErrors } from './errors/translate-errors.js';

/**
 * Returns a connection, which reaches for the database when it is first used.
 *
 * @throws KmsError StoreNotFound, NotAStore or InvalidConfiguration.
 */
export async function connect(url: string, options: ConnectOptions): Promise<Connection> {
  const parsed = parseDatabaseUrl(url);
  if (parsed.kind === 'server') {
    const { connectServer } = await import('./connect-server.js');
    return connectServer(parsed.url, options);
  }
  assertFile(parsed.path);
  return connectSqlite(parsed.path, options);
}

/** @throws KmsError StoreNotFound, NotAStore, or StoreUnreachable if we have no right to look. */
function assertFile(path: string): void {
  const found = statusOf(path);
  if (found === null) {
    throw new KmsError('StoreNotFound', `there is no file ${path}`, {
      hint: 'kms init makes a store; --database-url and KMS_DATABASE_URL name another one',
    });
  }
  if (found.isFile()) return;
  throw new KmsError('NotAStore', `${path} is not a file`, {
    hint: 'point --database-url at the key store’s file',
  });
}

function statusOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === null) throw error;
    if (['ENOENT', 'ENOTDIR'].includes(code)) return null;
    throw new KmsError('StoreUnreachable', `${path} cannot be reached (${code})`, {
      hint: 'check the path, and the rights of the folders that lead to it',
    });
  }
}

/** Connects, works, and disconnects whatever happens; no driver's error gets out. */
export async function withConnection<T>(
  url: string,
  options: ConnectOptions,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(url, options);
  return translateErrors(connection.redactedUrl, async () => {
    try {
      return await work(connection);
    } finally {
      await connection.knex.destroy();
    }
  });
}

/** Returns the path of an SQLite file, or null if the URL names a server. @throws KmsError InvalidConfiguration */
export function sqlitePath(url: string): string | null {
  const parsed = parseDatabaseUrl(url);
  return parsed.kind === 'sqlite' ? parsed.path : null;
}
