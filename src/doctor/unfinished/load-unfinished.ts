// Loads unfinished rotations with what their settlement depends on: pairs together, uses of the leftovers, and what
// surrounds them. rotation/unfinished/settle.ts decides.
import { certificateFault, expiryOf } from '../../flows/settlement/certificate-fault.js';
import { unusableReason } from '../../flows/settlement/unusable-reason.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { RelatedObjects } from '../../rotation/related-objects.js';
import {
  uidsOfGeneration,
  type Generation,
  type Leftover,
  type UnfinishedRotation,
} from '../../rotation/unfinished/unfinished-rotation.js';
import type { FoundLink, Surroundings } from '../../store/find/surroundings.js';
import type { UnitOfWork } from '../../store/write/write-units.js';
import type { DoctorContext } from '../doctor-context.js';
import { chainOf, generationOf, keyUidOf } from './generations.js';
import type { LeftoverUids } from './find-leftovers.js';
import { loadParts, type RotationParts } from './load-parts.js';
import { certificatesOf, surroundingsViolation } from './surroundings-violation.js';
import { quoted } from '../../text/phrases.js';

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
      violation:
        parts.violation ??
        surroundingsViolation(parts.uids, found) ??
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

/** Found by another look than the leftovers were. */
function unknownLeftoverIn(
  { uids, replaced }: RotationParts,
  links: readonly FoundLink[],
): string | null {
  const own = uidsOfGeneration(replaced);
  const unknown = links.find(
    ({ linkType, to, uid }) =>
      linkType === 'ReplacedObjectLink' && own.includes(to) && !uids.includes(uid),
  );
  return unknown === undefined ? null : `${quoted(unknown.uid)} replaces it too, and was not read`;
}

/** Then one of them may not be what it says: who would get its rights, and its policy? */
function otherReplacedIn(
  { uids, replaced }: RotationParts,
  links: readonly FoundLink[],
): string | null {
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
  { uids, replaced }: RotationParts,
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
function expiryIn({ replaced, chains }: RotationParts, now: EpochSeconds) {
  const expiry = ({ key }: Generation) => expiryOf(key, now);
  const ends = [replaced, ...chains.flatMap((chain) => chain.at(-1) ?? [])];
  return ends.some((one) => expiry(one) === null) ? expiry : () => null;
}

interface Traces {
  readonly parts: RotationParts;
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
  { replaced: { key } }: RotationParts,
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
