// Removes rows of the log in a transaction that leaves a row about it, so that the log stays whole (chain/pruned-row.ts).
// prune-log.ts picks them; what became needed meanwhile stays.
import type { Knex } from 'knex';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import { WriteConflict } from '../connect/errors/driver-errors.js';
import { inChunks } from '../find/rows.js';
import { logRowOf, type LogColumns } from './chain/log-columns.js';
import { prunedDetails } from './chain/pruned-row.js';
import { chainRow, insertOwnRows } from './chain/seal-rows.js';
import { isSealed, type SealedRow } from './chain/sealed-row.js';
import { neededLogRows, type OldLogRow } from './needed-log-rows.js';
import { LOG_TABLE } from './our-tables.js';
import { writerColumns, type LogEntry } from './rotation-log.js';
import { writeOwnTables } from './write-own-tables.js';

export interface PruneLogOptions {
  readonly now: EpochSeconds;
  readonly olderThanSeconds: number;
  /** Counts only. */
  readonly dryRun: boolean;
  /** Who removes them. */
  readonly writer: Pick<LogEntry, 'runId' | 'host' | 'osUser' | 'version'>;
  /** Takes the rows that go before they go, so that they stay if it throws; then the row about it. */
  readonly keep?: ((rows: readonly SealedRow[]) => void) | undefined;
}

export interface PruneContext extends PruneLogOptions {
  readonly before: EpochSeconds;
  readonly beforeText: string;
}

/** A row with what it takes to decide about it, and its sealed form. */
export interface PrunableRow extends OldLogRow {
  readonly id: number | string;
  readonly sealed: SealedRow;
}

/** Returns the rows of the log that have a seal. */
export function rowsOf(found: readonly LogColumns[]): readonly PrunableRow[] {
  return found.flatMap((columns) => {
    const sealed = logRowOf(columns);
    return isSealed(sealed) ? [{ ...(columns as unknown as OldLogRow), sealed }] : [];
  });
}

/** Returns how many rows about objects it removed. Rows that somebody has come to need meanwhile stay. */
export async function removeLogRows(
  connection: Connection,
  rows: readonly PrunableRow[],
  context: PruneContext & { readonly areWhole: boolean },
): Promise<number> {
  if (rows.length === 0) return 0;
  const keep = onceEach(context.keep ?? noop);
  const { removed, about } = await writeOwnTables(connection, async (transaction) => {
    const inside = { ...connection, knex: transaction };
    const going = await stillGoing(inside, rows, context);
    if (going.length === 0) return { removed: 0, about: [] };
    keep(going.map(({ sealed }) => sealed));
    const ids = going.map(({ id }) => id);
    const deleted = await transaction(LOG_TABLE).whereIn('id', ids).delete();
    if (deleted !== ids.length) throw new WriteConflict('another prune has removed some of them');
    const details = prunedDetails(
      context.beforeText,
      going.map(({ sealed }) => sealed),
    );
    const writer = writerColumns({ ...context.writer, at: formatInstant(context.now) });
    const row = { ...chainRow(writer, 'pruned'), details };
    await insertOwnRows(connection, transaction, [{ table: LOG_TABLE, row }]);
    return {
      removed: going.filter(({ uid }) => uid !== '').length,
      about: context.keep === undefined ? [] : await lastWritten(connection, transaction),
    };
  });
  keep(about);
  return removed;
}

function noop(): void {
  // Nobody keeps what goes.
}

/** An attempt may be the second one. */
function onceEach(keep: (rows: readonly SealedRow[]) => void): typeof keep {
  const kept = new Set<string>();
  return (rows) => {
    const others = rows.filter(({ hash }) => !kept.has(hash));
    others.forEach(({ hash }) => kept.add(hash));
    if (others.length > 0) keep(others);
  };
}

async function lastWritten(
  { chains }: Connection,
  transaction: Knex.Transaction,
): Promise<readonly SealedRow[]> {
  const { chain, head } = chains.leaseFor(transaction);
  if (chain === null || head === null) return [];
  const row = await transaction(LOG_TABLE)
    .where({ chain: chain.id, seq: head.seq })
    .first<LogColumns | undefined>();
  return row === undefined ? [] : [logRowOf(row)].filter(isSealed);
}

async function stillGoing(
  connection: Connection,
  rows: readonly PrunableRow[],
  { before, areWhole }: PruneContext & { readonly areWhole: boolean },
): Promise<readonly PrunableRow[]> {
  const found = await inChunks(
    rows.map(({ id }) => id),
    (ids) => connection.knex(LOG_TABLE).whereIn('id', ids).select<Pick<PrunableRow, 'id'>[]>('id'),
  );
  const there = new Set(found.map(({ id }) => String(id)));
  const left = rows.filter(({ id }) => there.has(String(id)));
  const areKept = await (areWhole ? keptOfWhole : keptSingly)(connection, left, before);
  const kept = left.filter((_, index) => areKept[index] === true);
  const staying = new Set(areWhole ? kept.map(({ sealed }) => sealed.chain) : []);
  return left.filter((row) => !kept.includes(row) && !staying.has(row.sealed.chain));
}

/** Of rows about the log and the store those alone go that open and close a chain. */
const ENDS: readonly string[] = ['chain-opened', 'chain-closed'];

/** Says of each row of chains that should go whole whether it has to stay. */
export async function keptOfWhole(
  connection: Connection,
  rows: readonly PrunableRow[],
  before: EpochSeconds,
): Promise<readonly boolean[]> {
  const objects = rows.filter(({ uid }) => uid !== '');
  const areNeeded = await neededLogRows(connection, objects, before);
  const needed = new Set(objects.filter((_, index) => areNeeded[index] === true));
  return rows.map((row) => (row.uid === '' ? !ENDS.includes(row.outcome) : needed.has(row)));
}

/** Says of each of these rows whether it has to stay; the last of a chain has, as the chain would go on at it. */
export async function keptSingly(
  connection: Connection,
  rows: readonly PrunableRow[],
  before: EpochSeconds,
): Promise<readonly boolean[]> {
  const chains = [...new Set(rows.map(({ sealed }) => sealed.chain))];
  const newest = await inChunks(chains, (chunk) =>
    connection
      .knex(LOG_TABLE)
      .whereIn('chain', chunk)
      .groupBy('chain')
      .select<{ chain: string; seq: number | string }[]>('chain')
      .max('seq AS seq'),
  );
  const ends = new Map(newest.map(({ chain, seq }) => [chain, Number(seq)]));
  const areNeeded = await neededLogRows(connection, rows, before);
  return rows.map(
    ({ sealed: { chain, seq } }, index) => areNeeded[index] === true || ends.get(chain) === seq,
  );
}
