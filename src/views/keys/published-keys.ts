// The public keys that `kms key export --jwks` publishes: of each pair that is named, the generations that somebody may
// still meet. rotation/published-generations.ts decides which; flows/ encodes them.
import type { JwkRequest, PublicJwk } from '../../crypto/keys/json-web-key.js';
import { KmsError } from '../../errors.js';
import { assertKeyOfPair, exportJwk } from '../../flows/pairs/export-public-key.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import type { RotationCandidate } from '../../rotation/candidate.js';
import {
  headOf,
  publishedGenerations,
  stateOf,
  type Generation,
  type PublicationCause,
  type PublicationOptions,
} from '../../rotation/published-generations.js';
import { isOver } from '../../rotation/overlap.js';
import { privateUidOf, publicUidOf, readableOrThrow } from '../../rotation/related-objects.js';
import { loadByAddress } from '../../store/find/load-by-address.js';
import type { Store } from '../../store/store.js';
import { uidArgument } from '../../text/shell-word.js';
import { lineageOf } from './lineage.js';

type Reader = Pick<Store, 'resolveUid' | 'load' | 'existingUids'>;

export interface PublishedKey {
  /** Of the public key. */
  readonly uid: string;
  readonly state: string;
  readonly because: PublicationCause;
  readonly jwk: PublicJwk;
}

export interface PublishedKeys {
  readonly keys: readonly PublishedKey[];
  /** What is odd about them. */
  readonly warnings: readonly string[];
}

interface OptionsAtTime extends PublicationOptions {
  readonly now: EpochSeconds;
}

/**
 * Returns the keys of a JWK Set: those of the names in their order, of each the newest first, none twice.
 *
 * @throws KmsError UnknownUid or AmbiguousKeyset; Unsupported, UnsoundPair, MalformedObject or InvalidArgument, naming the
 *   key; WrongState if nothing of a name is left to publish.
 */
export async function publishedKeys(
  store: Reader,
  names: readonly string[],
  options: OptionsAtTime & { readonly request: JwkRequest },
): Promise<PublishedKeys> {
  const keys = new Map<string, PublishedKey>();
  const warnings: string[] = [];
  for (const name of names) {
    const candidates = await pairsOf(store, name);
    const { published, warning } = publicationsOf(name, candidates, options);
    if (warning !== null) warnings.push(warning);
    for (const { candidate, because } of published) {
      const { uid, state, jwk } = exportJwk(candidate, options.request);
      if (!keys.has(jwk.kid)) keys.set(jwk.kid, { uid, state, because, jwk });
    }
  }
  return { keys: [...keys.values()], warnings };
}

interface Published {
  readonly candidate: RotationCandidate;
  readonly because: PublicationCause;
}

/** Returns what is published of generations, oldest first; and a warning if the latest is not to be used any more. */
export function publicationsOf(
  name: string,
  candidates: readonly RotationCandidate[],
  options: OptionsAtTime,
): { readonly published: readonly Published[]; readonly warning: string | null } {
  const byUid = new Map(candidates.map((candidate) => [candidate.row.id, candidate]));
  const generations = [...byUid.values()].reverse().map((one) => generationOf(one, options.now));
  const published = publishedGenerations(generations, options).flatMap(({ uid, because }) => {
    const candidate = byUid.get(uid);
    return candidate === undefined ? [] : [{ candidate, because }];
  });
  const head = headOf(generations);
  if (head === undefined || published.some(({ because }) => because === 'current')) {
    return { published, warning: null };
  }
  const latest = `${JSON.stringify(head.uid)}, the latest generation of ${JSON.stringify(name)}, is ${stateOf(head)}`;
  if (published.length > 0) return { published, warning: latest };
  throw new KmsError('WrongState', `${latest}, and nothing else of it can be published`, {
    uid: head.uid,
    hint: `leave it out; kms key lineage ${uidArgument(name)} shows its generations`,
  });
}

/** Returns the generations that belong to a name, oldest first: of a pair its private keys, as far as they are there. */
async function pairsOf(store: Reader, name: string): Promise<readonly RotationCandidate[]> {
  const named = readableOrThrow((await loadByAddress(store, name)).object);
  assertKeyOfPair(named);
  const privateUid = named.objectType === 'PublicKey' ? privateUidOf(named) : null;
  const isThere = privateUid !== null && (await store.existingUids([privateUid])).has(privateUid);
  return generationsOf(store, isThere ? privateUid : named.uniqueIdentifier);
}

/** Returns all generations of an object, oldest first. @throws KmsError why one cannot be read. */
export async function generationsOf(
  store: Reader,
  uid: string,
): Promise<readonly RotationCandidate[]> {
  const options = { now: 0, withinSeconds: 0, firstDeadline: 'offset' } as const;
  const uids = (await lineageOf(store, uid, options)).map((view) => view.uid);
  const candidates = new Map((await store.load(uids)).map((one) => [one.row.id, one]));
  return uids.flatMap((one) => candidates.get(one) ?? []);
}

function generationOf(candidate: RotationCandidate, now: EpochSeconds): Generation {
  const object = readableOrThrow(candidate.object);
  const counterpart = candidate.relatedObjects.get(counterpartUidOf(object) ?? '');
  const { retiring } = candidate;
  return {
    uid: object.uniqueIdentifier,
    states: [object, ...(counterpart === undefined ? [] : [readableOrThrow(counterpart)])].map(
      ({ state }) => state,
    ),
    isReplaced: candidate.replacedBy !== null,
    // A row without a date stays Active until a run retires it.
    isRetiring: retiring !== null && !(retiring.isDated && isOver(retiring, now)),
  };
}

/** A certificate stands for itself: its pair may have been destroyed. */
function counterpartUidOf(object: ManagedObject): string | null {
  if (object.objectType === 'PrivateKey') return publicUidOf(object);
  return object.objectType === 'PublicKey' ? privateUidOf(object) : null;
}
