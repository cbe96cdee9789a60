// The versions of the database drivers.
import mysql2 from 'mysql2/package.json' with { type: 'json' };
import pg from 'pg/package.json' with { type: 'json' };
import betterSqlite3 from 'better-sqlite3/package.json' with { type: 'json' };

/** Returns the version of each driver; the build bundles those of servers, with their versions. */
export function driverVersions(): Readonly<Record<string, string>> {
  return {
    'better-sqlite3': betterSqlite3.version,
    pg: pg.version,
    mysql2: mysql2.version,
  };
}
