// Versions of the drivers, and of our tables in a database.
import { createRequire } from 'node:module';
import { withConnection } from '../connect/connect.js';
import type { ConnectOptions } from '../connect/connection.js';
import { MIGRATIONS_TABLE } from '../prepare/layout.js';

const DRIVERS = ['better-sqlite3', 'pg', 'mysql2'] as const;

/** Returns the version of each driver that is installed. */
export function driverVersions(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  return Object.fromEntries(
    DRIVERS.map((name) => {
      const { version } = require(`${name}/package.json`) as { version: string };
      return [name, version];
    }),
  );
}

/**
 * Returns the names of the migrations that were done in a database; none where our tables are not there.
 *
 * @throws KmsError if the database cannot be reached.
 */
export async function tablesVersion(
  url: string,
  options: ConnectOptions,
): Promise<readonly string[]> {
  return withConnection(url, options, async ({ knex }) => {
    if (!(await knex.schema.hasTable(MIGRATIONS_TABLE))) return [];
    const rows = await knex(MIGRATIONS_TABLE).select<{ name: string }[]>('name').orderBy('id');
    return rows.map(({ name }) => name);
  });
}
