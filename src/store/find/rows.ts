// Rows of `objects` by uid, in as many statements as the databases' limits on bound values demand.
import { KmsError } from '../../errors.js';
import { decodeRow, type ManagedObject, type ObjectRow } from '../../kmip/managed-object.js';
import type { Connection } from '../connect/connection.js';
import type { Dialect } from '../dialects/dialect.js';
import { placeholders } from '../dialects/sql.js';
import { pagesByUid } from './between-pages.js';

/** Below every database's limit on bound values. */
const UIDS_PER_QUERY = 500;

type StoredRow = Omit<ObjectRow, 'wrappingKeyId'> & { readonly wrapped_by: string | null };

/** Returns the rows of these uids, in no order. */
export async function selectRows(
  { knex, dialect }: Connection,
  uids: readonly string[],
): Promise<readonly ObjectRow[]> {
  const rows = await inChunks(uids, (chunk) =>
    dialect.select<StoredRow>(
      knex,
      `SELECT ${rowColumns(dialect)} FROM objects WHERE id IN (${placeholders(chunk)})`,
      chunk,
    ),
  );
  return rows.map(asObjectRow);
}

/** How many whole rows are read at once. */
const PAGE_ROWS = 256;

/** Yields every row, by uid. */
export async function* allRows({
  knex,
  dialect,
}: Connection): AsyncGenerator<readonly ObjectRow[]> {
  const columns = rowColumns(dialect);
  const pages = pagesByUid(PAGE_ROWS, (after) =>
    dialect.select<StoredRow>(
      knex,
      `SELECT ${columns} FROM objects ${after === null ? '' : 'WHERE id > ?'}
        ORDER BY id LIMIT ${PAGE_ROWS}`,
      after === null ? [] : [after],
    ),
  );
  for await (const rows of pages) yield rows.map(asObjectRow);
}

function rowColumns(dialect: Dialect): string {
  const json = ['object', 'attributes'].map((column) => `${dialect.text(column)} AS ${column}`);
  return `id, ${json.join(', ')}, state, owner, ${dialect.text('wrapping_key_id')} AS wrapped_by`;
}

function asObjectRow({ wrapped_by: wrappingKeyId, ...row }: StoredRow): ObjectRow {
  return { ...row, wrappingKeyId };
}

/** Returns which of these uids have a row. */
export async function existingUids(
  { knex }: Connection,
  uids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await inChunks(uids, (chunk) =>
    knex<{ id: string }>('objects').whereIn('id', chunk).select('id'),
  );
  return new Set(rows.map((row) => row.id));
}

/** Returns the tags of these uids from the table `tags`, where the server looks for them too. */
export async function tagsOf(
  { knex }: Connection,
  uids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await inChunks(uids, (chunk) =>
    knex('tags').whereIn('id', chunk).select<{ id: string; tag: string }[]>('id', 'tag'),
  );
  const tags = new Map<string, string[]>();
  for (const { id, tag } of rows) tags.set(id, [...(tags.get(id) ?? []), tag]);
  return tags;
}

/** Returns to how many users each of these uids is granted, `*` being one; a uid without any is absent. */
export async function grantsOf(
  { knex }: Connection,
  uids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await inChunks(uids, (chunk) =>
    knex('read_access').whereIn('id', chunk).select<{ id: string }[]>('id'),
  );
  const grants = new Map<string, number>();
  for (const { id } of rows) grants.set(id, (grants.get(id) ?? 0) + 1);
  return grants;
}

/** Returns so many uids at most that begin with a text, in order. */
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
  // A database that ignores case finds more than was asked for.
  return rows.map(({ id }) => id).filter((id) => id.startsWith(prefix));
}

/** Returns the decoded object of a row, or why it cannot be read. */
export function decodeOrError(row: ObjectRow): ManagedObject | KmsError {
  try {
    return decodeRow(row);
  } catch (error) {
    if (error instanceof KmsError) return error;
    throw error;
  }
}

/** Returns the uid of what `decodeOrError` returned, also of a row that cannot be read. */
export function uidOf(object: ManagedObject | KmsError): string | null {
  return object instanceof KmsError ? object.uid : object.uniqueIdentifier;
}

/** Runs a query for a chunk of the items at a time, and returns all rows. */
export async function inChunks<Item extends string | number, T>(
  items: readonly Item[],
  query: (chunk: readonly Item[]) => PromiseLike<readonly T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (let start = 0; start < items.length; start += UIDS_PER_QUERY) {
    found.push(...(await query(items.slice(start, start + UIDS_PER_QUERY))));
  }
  return found;
}
