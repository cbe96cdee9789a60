// Finds the rows that may be due, in pages, through the index where there is one; and, for --explain
// and listings, the rows that have a policy or any row. What a row's policy means is rotation/'s.
import type { Knex } from 'knex';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Connection } from '../connect/connection.js';
import { retryTransient } from '../connect/transact.js';

/** As much of a row as its schedule needs; no key material. */
export interface FoundRow {
  readonly id: string;
  readonly attributes: string;
  readonly wrappingKeyId: string | null;
}

export interface ObjectFilters {
  readonly owner?: string | undefined;
  /** All of them must be there. */
  readonly tags: readonly string[];
}

/** With its earliest possible deadline, as the database reckons it; -1 where it cannot. */
export interface DueRow extends FoundRow {
  readonly earliest: EpochSeconds;
}

type RawDueRow = FoundRow & { readonly earliest: number | string };

/** Before all: a date of 1970 with an offset to the east lies up to 26 hours before the first of its seconds. */
const FIRST = -26 * 3600;

const PAGE_ROWS = 1000;

/** Yields the Active rows whose earliest deadline is not after `until`, in that order. */
export async function* findDue(
  connection: Connection,
  until: EpochSeconds,
  filters: ObjectFilters,
): AsyncGenerator<readonly DueRow[]> {
  const { knex, dialect } = connection;
  const { table, earliest, after: comesAfter } = dialect.byDeadline(connection.indexed.due);
  let after: { readonly earliest: number; readonly id: string } | null = null;
  for (;;) {
    const found = knex
      .from(knex.raw(table))
      .select('objects.id', knex.raw(`${earliest} AS earliest`))
      // As a literal: with a bound value the planner cannot tell that the partial index serves.
      .whereRaw(`state = 'Active'`)
      .whereRaw(`${earliest} <= ?`, [until])
      .orderByRaw(`${earliest}, objects.id`)
      .limit(PAGE_ROWS);
    if (after === null) void found.whereRaw(`${earliest} >= ${FIRST}`);
    else void found.whereRaw(comesAfter, [after.earliest, after.earliest, after.id]);
    applyFilters(connection, found, filters);
    // The index has all that the page needs: MySQL and MariaDB would reckon the deadline of each row anew.
    const query = knex
      .from(found.as('due'))
      .joinRaw(`JOIN ${dialect.byPrimaryKey} ON objects.id = due.id`)
      .select(...foundColumns(connection), 'due.earliest')
      .orderBy(['due.earliest', 'due.id']);
    const rows: RawDueRow[] = await retryTransient(
      async () => (await query.clone()) as RawDueRow[],
    );
    // Some drivers give great integers as text.
    const page = rows.map((row) => ({ ...row, earliest: Number(row.earliest) }));
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    after = { earliest: last.earliest, id: last.id };
  }
}

/** Yields every row that speaks of a policy, in whatever state, and every Active one that cannot be read. */
export async function* findWithPolicy(
  connection: Connection,
  filters: ObjectFilters,
): AsyncGenerator<readonly FoundRow[]> {
  const { dialect, indexed } = connection;
  yield* pagesById(connection, filters, (query) => {
    void query.whereRaw(
      `(${dialect.text('attributes')} LIKE '%RotateInterval%'
        OR (state = 'Active' AND ${dialect.byDeadline(indexed.due).earliest} IS NOT NULL))`,
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

/** Yields the Active certificates, whose ends are told by their bytes alone. */
export function findActiveCertificates(
  connection: Connection,
  filters: ObjectFilters,
): AsyncGenerator<readonly FoundRow[]> {
  const { dialect, indexed } = connection;
  const { table, condition } = dialect.activeCertificates(indexed.certificates);
  return pagesById(connection, filters, (query) => void query.whereRaw(condition), table);
}

/** Returns uids that begin with a text, so many at most, in order. */
export async function uidsWithPrefix(
  { knex }: Connection,
  prefix: string,
  limit: number,
): Promise<readonly string[]> {
  const pattern = `${prefix.replace(/[!%_]/g, '!$&')}%`;
  const rows = await knex('objects')
    .whereRaw(`id LIKE ? ESCAPE '!'`, [pattern])
    .orderBy('id')
    .limit(limit)
    .select<{ id: string }[]>('id');
  // Databases that compare without case have found more.
  return rows.map(({ id }) => id).filter((id) => id.startsWith(prefix));
}

/** Yields the rows that pass the filters and a restriction, by uid. */
export async function* pagesById(
  connection: Connection,
  filters: ObjectFilters,
  restrict: (query: Knex.QueryBuilder) => void,
  table = 'objects',
): AsyncGenerator<readonly FoundRow[]> {
  const { knex } = connection;
  let after: string | null = null;
  for (;;) {
    const query = knex
      .from(knex.raw(table))
      .select(...foundColumns(connection))
      .orderBy('id')
      .limit(PAGE_ROWS);
    if (after !== null) void query.where('id', '>', after);
    restrict(query);
    applyFilters(connection, query, filters);
    const rows: FoundRow[] = await retryTransient(async () => (await query.clone()) as FoundRow[]);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    after = last.id;
  }
}

function foundColumns({ knex, dialect }: Connection): Knex.Raw[] {
  return [
    knex.raw('objects.id'),
    knex.raw(`${dialect.text('attributes')} AS attributes`),
    knex.raw(`${dialect.text('wrapping_key_id')} AS ??`, ['wrappingKeyId']),
  ];
}

function applyFilters(
  { dialect }: Connection,
  query: Knex.QueryBuilder,
  filters: ObjectFilters,
): void {
  if (filters.owner !== undefined) {
    // The first narrows by the server's index, the second is exact.
    void query.where('owner', filters.owner).whereRaw(dialect.equals('owner'), [filters.owner]);
  }
  for (const tag of filters.tags) {
    const same = dialect.equals('tags.tag');
    void query.whereRaw(`EXISTS (SELECT 1 FROM tags WHERE tags.id = objects.id AND ${same})`, [
      tag,
    ]);
  }
}
