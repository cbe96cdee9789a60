// Loads objects by uid with what surrounds them (replacement, dependants, keyset), and says which uid an
// address means. Several objects at once, in a handful of queries.
import { KmsError } from '../../errors.js';
import { decodeAttributesColumn, type ManagedObject } from '../../kmip/managed-object.js';
import { MalformedMember, memberReader } from '../../kmip/members.js';
import { nextUid, parseAddress, resolveAddress, type KeysetMember } from '../../rotation/keyset.js';
import { namesOfWrappingKey, replacementUidOf } from '../../rotation/related-objects.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import type { Connection } from '../connect/connection.js';
import { placeholders } from '../dialects/dialect.js';
import { countDependants, wrapsLikeServerKek } from './dependants.js';
import { loadRelatedObjects } from './load-related-objects.js';
import { loggedReplacements } from '../own/rotation-log.js';
import { decodeOrError, existingUids, inChunks, selectRows } from './rows.js';

export interface LoadOptions {
  /** Uids to have among the neighbours of each subject, besides its own. */
  readonly alsoRelated: readonly string[];
  /**
   * Whether to look for keys that wrap as only a server's own key encryption key does, unless one of `alsoNear`,
   * which is known to be that key, is there.
   */
  readonly detectServerKek: boolean;
}

/** Returns the subjects of these uids, in their order; a uid that has no row is left out. */
export async function loadCandidates(
  connection: Connection,
  uids: readonly string[],
  options: LoadOptions,
): Promise<readonly RotationCandidate[]> {
  const rows = await selectRows(connection, uids);
  const objects = new Map(rows.map((row) => [row.id, decodeOrError(row)]));
  const decoded = [...objects.values()].filter(
    (object): object is ManagedObject => !(object instanceof KmsError),
  );
  const dependants = await countDependants(connection, [
    ...objects.keys(),
    ...decoded.flatMap((object) => namesOfWrappingKey(object)),
  ]);
  const keysets = await loadKeysets(
    connection,
    decoded.map((object) => object.attributes.rotateName).filter((name) => name !== null),
  );
  const replacements = await replacementUids(connection, decoded);
  const linked = decoded.flatMap((object) => [
    replacements.get(object.uniqueIdentifier) ?? null,
    ...nextUidsOf(object),
  ]);
  const present = await existingUids(
    connection,
    linked.filter((uid) => uid !== null),
  );
  const relatedObjects = await loadRelatedObjects(connection, decoded, options.alsoRelated);
  const likeServerKek = new Set<string>();
  const isKnown = options.alsoRelated.some((uid) => relatedObjects.has(uid));
  for (const object of options.detectServerKek && !isKnown ? decoded : []) {
    // A server asks its own for a block cipher mode, which pairs have none of (storage format §5.2).
    if (object.objectType !== 'SymmetricKey') continue;
    const names = namesOfWrappingKey(object).filter((name) => dependants.has(name));
    if (names.length > 0 && (await wrapsLikeServerKek(connection, names))) {
      likeServerKek.add(object.uniqueIdentifier);
    }
  }
  const byId = new Map(rows.map((row) => [row.id, row]));
  return uids.flatMap((uid): RotationCandidate[] => {
    const row = byId.get(uid);
    const object = objects.get(uid);
    if (row === undefined || object === undefined) return [];
    const known = object instanceof KmsError ? null : object;
    const replacedBy = replacements.get(uid) ?? null;
    const next = known === null ? [] : nextUidsOf(known);
    const names = known === null ? [uid] : namesOfWrappingKey(known);
    return [
      {
        row,
        object,
        replacedBy: replacedBy !== null && present.has(replacedBy) ? replacedBy : null,
        dependants: names.reduce((sum, name) => sum + (dependants.get(name) ?? 0), 0),
        likeServerKek: likeServerKek.has(uid),
        keyset: keysets.get(known?.attributes.rotateName ?? '') ?? [],
        nextUidTaken: next.some((uid) => present.has(uid)),
        relatedObjects,
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
  if ((await existingUids(connection, [uid])).has(uid)) return uid;
  throw new KmsError('UnknownUid', `there is no object ${JSON.stringify(text)} in the store`, {
    uid: text,
    hint: 'kms key list shows the uids that are there',
  });
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
      .whereRaw(`${keysetName} IN (${placeholders(chunk)})`, chunk);
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

/** By their links; a link that a server's cache has written over is still known from our own log. */
async function replacementUids(
  connection: Connection,
  objects: readonly ManagedObject[],
): Promise<ReadonlyMap<string, string>> {
  const unlinked = objects.filter(
    (object) => object.state !== 'Active' && replacementUidOf(object) === null,
  );
  const uids = unlinked.map(({ uniqueIdentifier }) => uniqueIdentifier);
  const replacements = new Map(uids.length === 0 ? [] : await loggedReplacements(connection, uids));
  for (const object of objects) {
    const uid = replacementUidOf(object);
    if (uid !== null) replacements.set(object.uniqueIdentifier, uid);
  }
  return replacements;
}

/** The uids that its replacement in the keyset would get, a pair's both. */
function nextUidsOf({ attributes, objectType }: ManagedObject): readonly string[] {
  const { rotateName, rotateGeneration } = attributes;
  if (rotateName === null) return [];
  const next = nextUid(rotateName, rotateGeneration ?? 0);
  return objectType === 'PrivateKey' ? [next, `${next}_pk`] : [next];
}
