// Says what a database holds before anything is created in it.
import { existsSync } from 'node:fs';
import { sqlitePath, withConnection } from '../connect/connect.js';
import type { ConnectOptions } from '../connect/connection.js';
import { LOG_TABLE } from '../own/our-tables.js';

/** `absent`: an SQLite file that does not exist yet; `empty`: a database without the table `objects`. */
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
