// Mending: an object still wrapped by a key that has been replaced is re-wrapped under the end of the chain of
// replacements. Left behind by a server's cache, by its rotation of somebody else's key, or by a crash.
import { wipeWrappingKey, type WrappingKey } from '../../crypto/wrapping/wrapping-key.js';
import { isDestroyed, type ManagedObject } from '../../kmip/managed-object.js';
import { assertSameKind } from '../../rotation/replacements.js';
import type { RelatedObjects } from '../../rotation/related-objects.js';
import {
  assertActive,
  assertNoWrappingCycle,
  requireWrappingKey,
} from '../../rotation/wrapping-rules.js';
import { activeReplacementOf } from '../../rotation/active-replacement.js';
import type { Change } from '../change.js';
import { rewrapDependant } from './rewrap-dependants.js';
import { unwrappingKeyFor } from './unwrapping.js';
import { wrappingKeyPairOf } from './key-wrapping.js';

export interface RewrappedRow {
  readonly uid: string;
  readonly fromWrappingKeyUid: string;
  /** Null for one that is not wrapped, though its column says so. */
  readonly toWrappingKeyUid: string | null;
  readonly change: Change;
}

/**
 * Returns how a dependant comes under the latest generation of its wrapping key, or how its column comes to name
 * the key that its bytes name, if any; null if there is nothing to mend.
 *
 * @throws KmsError WrappingKeyNotActive or WrappingKeyMissing if that generation may not wrap, WrappingCycle,
 *   DependantNotRewrapped, or what unwrapping met.
 */
export function rewrapStaleDependant(
  dependant: ManagedObject,
  relatedObjects: RelatedObjects,
  loggedReplacementOf: ReadonlyMap<string, string>,
): RewrappedRow | null {
  // Its ciphertext is gone, and its wrapping data stays for ever.
  if (isDestroyed(dependant)) return null;
  const data = dependant.keyBlock?.keyWrappingData ?? null;
  if (data === null) return relabelled(dependant, null);
  const from = data.wrappingKeyUid;
  const latest = activeReplacementOf(from, relatedObjects, loggedReplacementOf);
  if (latest === null) return rightlyLabelled(dependant, from, relatedObjects);
  assertSameKind(requireWrappingKey(from, relatedObjects), latest);
  assertNoWrappingCycle(dependant, latest, relatedObjects);
  const to = latest.uniqueIdentifier;
  const replacedKey = unwrappingKeyFor(from, relatedObjects);
  let replacementKey: WrappingKey | null = null;
  try {
    replacementKey = wrappingKeyPairOf(latest, relatedObjects);
    const uids = new Map([[from, to]]);
    const rows = rewrapDependant(dependant, from, { uids, replacedKey, replacementKey });
    return {
      uid: dependant.uniqueIdentifier,
      fromWrappingKeyUid: from,
      toWrappingKeyUid: to,
      change: { kind: 'replace', ...rows },
    };
  } finally {
    wipeWrappingKey(replacedKey);
    if (replacementKey !== null) wipeWrappingKey(replacementKey);
  }
}

/** @throws KmsError if what the bytes name may not wrap: nothing is put under it, not even by its column. */
function rightlyLabelled(
  dependant: ManagedObject,
  named: string,
  relatedObjects: RelatedObjects,
): RewrappedRow | null {
  if (dependant.row.wrappingKeyId === named) return null;
  const wrapping = requireWrappingKey(named, relatedObjects);
  assertActive(wrapping);
  return relabelled(dependant, wrapping.uniqueIdentifier);
}

function relabelled(dependant: ManagedObject, uid: string | null): RewrappedRow | null {
  const { row: before } = dependant;
  if (before.wrappingKeyId === uid) return null;
  return {
    uid: dependant.uniqueIdentifier,
    fromWrappingKeyUid: before.wrappingKeyId ?? '',
    toWrappingKeyUid: uid,
    change: { kind: 'replace', before, after: { ...before, wrappingKeyId: uid } },
  };
}
