// Dependants: the objects that a key wraps. Counts them, streams them for re-wrapping, and finds those whose
// column does not say what their bytes say. Destroyed ones name their key for ever and count for nothing.
import type { Knex } from 'knex';
import { KmsError } from '../../errors.js';
import {
  wrappingKeyInBytes,
  type ManagedObject,
  type ObjectRow,
} from '../../kmip/managed-object.js';
import type { Connection } from '../connect/connection.js';
import { placeholders } from '../dialects/dialect.js';
import { decodeOrError, existingUids, inChunks, selectRows } from './rows.js';

const DESTROYED = ['Destroyed', 'Destroyed_Compromised'];

/** SQL that leaves Destroyed objects out, and keeps those without a state. */
export function notDestroyed(table: string): string {
  const states = DESTROYED.map((state) => `'${state}'`).join(', ');
  return `(${table}.state IS NULL OR ${table}.state NOT IN (${states}))`;
}

/**
 * Returns how many other objects name each of these uids as their wrapping key. Names are matched as the
 * database matches them, for so does the server: on MySQL KEK may mean kek.
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
 * Says whether one of these wraps as only a server's own key encryption key does (storage format §5.7). A key
 * imported in its wrapping names the wrapping key's algorithm too, and so does its replacement (§5.2).
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

/** A look at uids sorts all that the key wraps, whole rows or not; a page of rows must not. */
const UIDS_PER_LOOKUP = 20_000;

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
      .limit(UIDS_PER_LOOKUP);
    if (after !== null) void query.where('id', '>', after);
    const looked = await query.select<{ id: string; named: string }[]>(
      'id',
      'wrapping_key_id AS named',
    );
    const named = new Map(looked.map((row) => [row.id, row.named]));
    // As the look found it: which names are one to the database, it alone knows.
    const isUnmoved = ({ id, wrappingKeyId }: ObjectRow) => named.get(id) === wrappingKeyId;
    yield* loadLiveObjects(connection, [...named.keys()], isUnmoved);
    const last = looked.at(-1);
    if (last === undefined || looked.length < UIDS_PER_LOOKUP) return;
    after = last.id;
  }
}

/** Yields objects by uid, in pages; those destroyed meanwhile are left out. */
export async function* loadLiveObjects(
  connection: Connection,
  uids: readonly string[],
  isWanted: (row: ObjectRow) => boolean = () => true,
): AsyncGenerator<readonly Dependant[]> {
  for (let start = 0; start < uids.length; start += PAGE_ROWS) {
    const rows = await selectRows(connection, uids.slice(start, start + PAGE_ROWS));
    const live = rows.filter((row) => !DESTROYED.includes(row.state ?? '') && isWanted(row));
    if (live.length > 0) yield live.map(decodeOrError);
  }
}

/** Returns the uid of the wrapping key that an object's own bytes name. */
export function wrappingKeyNamedBy(object: Dependant): string | null {
  if (object instanceof KmsError) return null;
  return wrappingKeyInBytes(object);
}

/** An object whose own bytes name another wrapping key than its column does. */
export interface WrappingKeyMismatch {
  readonly uid: string;
  /** As its row spells it, if it is there. */
  readonly wrappingKeyUid: string;
}

/** Returns the wrapped objects whose column is empty or names another key. */
export async function findWrappingKeyMismatches(
  connection: Connection,
): Promise<readonly WrappingKeyMismatch[]> {
  const { knex, dialect, indexed } = connection;
  const { table, condition } = dialect.wrappingKeyMismatches(indexed.wrappingKeyMismatches);
  const rows = await knex
    .from(knex.raw(table))
    .whereRaw(condition)
    .whereRaw(notDestroyed('objects'))
    .select<{ id: string }[]>('id');
  const found: WrappingKeyMismatch[] = [];
  for (let start = 0; start < rows.length; start += PAGE_ROWS) {
    const uids = rows.slice(start, start + PAGE_ROWS).map(({ id }) => id);
    for (const row of await selectRows(connection, uids)) {
      for (const named of namedIn(row)) {
        if (named !== row.wrappingKeyId) found.push({ uid: row.id, wrappingKeyUid: named });
      }
    }
  }
  return asSpelled(connection, found);
}

/** All that may be meant, where a row cannot be read: it must not be overlooked. */
function namedIn(row: ObjectRow): readonly string[] {
  const object = decodeOrError(row);
  if (object instanceof KmsError) return uidsIn(row.object);
  const named = wrappingKeyNamedBy(object);
  return named === null ? [] : [named];
}

function uidsIn(text: string): readonly string[] {
  const members = text.matchAll(/"UniqueIdentifier"\s*:\s*("(?:[^"\\]|\\.)*")/g);
  const uids = [...members].flatMap(([, quoted = '']) => {
    try {
      return [String(JSON.parse(quoted))];
    } catch {
      return []; // an escape that is none names nothing
    }
  });
  return [...new Set(uids)];
}

async function asSpelled(
  connection: Connection,
  found: readonly WrappingKeyMismatch[],
): Promise<readonly WrappingKeyMismatch[]> {
  const { collationKey } = connection.dialect;
  const there = await existingUids(
    connection,
    found.map(({ wrappingKeyUid }) => wrappingKeyUid),
  );
  const spelling = new Map([...there].map((uid) => [collationKey(uid), uid]));
  return found.map(({ uid, wrappingKeyUid: named }) => {
    const wrappingKeyUid = there.has(named) ? named : (spelling.get(collationKey(named)) ?? named);
    return { uid, wrappingKeyUid };
  });
}
