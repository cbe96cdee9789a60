// Loads unfinished rotations with what their settlement depends on: pairs together, uses of the leftovers, and what our
// log says. rotation/unfinished/settle.ts decides.
import { KmsError } from '../../errors.js';
import { serverKekUids } from '../../flows/server-kek.js';
import { linkTo } from '../../kmip/attributes.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { isHsmUid } from '../../kmip/unique-identifier.js';
import {
  isInModule,
  privateUidOf,
  publicUidOf,
  replacementUidOf,
  type RelatedObjects,
} from '../../rotation/related-objects.js';
import { latestReplacementOrNull } from '../../rotation/replacements.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import {
  uidsOfGeneration,
  type Generation,
  type Leftover,
  type UnfinishedRotation,
} from '../../rotation/unfinished/unfinished-rotation.js';
import { compareUids } from '../../rotation/plan.js';
import type { DoctorContext } from '../doctor-context.js';
import type { LeftoverUids } from './find-leftovers.js';

export interface LoadedRotation {
  readonly rotation: UnfinishedRotation;
  readonly relatedObjects: RelatedObjects;
  /** How many objects each generation wraps, by the uid of its key. */
  readonly wraps: ReadonlyMap<string, number>;
}

/** Brings both keys of pairs together: returns the leftovers by the uid of the private key. */
export async function groupPairs(
  { store }: DoctorContext,
  found: LeftoverUids,
): Promise<LeftoverUids> {
  const groups: LeftoverUids = new Map();
  for (const [replacedUid, leftovers] of found) {
    const related = await store.loadRelated([replacedUid, ...leftovers]);
    const group = groups.get(keyUidOf(replacedUid, related)) ?? new Set();
    for (const uid of leftovers) group.add(keyUidOf(uid, related));
    groups.set(keyUidOf(replacedUid, related), group);
  }
  return groups;
}

/** Returns the uid of the private key of a public key whose pair is in the store, else the uid itself. */
function keyUidOf(uid: string, related: RelatedObjects): string {
  const object = related.get(uid);
  if (object === undefined || object instanceof KmsError || object.objectType !== 'PublicKey')
    return uid;
  const privateKey = related.get(privateUidOf(object) ?? '');
  if (privateKey === undefined || privateKey instanceof KmsError) return uid;
  return publicUidOf(privateKey) === uid ? privateKey.uniqueIdentifier : uid;
}

/** Returns null if the replaced object or a leftover is not there, or cannot be read: that is another finding. */
export async function loadUnfinished(
  context: DoctorContext,
  replacedUid: string,
  leftoverUids: ReadonlySet<string>,
  links: ReadonlyMap<string, readonly string[]>,
): Promise<LoadedRotation | null> {
  const { store } = context;
  const logged = (await store.loggedReplacements([replacedUid])).get(replacedUid) ?? null;
  const uids = [replacedUid, ...leftoverUids];
  const related = await store.loadRelated([...uids, ...(logged === null ? [] : [logged])]);
  const replaced = generationOf(related.get(replacedUid), related);
  const made = [...leftoverUids].sort(compareUids).flatMap((uid) => {
    const generation = generationOf(related.get(uid), related);
    return generation === null || !isLeftover(generation, replaced) ? [] : [generation];
  });
  if (replaced === null) return null;
  const named = replacementUidOf(replaced.key);
  const namedUid = named !== null && related.has(named) ? named : null;
  const loggedUid = logged !== null && related.has(logged) ? logged : null;
  const successor = generationOf(related.get(namedUid ?? loggedUid ?? ''), related);
  const others = [...made, ...(successor === null ? [] : [successor])];
  const generations = [replaced, ...others, ...others.flatMap((one) => liveOf(one, related) ?? [])];
  const candidates = await loadCandidates(context, generations);
  const wraps = new Map([...candidates].map(([uid, { dependants }]) => [uid, dependants]));
  const traces = { ...(await tracesOf(context, generations)), links, wraps };
  const asLeftover = (one: Generation) => leftoverOf(one, liveOf(one, related), traces) ?? [];
  return {
    rotation: {
      replaced,
      leftovers: made.flatMap(asLeftover).filter(({ live }) => live.key.state === 'Active'),
      namedUid,
      loggedUid,
      successor: (successor === null ? [] : [successor]).flatMap(asLeftover)[0] ?? null,
      reserved: reservedReason(context, generations, candidates, related),
    },
    relatedObjects: related,
    wraps,
  };
}

