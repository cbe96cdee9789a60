// The objects of an unfinished rotation: the replaced one, its leftovers with their own replacements, and what is named or
// logged as its replacement. load-unfinished.ts adds what surrounds them.
import { KmsError } from '../../errors.js';
import { linkTo } from '../../kmip/attributes.js';
import { isDestroyed, type ManagedObject } from '../../kmip/managed-object.js';
import { publicUidOf, type RelatedObjects } from '../../rotation/related-objects.js';
import { compareUids } from '../../rotation/plan.js';
import {
  uidsOfGeneration,
  type Generation,
} from '../../rotation/unfinished/unfinished-rotation.js';
import type { DoctorContext } from '../doctor-context.js';
import { chainOf, generationOf, isFalselyReplaced, keyUidOf } from './generations.js';
import { loadCandidates, reservedReason } from './reserved.js';
import { quoted } from '../../text/phrases.js';

export interface RotationParts {
  readonly replaced: Generation;
  /** Each leftover with its own replacements, in the order of their uids. */
  readonly chains: readonly (readonly [Generation, ...Generation[]])[];
  readonly successor: readonly [Generation, ...Generation[]] | null;
  readonly namedUid: string | null;
  readonly loggedUid: string | null;
  readonly missingUid: string | null;
  readonly violation: string | null;
  readonly reserved: string | null;
  readonly related: RelatedObjects;
  readonly wraps: ReadonlyMap<string, number>;
  /** Of every object of the group. */
  readonly uids: readonly string[];
  readonly keysets: readonly string[];
}

/** Returns null if the replaced object is not there or cannot be read, which is another finding. */
export async function loadParts(
  context: DoctorContext,
  replacedUid: string,
  leftoverUids: ReadonlySet<string>,
): Promise<RotationParts | null> {
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
    violation: unreadableIn([...sorted, ...generations.flatMap(namedUids)], related, chains),
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
