// The way into find/, the room of what is read from `objects`: finds rows in pages, by an index where there is one. SQL
// only narrows; rotation/ decides what a row's policy means. Beside it, load-candidates.ts and its helpers load whole
// objects by uid.
import type { Knex } from 'knex';
import { LAST_INSTANT, type EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import { retryTransient } from '../connect/retry-transient.js';
import { betweenPages } from './between-pages.js';
import {
  applyFilters,
  foundColumns,
  PAGE_ROWS,
  pagesById,
  piecesOf,
  type FoundRow,
  type ObjectFilters,
} from './found-pages.js';
import { notDestroyed } from './not-destroyed.js';

/** With its earliest possible deadline, or its end, as the database computes it; -1 if it cannot be computed. */
export interface DueRow extends FoundRow {
  readonly earliest: EpochSeconds;
}

type RawDueRow = FoundRow & { readonly earliest: number | string };

/**
 * The earliest deadline that SQL computes: the most negative Rotate Offset, from a date of 1970 that may lie 26 hours
 * before 1970 in UTC. Rows without a deadline have NULL, which is not after it.
 */
const FIRST = -LAST_INSTANT - 26 * 3600;

/** Without an index each page reads all rows again, so there are fewer of them. */
const PAGE_ROWS_OF_SCAN = 10_000;
const UIDS_PER_QUERY = 500;

/** Yields the Active rows whose earliest deadline is not after `until`, in that order. */
export function findDue(
  connection: Connection,
  until: EpochSeconds,
  filters: ObjectFilters,
): AsyncGenerator<readonly DueRow[]> {
  return pagesByInstant(connection, 'due', until, filters);
}

/**
 * Yields the Active rows, with a policy or without, whose Deactivation Date or Protect Stop Date is not after `until`, in
 * that order; those in which such a date cannot be read come first.
 */
export function findEnding(
  connection: Connection,
  until: EpochSeconds,
  filters: ObjectFilters,
): AsyncGenerator<readonly DueRow[]> {
  return pagesByInstant(connection, 'ends', until, filters);
}

/** Yields the Active rows, with a policy or without, that have half of their Usage Limits left, or less. */
export function findHalfUsed(
  connection: Connection,
  filters: ObjectFilters,
): AsyncGenerator<readonly FoundRow[]> {
  const { dialect, indexes } = connection;
  const { table, condition } = dialect.subset('usage', indexes);
  const restrict = (query: Knex.QueryBuilder) =>
    void query.whereRaw(`state = 'Active'`).whereRaw(condition);
  return pagesById(connection, filters, restrict, table);
}

async function* pagesByInstant(
  connection: Connection,
  index: 'due' | 'ends',
  until: EpochSeconds,
  filters: ObjectFilters,
): AsyncGenerator<readonly DueRow[]> {
  const { knex, dialect, indexes } = connection;
  const by = index === 'due' ? dialect.byDeadline(indexes) : dialect.byEnd(indexes);
  const { table, earliest, after: comesAfter } = by;
  const pageRows = indexes.has(index) ? PAGE_ROWS : PAGE_ROWS_OF_SCAN;
  let after: { readonly earliest: number; readonly id: string } | null = null;
  for (;;) {
    const found = knex
      .from(knex.raw(table))
      .select('objects.id', knex.raw(`${dialect.rowAddress} AS address, ${earliest} AS earliest`))
      // A literal: with a bound value the planner cannot know that it may use the partial index.
      .whereRaw(`state = 'Active'`)
      .whereRaw(`${earliest} <= ?`, [until])
      .orderByRaw(`${earliest}, objects.id`)
      .limit(pageRows);
    if (after === null) void found.whereRaw(`${earliest} >= ${FIRST}`);
    else void found.whereRaw(comesAfter, [after.earliest, after.earliest, after.id]);
    applyFilters(connection, found, filters);
    // A join, so that the deadline comes from the index: MySQL and MariaDB would compute it again for each row.
    const query = knex
      .from(found.as('due'))
      .joinRaw(`JOIN ${dialect.byPrimaryKey} ON ${dialect.rowAddress} = due.address`)
      .select(...foundColumns(connection), 'due.earliest')
      .orderBy(['due.earliest', 'due.id']);
    const rows: RawDueRow[] = await retryTransient(
      async () => (await query.clone()) as RawDueRow[],
    );
    // Some drivers return large integers as text.
    const page = rows.map((row) => ({ ...row, earliest: Number(row.earliest) }));
    yield* piecesOf(page);
    const last = page.at(-1);
    if (last === undefined || page.length < pageRows) return;
    await betweenPages();
    after = { earliest: last.earliest, id: last.id };
  }
}

/** Yields every row with a rotation policy, in any state, and every Active one that cannot be read. */
export async function* findWithPolicy(
  connection: Connection,
  filters: ObjectFilters,
): AsyncGenerator<readonly FoundRow[]> {
  const { dialect, indexes } = connection;
  yield* pagesById(connection, filters, (query) => {
    void query.whereRaw(
      `(${dialect.text('attributes')} LIKE '%RotateInterval%'
        OR (state = 'Active' AND ${dialect.byDeadline(indexes).earliest} IS NOT NULL))`,
    );
  });
}

/** Yields every row. */
export function findAll(
  connection: Connection,
  filters: ObjectFilters,
): AsyncGenerator<readonly FoundRow[]> {
  return pagesById(connection, filters, () => undefined);
}

/** Yields members of keysets that are Deactivated or Compromised and do not say that they were replaced. */
export function findStoppedMembers(
  connection: Connection,
  filters: ObjectFilters,
): AsyncGenerator<readonly FoundRow[]> {
  const { dialect, indexes } = connection;
  const { table, condition } = dialect.subset('stoppedMembers', indexes);
  return pagesById(connection, filters, (query) => void query.whereRaw(condition), table);
}

/** Yields the Active certificates. When one expires only its bytes say, so SQL cannot narrow further. */
export function findActiveCertificates(
  connection: Connection,
  filters: ObjectFilters,
): AsyncGenerator<readonly FoundRow[]> {
  const { dialect, indexes } = connection;
  const { table, condition } = dialect.subset('certificates', indexes);
  const restrict = (query: Knex.QueryBuilder) =>
    void query.whereRaw(`state = 'Active'`).whereRaw(condition);
  return pagesById(connection, filters, restrict, table);
}

/** Yields the objects that name a wrapping key and pass the filters, without Destroyed ones. */
export function findWrappedBy(
  connection: Connection,
  wrappingKeyUid: string,
  filters: ObjectFilters,
): AsyncGenerator<readonly FoundRow[]> {
  const restrict = (query: Knex.QueryBuilder) =>
    void query.where('wrapping_key_id', wrappingKeyUid).whereRaw(notDestroyed('objects'));
  return pagesById(connection, filters, restrict, 'objects', true);
}

/** Yields the objects of these uids that pass the filters. */
export async function* findByUids(
  connection: Connection,
  uids: readonly string[],
  filters: ObjectFilters,
): AsyncGenerator<readonly FoundRow[]> {
  for (let start = 0; start < uids.length; start += UIDS_PER_QUERY) {
    const some = uids.slice(start, start + UIDS_PER_QUERY);
    yield* pagesById(connection, filters, (query) => void query.whereIn('id', some));
  }
}
