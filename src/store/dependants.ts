// Dependants: the objects that a key wraps. Counts them, streams them for re-wrapping, and finds those whose
// column does not say what their bytes say. Destroyed ones name their key for ever and count for nothing.
import type { Knex } from 'knex';
import { KmsError } from '../errors.js';
import type { ManagedObject, ObjectRow } from '../kmip/managed-object.js';
import type { Connection } from './connection.js';
import { decodeOrReason, inChunks, rowColumns, selectRows } from './rows.js';

const DESTROYED = ['Destroyed', 'Destroyed_Compromised'];

/** SQL that leaves Destroyed objects out, and keeps those without a state. */
export function notDestroyed(table: string): string {
  const states = DESTROYED.map((state) => `'${state}'`).join(', ');
  return `(${table}.state IS NULL OR ${table}.state NOT IN (${states}))`;
}

/**
 * Returns how many objects name each of these uids as their wrapping key. Names are matched as the
 * database matches them, for so does the server: on MySQL KEK may mean kek.
 */
export async function countDependants(
  { knex }: Connection,
  uids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await inChunks([...new Set(uids)], async (chunk) => {
    const query = knex('objects AS wrapping')
      .join('objects AS dependant', 'dependant.wrapping_key_id', 'wrapping.id')
      .whereIn('wrapping.id', chunk)
      .whereRaw(notDestroyed('dependant'))
      .groupBy('wrapping.id')
      .select('wrapping.id AS uid')
      .count('* AS count');
    return (await query) as { uid: string; count: number | string }[];
  });
  return new Map(rows.map(({ uid, count }) => [uid, Number(count)]));
}

/** Says whether one of these wraps as only a server's own key encryption key does (storage format §5.7). */
export async function wrapsLikeServerKek(
  { knex, dialect }: Connection,
  wrappingKeyUids: readonly string[],
): Promise<boolean> {
  const row: unknown = await knex('objects')
    .whereIn('wrapping_key_id', wrappingKeyUids)
    .whereRaw(notDestroyed('objects'))
    .whereRaw(`${dialect.text('object')} LIKE '%"SymmetricKey"%"NoEncoding"%'`)
    .whereRaw(`${dialect.text('attributes')} NOT LIKE '%"wrapping_key_id"%'`)
    .first('id');
  return row !== undefined;
}

const PAGE_ROWS = 256;

/** An object, or why its row cannot be read. */
export type Dependant = ManagedObject | KmsError;

/** Yields the dependants of a key that goes by these uids, in pages; a row that cannot be read as the reason. */
export async function* dependantsOf(
  connection: Connection,
  wrappingKeyUids: readonly string[],
): AsyncGenerator<readonly Dependant[]> {
  let after: string | null = null;
  for (;;) {
    const query: Knex.QueryBuilder = connection
      .knex('objects')
      .whereIn('wrapping_key_id', wrappingKeyUids)
      .whereRaw(notDestroyed('objects'))
      .orderBy('id')
      .limit(PAGE_ROWS);
    if (after !== null) void query.where('id', '>', after);
    const rows = await query.select<ObjectRow[]>(...rowColumns(connection));
    if (rows.length > 0) yield rows.map(decodeOrReason);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    after = last.id;
  }
}

/** Yields objects by uid, in pages. */
export async function* objectsOf(
  connection: Connection,
  uids: readonly string[],
): AsyncGenerator<readonly Dependant[]> {
  for (let start = 0; start < uids.length; start += PAGE_ROWS) {
    const rows = await selectRows(connection, uids.slice(start, start + PAGE_ROWS));
    yield rows.map(decodeOrReason);
  }
}

/** An object whose own bytes name another wrapping key than its column does. */
export interface Mislabelled {
  readonly uid: string;
  readonly wrappingKeyUid: string;
}

/** Returns the wrapped objects whose column is empty or names another key. Reads every row once. */
export async function findMislabelled(connection: Connection): Promise<readonly Mislabelled[]> {
  const { knex, dialect } = connection;
  const rows = await knex('objects')
    .whereRaw(`${dialect.text('object')} LIKE '%"KeyWrappingData"%'`)
    .whereRaw(notDestroyed('objects'))
    .whereRaw(`(wrapping_key_id IS NULL OR NOT ${dialect.namesWrappingKey})`)
    .select<{ id: string }[]>('id');
  const found: Mislabelled[] = [];
  for await (const page of objectsOf(
    connection,
    rows.map(({ id }) => id),
  )) {
    for (const object of page) {
      if (object instanceof KmsError) continue;
      const named = object.keyBlock?.keyWrappingData?.wrappingKeyUid ?? null;
      if (named !== null && named !== object.row.wrappingKeyId) {
        found.push({ uid: object.uniqueIdentifier, wrappingKeyUid: named });
      }
    }
  }
  return found;
}
