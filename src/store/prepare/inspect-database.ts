// What lies behind a database URL before anything is made there.
import { existsSync } from 'node:fs';
import { sqlitePath, withConnection } from '../connect/connect.js';
import type { ConnectOptions } from '../connect/connection.js';
import { LOG_TABLE } from '../tables.js';

/** `absent`: an SQLite file that would be made; `empty`: a database without objects. */
export type DatabaseState = 'absent' | 'empty' | 'store' | 'initialised-store';

/** @throws KmsError if it cannot be reached. */
export async function inspectDatabase(
  url: string,
  options: ConnectOptions,
): Promise<DatabaseState> {
  const path = sqlitePath(url);
  if (path !== null && !existsSync(path)) return 'absent';
  return withConnection(url, { ...options, mode: 'read' }, async ({ knex, dialect }) => {
    const tables = await dialect.tables(knex);
    if (!tables.includes('objects')) return 'empty';
    return tables.includes(LOG_TABLE) ? 'initialised-store' : 'store';
  });
}
