// For how long making our indexes would keep everybody else from writing. SQLite locks the whole file for it; servers
// make indexes beside their writers.
import { existsSync } from 'node:fs';
import { sqlitePath, withConnection } from '../connect/connect.js';
import type { ConnectOptions } from '../connect/connection.js';
import { indexesNamed, namesOfMissing } from '../dialects/our-indexes.js';

/** Of one index, on a slow machine. */
const SECONDS_PER_MILLION_ROWS = 22;

/** Returns the seconds, roughly; 0 for a store that is still to be made. @throws KmsError if it cannot be read. */
export async function writersLockedSeconds(url: string, options: ConnectOptions): Promise<number> {
  const path = sqlitePath(url);
  if (path === null || !existsSync(path)) return 0;
  return withConnection(url, { ...options, mode: 'read' }, async ({ knex, dialect }) => {
    if (!(await dialect.tables(knex)).includes('objects')) return 0;
    const missing = namesOfMissing(indexesNamed(await dialect.usableIndexes(knex)));
    if (missing.length === 0) return 0;
    const row = await knex('objects').count<{ count: number }[]>('* AS count').first();
    const rows = row?.count ?? 0;
    return Math.ceil((rows / 1_000_000) * SECONDS_PER_MILLION_ROWS * missing.length);
  });
}
