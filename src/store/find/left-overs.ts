// Finds rows of `tags` and `read_access` under uids that a new object is to get (rotation/left-overs.ts says why).
import type { LeftOvers } from '../../rotation/left-overs.js';
import type { Connection } from '../connect/connection.js';
import { placeholders } from '../dialects/sql.js';
import { inChunks } from './rows.js';

interface NamingRow {
  readonly source: 'tags' | 'read_access';
  readonly id: string;
}

/**
 * Returns the rows that name one of these uids, by that uid, whether an object has it or not. Two uids that the database
 * takes for equal are one: it would give a reader of the one the other as well.
 */
export async function findLeftOvers(
  { knex, dialect }: Pick<Connection, 'knex' | 'dialect'>,
  uids: readonly string[],
): Promise<ReadonlyMap<string, LeftOvers>> {
  // One table after the other: their columns may have two collations, which a UNION does not take.
  const rowsOf = (source: NamingRow['source']) =>
    inChunks(uids, (chunk) =>
      dialect.select<NamingRow>(
        knex,
        `SELECT '${source}' AS source, id FROM ${source} WHERE id IN (${placeholders(chunk)})`,
        [...chunk],
      ),
    );
  const rows = [...(await rowsOf('tags')), ...(await rowsOf('read_access'))];
  const asked = new Map(uids.map((uid) => [dialect.collationKey(uid), uid]));
  const found = new Map<string, LeftOvers>();
  for (const { source, id } of rows) {
    const uid = asked.get(dialect.collationKey(id));
    if (uid === undefined) continue;
    const { tags, grants } = found.get(uid) ?? { tags: 0, grants: 0 };
    const isTag = source === 'tags';
    found.set(uid, { uid: id, tags: tags + (isTag ? 1 : 0), grants: grants + (isTag ? 0 : 1) });
  }
  return found;
}

/** A row of `tags` or of `read_access`. */
export type RightsRow =
  | { readonly table: 'tags'; readonly id: string; readonly tag: string }
  | {
      readonly table: 'read_access';
      readonly id: string;
      readonly userid: string;
      /** As the database returns it. */
      readonly permissions: string;
    };

/** Returns the rows that name just this uid, whether an object has it or not. */
export async function rightsOf(
  { knex, dialect }: Pick<Connection, 'knex' | 'dialect'>,
  uid: string,
): Promise<readonly RightsRow[]> {
  const same = `id = ? AND ${dialect.equals('id')}`;
  const tags = await dialect.select<{ id: string; tag: string }>(
    knex,
    `SELECT id, tag FROM tags WHERE ${same} ORDER BY tag`,
    [uid, uid],
  );
  const grants = await dialect.select<{ id: string; userid: string; permissions: string }>(
    knex,
    `SELECT id, userid, ${dialect.text('permissions')} AS permissions
      FROM read_access WHERE ${same} ORDER BY userid`,
    [uid, uid],
  );
  return [
    ...tags.map((row) => ({ table: 'tags', ...row }) as const),
    ...grants.map((row) => ({ table: 'read_access', ...row }) as const),
  ];
}
