// Loads unfinished rotations with what their settlement depends on: pairs together, uses of the leftovers, and what our
// log says. rotation/unfinished/settle.ts decides.
import { KmsError } from '../../errors.js';
import { certificateFault, expiryOf } from '../../flows/settlement/certificate-fault.js';
import { unusableReason } from '../../flows/settlement/unusable-reason.js';
import { linkTo } from '../../kmip/attributes.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { isDestroyed, type ManagedObject } from '../../kmip/managed-object.js';
import { privateUidOf, publicUidOf, type RelatedObjects } from '../../rotation/related-objects.js';
import { compareUids } from '../../rotation/plan.js';
import {
  uidsOfGeneration,
  type Generation,
  type Leftover,
  type UnfinishedRotation,
} from '../../rotation/unfinished/unfinished-rotation.js';
import type { FoundLink, Surroundings } from '../../store/find/surroundings.js';
import type { UnitOfWork } from '../../store/write/write-units.js';
import type { DoctorContext } from '../doctor-context.js';
import { quoted } from '../finding.js';
import { chainOf, generationOf, isFalselyReplaced } from './generations.js';
import type { LeftoverUids } from './find-leftovers.js';
import { certificatesOf, obstacleIn } from './obstacles.js';
import { loadCandidates, reservedReason } from './reserved.js';

