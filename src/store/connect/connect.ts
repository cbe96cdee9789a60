// The way into connect/, the room between us and the drivers: from a database URL to a connection with its dialect.
// The room also retries errors and runs transactions; url/ parses URLs, errors/ says what a driver's error means.
// Whether the database is a key store, prepare/layout.ts checks.
import { connectSqlite } from './connect-sqlite.js';
import type { Connection, ConnectOptions } from './connection.js';
import { parseDatabaseUrl } from './url/database-url.js';
import { translateErrors } from './errors/translate-errors.js';
import { assertFile, assertWritable } from './sqlite-file.js';

/**
 * Returns a connection, which reaches for the database when it is first used.
 *
 * @throws KmsError StoreNotFound, NotAStore, StoreReadOnly, StoreUnreachable or InvalidConfiguration.
 */
export async function connect(url: string, options: ConnectOptions): Promise<Connection> {
  const parsed = parseDatabaseUrl(url);
  if (parsed.kind === 'server') {
    const { connectServer } = await import('./connect-server.js');
    return connectServer(parsed.url, options);
  }
  assertFile(parsed.path);
  if (options.mode === 'write') assertWritable(parsed.path);
  return connectSqlite(parsed.path, options);
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
