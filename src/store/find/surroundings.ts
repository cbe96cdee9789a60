// What surrounds some objects: who links to them, their tags and grants, and the members of their keysets. Doctor decides by
// it, and write/write-units.ts writes only if it is still the same.
import { isDeepStrictEqual } from 'node:util';
import { readableAttributes } from '../../kmip/managed-object.js';
import type { LinkType } from '../../kmip/vocabulary.js';
import type { Connection } from '../connect/connection.js';
import { placeholders } from '../dialects/sql.js';
import { loadKeysets } from './keysets.js';
import { notDestroyed } from './not-destroyed.js';
import { inChunks } from './rows.js';

/** Whose surroundings. */
export interface SurroundedObjects {
  readonly uids: readonly string[];
  /** Rotate Names. */
  readonly keysets: readonly string[];
}

/** Uids are as the rows have them; a database may take them for one of those in other letters. */
export interface Surroundings {
  /** The dialect's mark of changes before anything was read. */
  readonly changeMark: string | null;
  /** Links to the objects from what is not Destroyed. */
  readonly links: readonly FoundLink[];
  /** Rows that name one of the objects, and whose attributes cannot be read. */
  readonly unreadable: readonly string[];
  readonly tags: readonly { readonly uid: string; readonly tag: string }[];
  readonly grants: readonly {
    readonly uid: string;
    readonly userid: string;
    readonly permissions: string;
  }[];
  readonly members: readonly {
    readonly keyset: string;
    readonly uid: string;
    readonly generation: number | null;
  }[];
}

export interface FoundLink {
  /** Of the object that has the link. */
  readonly uid: string;
  readonly linkType: LinkType;
  readonly to: string;
}

/** Everything in a fixed order, so that two answers can be compared. */
export async function surroundingsOf(
  connection: Connection,
  { uids, keysets }: SurroundedObjects,
): Promise<Surroundings> {
  const { knex, dialect } = connection;
  const changeMark = await dialect.changeMark(knex);
  const members = [...(await loadKeysets(connection, keysets))].flatMap(([keyset, all]) =>
    all.map(({ uid, generation }) => ({ keyset, uid, generation })),
  );
  return {
    changeMark,
    ...(await linksTo(connection, uids)),
    ...(await rightsOn(connection, uids)),
    members: inOrder(members),
  };
}

/** Returns the tags of these objects, and who may do what with them. */
export async function rightsOn(
  { knex, dialect }: Connection,
  uids: readonly string[],
): Promise<Pick<Surroundings, 'tags' | 'grants'>> {
  const permissions = dialect.text('permissions');
  const rowsOf = <Row>(columns: string, table: string) =>
    inChunks([...new Set(uids)], (chunk) =>
      dialect.select<Row>(
        knex,
        `SELECT ${columns} FROM ${table} WHERE id IN (${placeholders(chunk)})`,
        chunk,
      ),
    );
  return {
    tags: inOrder(await rowsOf<Surroundings['tags'][number]>('id AS uid, tag', 'tags')),
    grants: inOrder(
      await rowsOf<Surroundings['grants'][number]>(
        `id AS uid, userid, ${permissions} AS permissions`,
        'read_access',
      ),
    ),
  };
}

/**
 * Says whether something else surrounds the objects now. Every attributes column is searched for their uids, which takes
 * seconds on a large store; where the database says that nothing was written since, it is left out: others wait meanwhile.
 */
export async function haveSurroundingsChanged(
  connection: Connection,
  objects: SurroundedObjects,
  found: Surroundings,
): Promise<boolean> {
  const { knex, dialect } = connection;
  const { changeMark } = found;
  if (changeMark !== null && changeMark === (await dialect.changeMark(knex))) return false;
  const now = await surroundingsOf(connection, objects);
  return !isDeepStrictEqual({ ...now, changeMark }, found);
}

function inOrder<Row extends object>(rows: readonly Row[]): readonly Row[] {
  const keyed = rows.map((row) => ({ row, key: JSON.stringify(Object.values(row)) }));
  return keyed.sort((one, other) => (one.key < other.key ? -1 : 1)).map(({ row }) => row);
}

const PAGE_ROWS = 1000;

async function linksTo(
  { knex, dialect }: Connection,
  uids: readonly string[],
): Promise<Pick<Surroundings, 'links' | 'unreadable'>> {
  const wanted = new Set(uids.map(dialect.collationKey));
  const [links, unreadable]: [FoundLink[], string[]] = [[], []];
  const text = dialect.text('attributes');
  const named = namedIn(uids);
  const compared = dialect.textComparedAsUid('attributes');
  const condition = named.map(() => `${compared} LIKE ? ESCAPE '!'`).join(' OR ');
  for (let after: string | null = null; uids.length > 0;) {
    const rows: readonly { id: string; attributes: string }[] = await dialect.select(
      knex,
      `SELECT id, ${text} AS attributes FROM objects
        WHERE ${after === null ? '' : 'id > ? AND'} ${notDestroyed('objects')} AND (${condition})
        ORDER BY id LIMIT ${PAGE_ROWS}`,
      after === null ? named : [after, ...named],
    );
    for (const { id, attributes } of rows) {
      const readable = readableAttributes(id, attributes);
      if (readable === null && uids.some((uid) => attributes.includes(uid))) unreadable.push(id);
      for (const { linkType, linkedObjectIdentifier: to } of readable?.links ?? []) {
        if (wanted.has(dialect.collationKey(to))) links.push({ uid: id, linkType, to });
      }
    }
    after = rows.at(-1)?.id ?? null;
    if (rows.length < PAGE_ROWS) break;
  }
  return { links: inOrder(links), unreadable };
}

/** A database compares a row with so many texts faster than this program parses it. */
const MAX_COMPARED = 40;

/** Uids that JSON writes as they are, and that have no meaning in a pattern of LIKE but for a wider one. */
const PLAIN = /^[\w.@: -]*$/;

/** Returns patterns of LIKE that every attributes column with a link to one of these uids matches. */
function namedIn(uids: readonly string[]): readonly string[] {
  const few = uids.length <= MAX_COMPARED && uids.every((uid) => PLAIN.test(uid));
  // Somebody may have escaped a letter that needs no escape.
  return few
    ? [...uids.map((uid) => `%"${uid.trimEnd()}%`), String.raw`%\u%`]
    : ['%"LinkedObjectIdentifier"%'];
}
