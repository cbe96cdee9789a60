// Loads objects by uid with what surrounds them (replacement, dependants, keyset), and says which uid an
// address means. Several objects at once, in a handful of queries.
import { KmsError } from '../errors.js';
import { linkTo } from '../kmip/attributes.js';
import {
  decodeAttributesColumn,
  decodeRow,
  type ManagedObject,
  type ObjectRow,
} from '../kmip/managed-object.js';
import { MalformedMember, memberReader } from '../kmip/members.js';
import { nextUid, parseAddress, resolveAddress, type KeysetMember } from '../rotation/keyset.js';
import type { Subject } from '../rotation/subject.js';
import type { Connection } from './connection.js';

/** How many uids one statement asks for: below every database's limit on bound values. */
const UIDS_A_QUERY = 500;

/** Returns the subjects of these uids, in their order; a uid that has no row is left out. */
export async function loadSubjects(
  connection: Connection,
  uids: readonly string[],
): Promise<readonly Subject[]> {
  const rows = await inChunks(uids, (chunk) => selectRows(connection, chunk));
  const objects = new Map(rows.map((row) => [row.id, decode(row)]));
  const decoded = [...objects.values()].filter(
    (object): object is ManagedObject => !(object instanceof KmsError),
  );
  const dependants = await countDependants(connection, [...objects.keys()]);
  const keysets = await loadKeysets(
    connection,
    decoded.map((object) => object.attributes.rotateName).filter((name) => name !== null),
  );
  const neighbours = decoded.flatMap((object) => [replacementUidOf(object), nextUidOf(object)]);
  const present = await existing(
    connection,
    neighbours.filter((uid) => uid !== null),
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return uids.flatMap((uid): Subject[] => {
    const row = byId.get(uid);
    const object = objects.get(uid);
    if (row === undefined || object === undefined) return [];
    const known = object instanceof KmsError ? null : object;
    const replacedBy = known === null ? null : replacementUidOf(known);
    const next = known === null ? null : nextUidOf(known);
    return [
      {
        row,
        object,
        replacedBy: replacedBy !== null && present.has(replacedBy) ? replacedBy : null,
        dependants: dependants.get(uid) ?? 0,
        keyset: keysets.get(known?.attributes.rotateName ?? '') ?? [],
        nextUidTaken: next !== null && present.has(next),
      },
    ];
  });
}

/**
 * Returns the uid that an operator's word means: a uid, or a member of a keyset.
 *
 * @throws KmsError UnknownUid or AmbiguousKeyset.
 */
export async function resolveUid(connection: Connection, text: string): Promise<string> {
  const address = parseAddress(text);
  const keyset = address.kind === 'member' ? address.keyset : null;
  const members =
    keyset === null ? [] : ((await loadKeysets(connection, [keyset])).get(keyset) ?? []);
  const uid = resolveAddress(text, address, members);
  if ((await existing(connection, [uid])).has(uid)) return uid;
  throw new KmsError('UnknownUid', `there is no object ${JSON.stringify(text)} in the store`, {
    uid: text,
    hint: 'kms key list shows the uids that are there',
  });
}

/** Returns which of these uids have a row. */
export async function existing(
  { knex }: Connection,
  uids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await inChunks(uids, (chunk) =>
    knex<{ id: string }>('objects').whereIn('id', chunk).select('id'),
  );
  return new Set(rows.map((row) => row.id));
}

/** Returns the members of each keyset by its Rotate Name; public keys go with their private halves. */
async function loadKeysets(
  { knex, dialect, indexed }: Connection,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly KeysetMember[]>> {
  const keysets = new Map<string, KeysetMember[]>();
  const keysetName = dialect.keysetName(indexed.keyset);
  const rows = await inChunks([...new Set(names)], async (chunk) => {
    const query = knex('objects')
      .select(
        'id',
        'owner',
        knex.raw(`${keysetName} AS name`),
        knex.raw(`${dialect.text('attributes')} AS attributes`),
      )
      .whereRaw(`${keysetName} IN (${chunk.map(() => '?').join(', ')})`, chunk);
    return (await query) as {
      id: string;
      owner: string | null;
      name: string;
      attributes: string;
    }[];
  });
  for (const { id, name, owner, attributes } of rows) {
    const generation = generationIn(id, attributes);
    if (generation === 'public-key') continue;
    keysets.set(name, [...(keysets.get(name) ?? []), { uid: id, owner, generation }]);
  }
  return keysets;
}

/** A malformed member must not stop the load of others; whoever asks for its keyset is told. */
function generationIn(uid: string, text: string): number | null | 'public-key' {
  try {
    const members = decodeAttributesColumn(uid, text);
    if (members['ObjectType'] === 'PublicKey') return 'public-key';
    return memberReader(members, 'attributes').count('RotateGeneration') ?? 0;
  } catch (error) {
    if (error instanceof KmsError || error instanceof MalformedMember) return null;
    throw error;
  }
}

async function selectRows(
  { knex, dialect }: Connection,
  uids: readonly string[],
): Promise<ObjectRow[]> {
  return knex('objects')
    .whereIn('id', uids)
    .select<ObjectRow[]>(
      'id',
      knex.raw(`${dialect.text('object')} AS object`),
      knex.raw(`${dialect.text('attributes')} AS attributes`),
      'state',
      'owner',
      knex.raw(`${dialect.text('wrapping_key_id')} AS ??`, ['wrappingKeyId']),
    );
}

/**
 * Destroyed objects name their wrapping key for ever and hold nothing (storage format §2.6). Names are
 * matched as the database matches them, for so does the server: on MySQL KEK may mean kek.
 */
async function countDependants(
  { knex }: Connection,
  uids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await inChunks(uids, async (chunk) => {
    const query = knex('objects AS wrapping')
      .join('objects AS dependant', 'dependant.wrapping_key_id', 'wrapping.id')
      .whereIn('wrapping.id', chunk)
      .where((where) => {
        void where
          .whereNull('dependant.state')
          .orWhereNotIn('dependant.state', ['Destroyed', 'Destroyed_Compromised']);
      })
      .groupBy('wrapping.id')
      .select('wrapping.id AS uid')
      .count('* AS count');
    return (await query) as { uid: string; count: number | string }[];
  });
  return new Map(rows.map((row) => [row.uid, Number(row.count)]));
}

function decode(row: ObjectRow): ManagedObject | KmsError {
  try {
    return decodeRow(row);
  } catch (error) {
    if (error instanceof KmsError) return error;
    throw error;
  }
}

/** A link to itself replaces nothing. */
function replacementUidOf({ uniqueIdentifier, attributes }: ManagedObject): string | null {
  const uid = linkTo(attributes, 'ReplacementObjectLink');
  return uid === uniqueIdentifier ? null : uid;
}

function nextUidOf(object: ManagedObject): string | null {
  const { rotateName, rotateGeneration } = object.attributes;
  return rotateName === null ? null : nextUid(rotateName, rotateGeneration ?? 0);
}

async function inChunks<T>(
  items: readonly string[],
  query: (chunk: readonly string[]) => PromiseLike<readonly T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (let start = 0; start < items.length; start += UIDS_A_QUERY) {
    found.push(...(await query(items.slice(start, start + UIDS_A_QUERY))));
  }
  return found;
}
