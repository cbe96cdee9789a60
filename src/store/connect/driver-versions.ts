// Versions of the drivers, and of our tables in a database.
import mysql2 from 'mysql2/package.json' with { type: 'json' };
import pg from 'pg/package.json' with { type: 'json' };
import betterSqlite3 from 'better-sqlite3/package.json' with { type: 'json' };
import { withConnection } from './connect.js';
import type { ConnectOptions } from './connection.js';
import { MIGRATIONS_TABLE } from '../prepare/layout.js';
import { createRequire } from 'node:module';

/** Returns the version of each driver; the build bundles those of servers, with their versions. */
export function driverVersions(): Readonly<Record<string, string>> {
  return {
    'better-sqlite3': betterSqlite3.version,
    pg: pg.version,
    mysql2: mysql2.version,
  };
}

/**
 * Returns the names of the migrations that were done in a database; none where our tables are not there.
 *
 * @throws KmsError if the database cannot be reached.
 */
export async function appliedMigrations(
  url: string,
  options: ConnectOptions,
): Promise<readonly string[]> {
  return withConnection(url, options, async ({ knex }) => {
    if (!(await knex.schema.hasTable(MIGRATIONS_TABLE))) return [];
    const rows = await knex(MIGRATIONS_TABLE).select<{ name: string }[]>('name').orderBy('id');
    return rows.map(({ name }) => name);
  });
}
