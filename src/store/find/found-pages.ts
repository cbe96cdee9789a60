// Pages of rows of `objects` by uid, under filters. find.ts says what is looked for.
import type { Knex } from 'knex';
import type { Connection } from '../connect/connection.js';
import { retryTransient } from '../connect/retry-transient.js';
import { betweenPages, pagesByUid } from './between-pages.js';

/** As much of a row as its schedule needs; no key material. */
export interface FoundRow {
  readonly id: string;
  readonly attributes: string;
  readonly wrappingKeyId: string | null;
}

export interface ObjectFilters {
  readonly owner?: string | undefined;
  /** An object must have all of them. */
  readonly tags: readonly string[];
}

export const PAGE_ROWS = 1000;
/** How many are handed on at once: whoever loads their objects holds some 25 KB for each. */
const PIECE_ROWS = 250;
const UIDS_PER_QUERY = 500;
/** Some 5 MB of them. */
const UIDS_A_SORT = 50_000;

/** Yields the rows that pass the filters and a restriction, by uid. */
export async function* pagesById(
  connection: Connection,
  filters: ObjectFilters,
  restrict: (query: Knex.QueryBuilder) => void,
  table = 'objects',
  isNarrowed = filters.owner !== undefined,
): AsyncGenerator<readonly FoundRow[]> {
  const { knex, dialect } = connection;
  const columns = foundColumns(connection);
  const pages = <Row extends { id: string }>(rows: number, selected: readonly Knex.Raw[]) =>
    pagesByUid(rows, async (after) => {
      const query = knex
        .from(knex.raw(table))
        .select(...selected)
        .orderBy('id')
        .limit(rows);
      if (after !== null) void query.where('id', '>', after);
      restrict(query);
      applyFilters(connection, query, filters);
      return (await query) as Row[];
    });
  if (!isNarrowed) {
    for await (const page of pages<FoundRow>(PAGE_ROWS, columns)) yield* piecesOf(page);
    return;
  }
  // An index over owners or wrapping keys does not have their objects in order, so that each page sorts all that are left.
  for await (const uids of pages<{ id: string }>(UIDS_A_SORT, [knex.raw('objects.id')])) {
    for (let start = 0; start < uids.length; start += UIDS_PER_QUERY) {
      const some = uids.slice(start, start + UIDS_PER_QUERY).map(({ id }) => id);
      // By uid alone, or a planner could go through the other index again.
      const rows = await retryTransient(async () => {
        const query = knex.from(knex.raw(dialect.byPrimaryKey)).select(...columns);
        return (await query.whereIn('id', some).orderBy('id')) as FoundRow[];
      });
      if (rows.length > 0) yield rows;
      await betweenPages();
    }
  }
}

export function foundColumns({ knex, dialect }: Connection): Knex.Raw[] {
  return [
    knex.raw('objects.id'),
    knex.raw(`${dialect.text('attributes')} AS attributes`),
    knex.raw(`${dialect.text('wrapping_key_id')} AS ??`, ['wrappingKeyId']),
  ];
}

export function applyFilters(
  { dialect }: Connection,
  query: Knex.QueryBuilder,
  filters: ObjectFilters,
): void {
  if (filters.owner !== undefined) {
    // The first condition narrows by the server's index; the second is exact.
    void query.where('owner', filters.owner).whereRaw(dialect.equals('owner'), [filters.owner]);
  }
  for (const tag of filters.tags) {
    const same = dialect.equals('tags.tag');
    void query.whereRaw(`EXISTS (SELECT 1 FROM tags WHERE tags.id = objects.id AND ${same})`, [
      tag,
    ]);
  }
}

export function* piecesOf<Row>(page: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < page.length; start += PIECE_ROWS) {
    yield page.slice(start, start + PIECE_ROWS);
  }
}