interface Traces {
  readonly tags: ReadonlyMap<string, readonly string[]>;
  readonly grants: ReadonlyMap<string, number>;
  readonly links: ReadonlyMap<string, readonly string[]>;
  readonly wraps: ReadonlyMap<string, number>;
}

function leftoverOf(made: Generation, live: Generation | null, traces: Traces): Leftover | null {
  if (live === null) return null;
  const own = uidsOfGeneration(made);
  const linkedFrom = own.flatMap((uid) => traces.links.get(uid) ?? []);
  const wrapped = (one: Generation) => traces.wraps.get(one.key.uniqueIdentifier) ?? 0;
  return {
    made,
    live,
    wraps: wrapped(made) + (live === made ? 0 : wrapped(live)),
    linkedFrom: [...new Set(linkedFrom)].filter((uid) => !own.includes(uid)),
    userTags: own.flatMap((uid) => (traces.tags.get(uid) ?? []).filter(isUserTag)),
    grants: own.reduce((sum, uid) => sum + (traces.grants.get(uid) ?? 0), 0),
  };
}

/** Said again after it was loaded: the rotation may have been finished, or taken back, meanwhile. */
function isLeftover(made: Generation, replaced: Generation | null): boolean {
  if (replaced === null) return false;
  const isHalf = (one: ManagedObject | null, other: ManagedObject | null) =>
    one !== null &&
    other !== null &&
    linkTo(one.attributes, 'ReplacedObjectLink') === other.uniqueIdentifier &&
    linkTo(other.attributes, 'ReplacementObjectLink') !== one.uniqueIdentifier;
  return isHalf(made.key, replaced.key) || isHalf(made.publicKey, replaced.publicKey);
}

/** Returns an object with its public key; null for what is not there or cannot be read. */
export function generationOf(
  object: ManagedObject | KmsError | undefined,
  related: RelatedObjects,
): Generation | null {
  if (object === undefined || object instanceof KmsError) return null;
  const publicKey = object.objectType === 'PrivateKey' ? related.get(publicUidOf(object)) : null;
  const isThere = publicKey !== null && publicKey !== undefined && !(publicKey instanceof KmsError);
  return { key: object, publicKey: isThere ? publicKey : null };
}

function liveOf(generation: Generation, related: RelatedObjects): Generation | null {
  const latest = latestReplacementOrNull(generation.key, related);
  if (latest === null) return null;
  return latest === generation.key ? generation : generationOf(latest, related);
}

/** A configured key encryption key is known; without one, a key that wraps like a server’s is taken for one. */
export async function loadCandidates(
  { store, serverKek: { uid } }: DoctorContext,
  generations: readonly Generation[],
): Promise<ReadonlyMap<string, RotationCandidate>> {
  const uids = [...new Set(generations.map(({ key }) => key.uniqueIdentifier))];
  const alsoRelated = uid === null || uid === 'none' || isHsmUid(uid) ? [] : [uid];
  const detectServerKek = uid !== 'none';
  const loaded = await store.load(uids, { alsoRelated, detectServerKek });
  return new Map(loaded.map((candidate) => [candidate.row.id, candidate]));
}

async function tracesOf({ store }: DoctorContext, generations: readonly Generation[]) {
  const uids = generations.flatMap(uidsOfGeneration);
  return { tags: await store.tagsOf(uids), grants: await store.grantsOf(uids) };
}

/** A server’s own tags begin with an underscore, but for this one (storage format §1.6). */
function isUserTag(tag: string): boolean {
  return !tag.startsWith('_') && tag !== 'fpe-ff1';
}

/** Returns why only people decide about these: a key of a module, or the key encryption key of a server. */
export function reservedReason(
  { serverKek }: Pick<DoctorContext, 'serverKek'>,
  generations: readonly Generation[],
  candidates: ReadonlyMap<string, RotationCandidate>,
  related: RelatedObjects,
): string | null {
  const uids = generations.flatMap(uidsOfGeneration);
  const inModule = uids.find((uid) => isInModule(uid, related));
  if (inModule !== undefined)
    return `${JSON.stringify(inModule)} lies in a hardware security module, or under a key of one`;
  const keks = new Set(
    [...candidates.values()].flatMap(({ relatedObjects, likeServerKek, row }) => [
      ...serverKekUids(serverKek, relatedObjects),
      ...(likeServerKek ? [row.id] : []),
    ]),
  );
  const kek = uids.find((uid) => keks.has(uid));
  return kek === undefined
    ? null
    : `${JSON.stringify(kek)} is the key encryption key of a server, or wraps like one`;
}
