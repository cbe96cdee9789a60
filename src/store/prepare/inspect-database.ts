// Says what a database holds before anything is created in it.
import { existsSync } from 'node:fs';
import type { Knex } from 'knex';
import { sqlitePath, withConnection } from '../connect/connect.js';
import type { ConnectOptions } from '../connect/connection.js';
import type { Dialect } from '../dialects/dialect.js';
import type { ServerHost } from '../connect/url/server-hosts.js';
import { LOG_TABLE } from '../own/our-tables.js';

/** `absent`: an SQLite file that does not exist yet; `empty`: a database without the table `objects`. */
type DatabaseState = 'absent' | 'empty' | 'store' | 'initialised-store';

export interface FoundDatabase {
  readonly presence: DatabaseState;
  /** What a server calls its version, which tells MariaDB from MySQL; null for SQLite. */
  readonly serverVersion: string | null;
  /** The host that was reached, of those in the URL; null for SQLite. */
  readonly host: ServerHost | null;
}

/** @throws KmsError if it cannot be reached. */
export async function inspectDatabase(
  url: string,
  options: ConnectOptions,
): Promise<FoundDatabase> {
  const path = sqlitePath(url);
  if (path !== null && !existsSync(path)) {
    return { presence: 'absent', serverVersion: null, host: null };
  }
  return withConnection(url, { ...options, mode: 'read' }, async ({ knex, dialect, host }) => ({
    presence: stateOf(await dialect.tables(knex)),
    serverVersion: path === null ? await versionOf(knex, dialect) : null,
    host: host(),
  }));
}

function stateOf(tables: readonly string[]): DatabaseState {
  if (!tables.includes('objects')) return 'empty';
  return tables.includes(LOG_TABLE) ? 'initialised-store' : 'store';
}

async function versionOf(knex: Knex, dialect: Dialect): Promise<string | null> {
  const rows = await dialect.select<{ version: string }>(knex, 'SELECT version() AS version', []);
  return rows[0]?.version ?? null;
}
