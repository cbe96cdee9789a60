// Dependants: the objects that a key wraps. Counts them, and streams them for re-wrapping.
import type { Knex } from 'knex';
import { KmsError } from '../../errors.js';
import {
  wrappingKeyInBytes,
  isDestroyed,
  type ManagedObject,
  type ObjectRow,
} from '../../kmip/managed-object.js';
import type { Connection } from '../connect/connection.js';
import { placeholders } from '../dialects/sql.js';
import { notDestroyed } from './not-destroyed.js';
import { decodeOrError, inChunks, selectRows } from './rows.js';

/**
 * Returns how many other objects name each of these uids as their wrapping key. Names match as the database compares
 * them, since the server looks a key up that way: on MySQL KEK may mean kek.
 */
export async function countDependants(
  { knex, dialect }: Connection,
  uids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await inChunks([...new Set(uids)], (chunk) =>
    dialect.select<{ uid: string; count: number | string }>(
      knex,
      `SELECT wrapping.id AS uid, count(*) AS count FROM objects AS wrapping
        JOIN objects AS dependant ON dependant.wrapping_key_id = wrapping.id
        WHERE wrapping.id IN (${placeholders(chunk)}) AND dependant.id <> wrapping.id
          AND ${notDestroyed('dependant')} GROUP BY wrapping.id`,
      chunk,
    ),
  );
  return new Map(rows.map(({ uid, count }) => [uid, Number(count)]));
}

/**
 * Says whether one of these wraps in the way that only a server's own key encryption key does (storage format §5.7):
 * without naming the wrapping algorithm. A key that was imported wrapped names it, and so does its replacement (§5.2).
 */
export async function wrapsLikeServerKek(
  { knex, dialect }: Connection,
  wrappingKeyUids: readonly string[],
): Promise<boolean> {
  const row: unknown = await knex('objects')
    .whereIn('wrapping_key_id', wrappingKeyUids)
    .whereNotIn('id', wrappingKeyUids)
    .whereRaw(notDestroyed('objects'))
    .whereRaw(`${dialect.text('object')} LIKE '%"SymmetricKey"%"NoEncoding"%'`)
    .whereRaw(
      `${dialect.text('object')} NOT LIKE '%"KeyWrappingData"%"CryptographicAlgorithm"%"NoEncoding"%'`,
    )
    .whereRaw(`${dialect.text('attributes')} NOT LIKE '%"wrapping_key_id"%'`)
    .first('id');
  return row !== undefined;
}

const PAGE_ROWS = 256;

/** A lookup of uids sorts all that the key wraps, so it takes many at once; a page of whole rows must stay small. */
const UIDS_PER_LOOKUP = 20_000;

/** An object, or why its row cannot be read. */
export type Dependant = ManagedObject | KmsError;

/** Yields the dependants of a key that has these uids, in pages. */
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
      .limit(UIDS_PER_LOOKUP);
    if (after !== null) void query.where('id', '>', after);
    const found = await query.select<{ id: string; named: string }[]>(
      'id',
      'wrapping_key_id AS named',
    );
    const named = new Map(found.map((row) => [row.id, row.named]));
    // Compared with what the lookup found: only the database knows which spellings it takes for equal.
    const isUnmoved = ({ id, wrappingKeyId }: ObjectRow) => named.get(id) === wrappingKeyId;
    yield* loadLiveObjects(connection, [...named.keys()], isUnmoved);
    const last = found.at(-1);
    if (last === undefined || found.length < UIDS_PER_LOOKUP) return;
    after = last.id;
  }
}

/** Yields objects by uid, in pages, without those that were destroyed meanwhile. */
export async function* loadLiveObjects(
  connection: Connection,
  uids: readonly string[],
  isWanted: (row: ObjectRow) => boolean = () => true,
): AsyncGenerator<readonly Dependant[]> {
  for (let start = 0; start < uids.length; start += PAGE_ROWS) {
    const rows = await selectRows(connection, uids.slice(start, start + PAGE_ROWS));
    const live = rows.filter((row) => !isDestroyed(row) && isWanted(row));
    if (live.length > 0) yield live.map(decodeOrError);
  }
}

/** Returns the uid of the wrapping key that an object's own bytes name. */
export function wrappingKeyNamedBy(object: Dependant): string | null {
  if (object instanceof KmsError) return null;
  return wrappingKeyInBytes(object);
}