export interface LoadedRotation {
  readonly rotation: UnfinishedRotation;
  readonly relatedObjects: RelatedObjects;
  /** How many objects each generation wraps, by the uid of its key. */
  readonly wraps: ReadonlyMap<string, number>;
  /** What the decision depends on besides the rows. */
  readonly decidedBy: NonNullable<UnitOfWork['decidedBy']>;
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

/**
 * Returns null if the replaced object is not there or cannot be read, which is another finding. Without `knownUids` its
 * leftovers are searched for.
 */
export async function loadUnfinished(
  context: DoctorContext,
  replacedUid: string,
  knownUids?: ReadonlySet<string>,
): Promise<LoadedRotation | null> {
  const uids = knownUids ?? (await findLeftoverUids(context, replacedUid));
  const parts = await loadParts(context, replacedUid, uids);
  if (parts === null) return null;
  const { replaced, related, chains, successor, wraps } = parts;
  const objects = { uids: parts.uids, keysets: parts.keysets };
  const found = await context.store.surroundings(objects);
  const linkUids = [...new Set(found.links.map(({ uid }) => uid))];
  const linking = await context.store.loadRelated(linkUids);
  const nested = nestedIn(parts, found.links, linking);
  const expiry = expiryIn(parts, context.now());
  const traces = { parts, found, nested, expiry };
  const leftovers: Leftover[] = [];
  for (const chain of chains) {
    if (chain.at(-1)?.key.state === 'Active') leftovers.push(await leftoverOf(chain, traces));
  }
  const { namedUid, loggedUid, missingUid, reserved } = parts;
  return {
    rotation: {
      ...{ replaced, leftovers, nested, namedUid, loggedUid, missingUid, reserved },
      successor: successor === null ? null : await leftoverOf(successor, traces),
      obstacle:
        parts.obstacle ??
        obstacleIn(parts.uids, found) ??
        unknownLeftoverIn(parts, found.links) ??
        otherReplacedIn(parts, found.links),
      unusable: unusableReason(replaced, related) ?? expiry(replaced),
      certificates: certificatesOf(replaced, found.links, new Map([...related, ...linking])),
    },
    relatedObjects: related,
    wraps,
    decidedBy: { ...objects, found },
  };
}

async function findLeftoverUids(
  { store }: DoctorContext,
  replacedUid: string,
): Promise<ReadonlySet<string>> {
  const related = await store.loadRelated([replacedUid]);
  const replaced = generationOf(related.get(replacedUid), related);
  const uids = replaced === null ? [] : uidsOfGeneration(replaced);
  const { links } = await store.surroundings({ uids, keysets: [] });
  const found = links.filter(({ linkType }) => linkType === 'ReplacedObjectLink');
  const made = await store.loadRelated(found.map(({ uid }) => uid));
  return new Set(found.map(({ uid }) => keyUidOf(uid, made)));
}

interface Parts {
  readonly replaced: Generation;
  /** Each leftover with its own replacements, in the order of their uids. */
  readonly chains: readonly (readonly [Generation, ...Generation[]])[];
  readonly successor: readonly [Generation, ...Generation[]] | null;
  readonly namedUid: string | null;
  readonly loggedUid: string | null;
  readonly missingUid: string | null;
  readonly obstacle: string | null;
  readonly reserved: string | null;
  readonly related: RelatedObjects;
  readonly wraps: ReadonlyMap<string, number>;
  /** Of every object of the group. */
  readonly uids: readonly string[];
  readonly keysets: readonly string[];
}

async function loadParts(
  context: DoctorContext,
  replacedUid: string,
  leftoverUids: ReadonlySet<string>,
): Promise<Parts | null> {
  const { store } = context;
  const logged = (await store.loggedReplacements([replacedUid])).get(replacedUid) ?? null;
  const sorted = [...leftoverUids].sort(compareUids);
  const related = await store.loadRelated([
    ...[replacedUid, ...sorted],
    ...(logged === null ? [] : [logged]),
  ]);
  const replaced = generationOf(related.get(replacedUid), related);
  if (replaced === null) return null;
  const named = namedBy(replaced, related);
  const made = sorted.flatMap((uid) => generationOf(related.get(uid), related) ?? []);
  const leftovers = made.filter((one) => !isDestroyed(one.key) && isLeftover(one, replaced));
  const successor = generationOf(related.get(named ?? logged ?? ''), related);
  const starts = [...leftovers, ...(successor === null ? [] : [successor])];
  const chains = starts.map((one) => chainOf(one, related));
  const generations = [replaced, ...made, ...chains.flatMap((chain) => chain ?? [])];
  const candidates = await loadCandidates(context, generations);
  const there = (uid: string | null) => (uid !== null && related.has(uid) ? uid : null);
  const names = generations.map(({ key }) => key.attributes.rotateName);
  return {
    replaced,
    related,
    chains: chains.slice(0, leftovers.length).filter((chain) => chain !== null),
    successor: successor === null ? null : (chains[leftovers.length] ?? null),
    namedUid: there(named),
    loggedUid: there(logged),
    missingUid: [named, logged].find((uid) => uid !== null && !related.has(uid)) ?? null,
    obstacle: unreadableIn([...sorted, ...generations.flatMap(namedUids)], related, chains),
    reserved: reservedReason(context, generations, candidates, related),
    wraps: new Map([...candidates].map(([uid, { dependants }]) => [uid, dependants])),
    uids: [...new Set(generations.flatMap(uidsOfGeneration))],
    keysets: [...new Set(names.filter((name) => name !== null))],
  };
}

/** Returns what an object names as its replacement, or its public key: one of the two may have been written back. */
function namedBy({ key, publicKey }: Generation, related: RelatedObjects): string | null {
  const named = linkTo(key.attributes, 'ReplacementObjectLink');
  if (named !== null || publicKey === null) return named;
  const other = linkTo(publicKey.attributes, 'ReplacementObjectLink');
  return other === null ? null : keyUidOf(other, related);
}

/** Said again after it was loaded: the rotation may have been finished, or taken back, meanwhile. */
function isLeftover(made: Generation, replaced: Generation): boolean {
  const isHalf = (one: ManagedObject | null, other: ManagedObject | null) =>
    one !== null &&
    other !== null &&
    linkTo(one.attributes, 'ReplacedObjectLink') === other.uniqueIdentifier &&
    linkTo(other.attributes, 'ReplacementObjectLink') !== one.uniqueIdentifier;
  return isHalf(made.key, replaced.key) || isHalf(made.publicKey, replaced.publicKey);
}

function namedUids({ key }: Generation): readonly string[] {
  const uid = linkTo(key.attributes, 'ReplacementObjectLink');
  return [
    ...(uid === null ? [] : [uid]),
    ...(key.objectType === 'PrivateKey' ? [publicUidOf(key)] : []),
  ];
}

function unreadableIn(
  uids: readonly string[],
  related: RelatedObjects,
  chains: readonly (readonly Generation[] | null)[],
): string | null {
  const unreadable = uids.find((uid) => related.get(uid) instanceof KmsError);
  if (unreadable !== undefined) return `${quoted(unreadable)} cannot be read`;
  const misspelt = uids.find((uid) => {
    const object = related.get(uid);
    return object !== undefined && !(object instanceof KmsError) && object.uniqueIdentifier !== uid;
  });
  if (misspelt !== undefined)
    return `a link says ${quoted(misspelt)}, and the uid is spelled otherwise`;
  const falsely = chains
    .flatMap((chain) => chain?.at(-1) ?? [])
    .find((last) => isFalselyReplaced(last, related));
  if (falsely !== undefined)
    return `${quoted(falsely.key.uniqueIdentifier)} says that another one replaces it, and that one does not say so`;
  return chains.includes(null) ? 'the replacements of one of them form a circle' : null;
}

/** Found by another look than the leftovers were. */
function unknownLeftoverIn({ uids, replaced }: Parts, links: readonly FoundLink[]): string | null {
  const own = uidsOfGeneration(replaced);
  const unknown = links.find(
    ({ linkType, to, uid }) =>
      linkType === 'ReplacedObjectLink' && own.includes(to) && !uids.includes(uid),
  );
  return unknown === undefined ? null : `${quoted(unknown.uid)} replaces it too, and was not read`;
}

/** Then one of them may not be what it says: who would get its rights, and its policy? */
function otherReplacedIn({ uids, replaced }: Parts, links: readonly FoundLink[]): string | null {
  const own = uidsOfGeneration(replaced);
  const other = links.find(
    ({ linkType, to, uid }) =>
      linkType === 'ReplacementObjectLink' && !own.includes(to) && !uids.includes(uid),
  );
  return other === undefined
    ? null
    : `${quoted(other.uid)} says that ${quoted(other.to)} replaces it as well`;
}

/** Returns the replacements of leftovers that nothing names, and that are used or have a later generation that is. */
function nestedIn(
  { uids, replaced }: Parts,
  links: readonly FoundLink[],
  linking: RelatedObjects,
): readonly Generation[] {
  const own = uidsOfGeneration(replaced);
  return links.flatMap(({ linkType, to, uid }) => {
    if (linkType !== 'ReplacedObjectLink' || own.includes(to) || uids.includes(uid)) return [];
    const generation = generationOf(linking.get(uid), linking);
    if (generation === null) return [];
    const live = chainOf(generation, linking)?.at(-1);
    return live === undefined || live.key.state === 'Active' ? [generation] : [];
  });
}

/** Says which of the certificates have expired, unless all have: then none is worth more than the others. */
function expiryIn({ replaced, chains }: Parts, now: EpochSeconds) {
  const expiry = ({ key }: Generation) => expiryOf(key, now);
  const ends = [replaced, ...chains.flatMap((chain) => chain.at(-1) ?? [])];
  return ends.some((one) => expiry(one) === null) ? expiry : () => null;
}

interface Traces {
  readonly parts: Parts;
  readonly found: Surroundings;
  readonly nested: readonly Generation[];
  readonly expiry: (one: Generation) => string | null;
}

async function leftoverOf(
  chain: readonly [Generation, ...Generation[]],
  { parts, found, nested, expiry }: Traces,
): Promise<Leftover> {
  const { replaced, wraps, related } = parts;
  const [made] = chain;
  const live = chain.at(-1) ?? made;
  const own = chain.flatMap(uidsOfGeneration);
  const others = [replaced, ...nested].flatMap(uidsOfGeneration);
  const linkedFrom = found.links
    .filter(({ to, linkType }) => own.includes(to) && linkType !== 'WrappingKeyLink')
    .map(({ uid }) => uid)
    .filter((uid) => !own.includes(uid) && !others.includes(uid));
  return {
    ...{ made, live, chain },
    wraps: chain.reduce((sum, { key }) => sum + (wraps.get(key.uniqueIdentifier) ?? 0), 0),
    linkedFrom: [...new Set(linkedFrom)],
    userTags: userTagsOf(own, parts, found),
    grants: found.grants.filter(({ uid }) => own.includes(uid)).length,
    fault:
      made.key.objectType === 'Certificate'
        ? await certificateFault(replaced.key, live.key, related)
        : null,
    unusable: unusableReason(live, related) ?? expiry(live),
  };
}

/** A server gives a renewed certificate the tags of the replaced one, and a key none (storage format §6.5, §6.11). */
function userTagsOf(
  own: readonly string[],
  { replaced: { key } }: Parts,
  { tags }: Surroundings,
): readonly string[] {
  const tagsOf = (uids: readonly string[]) =>
    tags.filter(({ uid }) => uids.includes(uid)).map(({ tag }) => tag);
  const given = key.objectType === 'Certificate' ? tagsOf([key.uniqueIdentifier]) : [];
  return tagsOf(own).filter((tag) => isUserTag(tag) && !given.includes(tag));
}

/** A server’s own tags begin with an underscore, but for this one (storage format §1.6). */
function isUserTag(tag: string): boolean {
  return !tag.startsWith('_') && tag !== 'fpe-ff1';
}
