// Writes the tags and grants of new objects: those of the object that each replaces, and tags of its own. Removes what is
// left of deleted ones.
import { KmsError } from '../../errors.js';
import type { Dialect } from '../dialects/dialect.js';
import { WriteConflict } from '../connect/errors/driver-errors.js';
import type { RightsRow } from '../find/left-overs.js';
import { chunksOf } from './statement-chunks.js';
import { placeholders } from '../dialects/sql.js';
import type { Knex } from 'knex';

/** A new object that gets the tags and grants of the object that it replaces. */
export interface TaggedReplacement {
  readonly uid: string;
  readonly replacedUid: string;
  /** A tag that it gets in any case. */
  readonly systemTag: string;
}

/** An existing object that gets what the one that it replaces had. */
export interface Heir {
  readonly uid: string;
  readonly replacedUid: string;
  /** Of the object that it replaces. */
  readonly owner: string;
}

/** Gives an object to an owner, and says whether it had another: a server gives what it makes to who asked for it. */
export async function giveOwner(
  transaction: Knex.Transaction,
  dialect: Dialect,
  { uid, owner }: Pick<Heir, 'uid' | 'owner'>,
): Promise<boolean> {
  const given = await dialect.execute(
    transaction,
    'UPDATE objects SET owner = ? WHERE id = ? AND owner <> ?',
    [owner, uid, owner],
  );
  return given > 0;
}

/** Copies within the database, so that tags and grants added since the object was read are not lost. */
export async function copyTagsAndGrants(
  transaction: Knex.Transaction,
  dialect: Dialect,
  replacements: readonly TaggedReplacement[],
): Promise<void> {
  const valuesOf = ({ uid, replacedUid }: TaggedReplacement) => [replacedUid, uid];
  for (const { items, values } of chunksOf(replacements, valuesOf)) {
    const replacement = `CASE id ${items.map(() => 'WHEN ? THEN ?').join(' ')} END`;
    const ofReplaced = `WHERE id IN (${placeholders(items)})`;
    const replaced = items.map(({ replacedUid }) => replacedUid);
    const system = systemTagsOf(items);
    await dialect.execute(
      transaction,
      `INSERT INTO tags (id, tag) SELECT ${replacement}, tag FROM tags ${ofReplaced} ${system.union}`,
      [...values, ...replaced, ...system.values],
    );
    await dialect.execute(
      transaction,
      `INSERT INTO read_access (id, userid, permissions)
        SELECT ${replacement}, userid, permissions FROM read_access ${ofReplaced}`,
      [...values, ...replaced],
    );
  }
}

/** Returns the SQL that adds system tags, as a UNION, which drops those that were copied already. */
function systemTagsOf(replacements: readonly TaggedReplacement[]): {
  union: string;
  values: string[];
} {
  const branches = [...new Set(replacements.map(({ systemTag }) => systemTag))].map((tag) => {
    const uids = replacements.filter(({ systemTag }) => systemTag === tag).map(({ uid }) => uid);
    return {
      sql: `UNION SELECT id, ? FROM objects WHERE id IN (${placeholders(uids)})`,
      uids,
      tag,
    };
  });
  return {
    union: branches.map(({ sql }) => sql).join(' '),
    values: branches.flatMap(({ tag, uids }) => [tag, ...uids]),
  };
}

/** Adds a tag to an existing object, unless it has it. */
export async function addTag(
  transaction: Knex.Transaction,
  dialect: Dialect,
  uid: string,
  tag: string,
): Promise<void> {
  await dialect.execute(
    transaction,
    `INSERT INTO tags (id, tag) SELECT id, ? FROM objects WHERE id = ?
      AND NOT EXISTS (SELECT 1 FROM tags WHERE tags.id = objects.id AND tags.tag = ?)`,
    [tag, uid, tag],
  );
}

/** Gives an existing object the tags and grants of another one that it does not have. A user may do what both allow. */
export async function addTagsAndGrants(
  transaction: Knex.Transaction,
  dialect: Dialect,
  uid: string,
  from: string,
): Promise<void> {
  const lacks = (table: string, column: string) =>
    `${table}.id = ? AND NOT EXISTS (SELECT 1 FROM ${table} AS own
      WHERE own.id = ? AND own.${column} = ${table}.${column})`;
  await uniteGrants(transaction, dialect, uid, from);
  await dialect.execute(
    transaction,
    `INSERT INTO tags (id, tag) SELECT ?, tag FROM tags WHERE ${lacks('tags', 'tag')}`,
    [uid, from, uid],
  );
  await dialect.execute(
    transaction,
    `INSERT INTO read_access (id, userid, permissions)
      SELECT ?, userid, permissions FROM read_access WHERE ${lacks('read_access', 'userid')}`,
    [uid, from, uid],
  );
}

/**
 * Removes tags and grants of a uid that no object has, each only if it is as it was read.
 *
 * @throws WriteConflict if one has changed, or an object has the uid now.
 */
export async function removeRights(
  transaction: Knex.Transaction,
  dialect: Dialect,
  rows: readonly RightsRow[],
): Promise<void> {
  const exactly = (column: string) => `${column} = ? AND ${dialect.equals(column)}`;
  const unused = `NOT EXISTS (SELECT 1 FROM objects WHERE objects.id = ?)`;
  for (const row of rows) {
    const [condition, values] =
      row.table === 'tags'
        ? [dialect.equals('tag'), [row.tag]]
        : [
            `${dialect.equals('userid')} AND ${dialect.text('permissions')} = ?`,
            [row.userid, row.permissions],
          ];
    const removed = await dialect.execute(
      transaction,
      `DELETE FROM ${row.table} WHERE ${exactly('id')} AND ${condition} AND ${unused}`,
      [row.id, row.id, ...values, row.id],
    );
    if (removed !== 1) throw new WriteConflict('a tag or grant has changed since it was read');
  }
}

/** Adds to each grant what the same user may do with the other object. */
async function uniteGrants(
  transaction: Knex.Transaction,
  dialect: Dialect,
  uid: string,
  from: string,
): Promise<void> {
  const both = await dialect.select<{ userid: string; own: string; other: string }>(
    transaction,
    `SELECT own.userid AS userid, ${dialect.text('own.permissions')} AS own,
      ${dialect.text('other.permissions')} AS other FROM read_access AS own
      JOIN read_access AS other ON own.userid = other.userid WHERE own.id = ? AND other.id = ?`,
    [uid, from],
  );
  for (const { userid, own, other } of both) {
    const had = permissionsIn(own, uid);
    const united = [...new Set([...had, ...permissionsIn(other, from)])];
    if (united.length === had.length) continue;
    await dialect.execute(
      transaction,
      'UPDATE read_access SET permissions = ? WHERE id = ? AND userid = ?',
      [JSON.stringify(united), uid, userid],
    );
  }
}

/** @throws KmsError MalformedObject */
function permissionsIn(text: string, uid: string): readonly string[] {
  const permissions = parsedOrNull(text);
  const isText = (one: unknown): one is string => typeof one === 'string';
  if (Array.isArray(permissions) && permissions.every(isText)) return permissions;
  throw new KmsError('MalformedObject', `a grant on ${JSON.stringify(uid)} is no list of texts`, {
    uid,
    hint: 'repair that row of read_access with the server that wrote it',
  });
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
