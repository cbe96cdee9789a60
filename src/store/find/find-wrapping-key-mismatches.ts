// Finds wrapped objects whose bytes name another wrapping key than their column `wrapping_key_id` does: a search by the
// column alone would miss them.
import { KmsError } from '../../errors.js';
import type { ObjectRow } from '../../kmip/managed-object.js';
import type { Connection } from '../connect/connection.js';
import { pagesByUid } from './between-pages.js';
import { wrappingKeyNamedBy } from './dependants.js';
import { notDestroyed } from './not-destroyed.js';
import { decodeOrError, existingUids, selectRows } from './rows.js';

const PAGE_ROWS = 256;

export interface WrappingKeyMismatch {
  readonly uid: string;
  /** The key that the bytes name, spelled as in its own row if it has one. */
  readonly wrappingKeyUid: string;
}

/** Returns the wrapped objects whose column is empty or names another key. */
export async function findWrappingKeyMismatches(
  connection: Connection,
): Promise<readonly WrappingKeyMismatch[]> {
  const { knex, dialect, indexes } = connection;
  const { table, condition } = dialect.subset('wrappingKeyMismatches', indexes);
  // PostgreSQL takes a third of all objects for such, and without a limit it would read them all.
  const pages = pagesByUid(PAGE_ROWS, async (after) => {
    const query = knex
      .from(knex.raw(table))
      .whereRaw(condition)
      .whereRaw(notDestroyed('objects'))
      .orderBy('id')
      .limit(PAGE_ROWS);
    if (after !== null) void query.where('id', '>', after);
    return query.select<{ id: string }[]>('id');
  });
  const found: WrappingKeyMismatch[] = [];
  for await (const page of pages) {
    const uids = page.map(({ id }) => id);
    for (const row of await selectRows(connection, uids)) {
      for (const named of namedIn(row)) {
        if (named !== row.wrappingKeyId) found.push({ uid: row.id, wrappingKeyUid: named });
      }
    }
  }
  return asSpelled(connection, found);
}

/** Of a row that cannot be read, all uids that may be meant, so that none is overlooked. */
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
      return []; // a string with an invalid escape names nothing
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
