// For how long making our indexes would keep everybody else from writing. SQLite locks the whole file for it; servers
// make indexes beside their writers.
import { existsSync } from 'node:fs';
import { sqlitePath, withConnection } from '../connect/connect.js';
import type { ConnectOptions } from '../connect/connection.js';
import { indexesNamed, missingOf, type OurIndex } from '../dialects/our-indexes.js';

/**
 * How many seconds each takes for a million rows: twice the CPU time that a store of 2.2 GB took, as most machines are
 * not idle. Most of it is spent on JSON, or for the small ones on reading all rows.
 */
const SECONDS_PER_MILLION_ROWS: Readonly<Record<OurIndex, number>> = {
  due: 30,
  ends: 15,
  usage: 6,
  keyset: 6,
  certificates: 6,
  wrappingKeyMismatches: 4,
  foreignPublicKeyLinks: 3,
};

/** Returns the seconds, roughly; 0 for a store that is still to be made. @throws KmsError if it cannot be read. */
export async function writersLockedSeconds(url: string, options: ConnectOptions): Promise<number> {
  const path = sqlitePath(url);
  if (path === null || !existsSync(path)) return 0;
  return withConnection(url, { ...options, mode: 'read' }, async ({ knex, dialect }) => {
    if (!(await dialect.tables(knex)).includes('objects')) return 0;
    const missing = missingOf(indexesNamed(await dialect.usableIndexes(knex)));
    if (missing.length === 0) return 0;
    const row = await knex('objects').count<{ count: number }[]>('* AS count').first();
    return secondsToMake(missing, row?.count ?? 0);
  });
}

/** Returns the seconds that making these indexes over so many objects takes, rounded up. */
export function secondsToMake(missing: readonly OurIndex[], objects: number): number {
  const perMillion = missing.reduce((sum, index) => sum + SECONDS_PER_MILLION_ROWS[index], 0);
  return Math.ceil((objects / 1_000_000) * perMillion);
}
