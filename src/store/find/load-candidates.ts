// Loads objects by uid with what the rules of rotation ask about them: replacement, dependants, keyset, related
// objects. Several objects at once, in a handful of queries.
import { uidsOfWrappingKey, replacementUidOf } from '../../rotation/related-objects.js';
import { KmsError } from '../../errors.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import { nextUid } from '../../rotation/keyset.js';
import { NO_OPTIONS } from '../../rotation/policy-options.js';
import type { Connection } from '../connect/connection.js';
import { policyOptions } from '../own/policy-options.js';
import type { RetiringObject } from '../../rotation/retiring-object.js';
import { retiringObjects } from '../own/retiring.js';
import { loggedReplacements } from '../own/read-log.js';
import { countDependants, wrapsLikeServerKek } from './dependants.js';
import { loadKeysets } from './keysets.js';
import { findLeftOvers } from './left-overs.js';
import { loadRelatedObjects } from './load-related-objects.js';
import { decodeOrError, existingUids, selectRows } from './rows.js';

export interface LoadOptions {
  /** Uids to load into the related objects of each candidate, besides its own. */
  readonly alsoRelated: readonly string[];
  /**
   * Whether to look for keys that wrap as only a server's own key encryption key does; not done if one of
   * `alsoRelated`, which is known to be that key, is in the store.
   */
  readonly detectServerKek: boolean;
}

/** Returns the candidates of these uids, in their order; a uid without a row is left out. */
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
    ...decoded.flatMap((object) => uidsOfWrappingKey(object)),
  ]);
  const keysets = await loadKeysets(
    connection,
    decoded.map((object) => object.attributes.rotateName).filter((name) => name !== null),
  );
  const retiring = await retiringObjects(connection, [...objects.keys()]);
  const replacements = await replacementUids(connection, decoded, retiring);
  const linked = decoded.flatMap((object) => [
    replacements.get(object.uniqueIdentifier) ?? null,
    ...nextUidsOf(object),
  ]);
  const leftOvers = await findLeftOvers(connection, decoded.flatMap(nextUidsOf));
  const present = await existingUids(connection, [
    ...linked.filter((uid) => uid !== null),
    ...[...leftOvers.values()].map(({ uid }) => uid),
  ]);
  const relatedObjects = await loadRelatedObjects(connection, decoded, options.alsoRelated);
  const kekIsKnown = options.alsoRelated.some((uid) => relatedObjects.has(uid));
  const likeServerKek =
    options.detectServerKek && !kekIsKnown
      ? await uidsLikeServerKek(connection, decoded, dependants)
      : new Set<string>();
  const policies = await policyOptions(connection, [...objects.keys()]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return uids.flatMap((uid): RotationCandidate[] => {
    const row = byId.get(uid);
    const object = objects.get(uid);
    if (row === undefined || object === undefined) return [];
    const known = object instanceof KmsError ? null : object;
    const replacedBy = replacements.get(uid) ?? null;
    const next = known === null ? [] : nextUidsOf(known);
    const names = known === null ? [uid] : uidsOfWrappingKey(known);
    const named = next.flatMap((uid) => leftOvers.get(uid) ?? []);
    return [
      {
        row,
        object,
        replacedBy: replacedBy !== null && present.has(replacedBy) ? replacedBy : null,
        retiring: row.state === 'Active' ? (retiring.get(uid) ?? null) : null,
        dependants: names.reduce((sum, name) => sum + (dependants.get(name) ?? 0), 0),
        likeServerKek: likeServerKek.has(uid),
        keyset: keysets.get(known?.attributes.rotateName ?? '') ?? [],
        nextUidTaken: [...next, ...named.map(({ uid }) => uid)].some((uid) => present.has(uid)),
        nextUidLeftOvers: named.find(({ uid }) => !present.has(uid)) ?? null,
        options: policies.get(uid) ?? NO_OPTIONS,
        relatedObjects,
      },
    ];
  });
}

/** By their links; or by our own tables, if a server wrote its cached object over the link. */
async function replacementUids(
  connection: Connection,
  objects: readonly ManagedObject[],
  retiring: ReadonlyMap<string, RetiringObject>,
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
  for (const { uid, replacementUid } of retiring.values()) replacements.set(uid, replacementUid);
  return replacements;
}

/** Returns the uids that the replacement of a keyset's member would get; of a pair, both. */
function nextUidsOf({ attributes, objectType }: ManagedObject): readonly string[] {
  const { rotateName, rotateGeneration } = attributes;
  if (rotateName === null) return [];
  const next = nextUid(rotateName, rotateGeneration ?? 0);
  return objectType === 'PrivateKey' ? [next, `${next}_pk`] : [next];
}

async function uidsLikeServerKek(
  connection: Connection,
  objects: readonly ManagedObject[],
  dependants: ReadonlyMap<string, number>,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const object of objects) {
    // A server uses its own key encryption key with a block cipher mode, which a pair has none of (storage format
    // §5.2).
    if (object.objectType !== 'SymmetricKey') continue;
    const names = uidsOfWrappingKey(object).filter((name) => dependants.has(name));
    if (names.length > 0 && (await wrapsLikeServerKek(connection, names))) {
      found.add(object.uniqueIdentifier);
    }
  }
  return found;
}
