import mysql2 from 'mysql2/package.json' with { type: 'json' };
import pg from 'pg/package.json' with { type: 'json' };
import betterSqlite3 from 'better-sqlite3/package.json' with { type: 'json' };
import { withConnection } from './connect.js';
import type { ConnectOptions } from './connection.js';
import { MIGRATIONS_TABLE } from '../own/our-tables.js';
import { createRequire } from 'node:module';

/** Returns the version of each driver; the build bundles those of servers, with their versions. */
export function driverVersions(): Readonly<Record<string, string>> {
  return {
    'better-sqlite3': betterSqlite3.version,
    pg: pg.version,
    mysql2: mysql2.version,
  };
}
