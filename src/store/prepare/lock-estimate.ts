// For how long making our indexes would keep everybody else from writing. SQLite locks the whole file for it; servers
// make indexes beside their writers.
import { existsSync } from 'node:fs';
import { sqlitePath, withConnection } from '../connect/connect.js';
import type { Connection, ConnectOptions } from '../connect/connection.js';
import { indexesNamed, missingOf, type OurIndex } from '../dialects/our-indexes.js';

/** What nobody notices, in seconds: a server waits five for its lock. */
export const UNNOTICED_LOCK_SECONDS = 4;

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
  stoppedMembers: 3,
};

/** Returns the seconds, roughly; 0 for a store that is still to be made. @throws KmsError if it cannot be read. */
export async function writersLockedSeconds(url: string, options: ConnectOptions): Promise<number> {
  const path = sqlitePath(url);
  if (path === null || !existsSync(path)) return 0;
  return withConnection(url, { ...options, mode: 'read' }, async (connection) => {
    const { knex, dialect } = connection;
    if (!(await dialect.tables(knex)).includes('objects')) return 0;
    return lockedSeconds(connection, indexesNamed(await dialect.usableIndexes(knex)));
  });
}

/** Returns the same for an open store, given which of our indexes are there. */
export async function lockedSeconds(
  { knex, dialect }: Connection,
  present: ReadonlySet<OurIndex>,
): Promise<number> {
  const missing = missingOf(present);
  if (dialect.name !== 'sqlite' || missing.length === 0) return 0;
  const row = await knex('objects').count<{ count: number }[]>('* AS count').first();
  return secondsToMake(missing, row?.count ?? 0);
}

/** Returns the seconds that making these indexes over so many objects takes, rounded up. */
export function secondsToMake(missing: readonly OurIndex[], objects: number): number {
  const perMillion = missing.reduce((sum, index) => sum + SECONDS_PER_MILLION_ROWS[index], 0);
  return Math.ceil((objects / 1_000_000) * perMillion);
}

/**
 * Returns the seconds until all are made, of which the first ones took so many here; before the first, by what another
 * machine took.
 */
export function secondsLeftToMake(
  missing: readonly OurIndex[],
  made: number,
  objects: number,
  elapsedSeconds: number,
): number {
  const expected = secondsToMake(missing.slice(0, made), objects);
  const left = secondsToMake(missing.slice(made), objects);
  return expected === 0 ? left : Math.ceil(left * (elapsedSeconds / expected));
}
