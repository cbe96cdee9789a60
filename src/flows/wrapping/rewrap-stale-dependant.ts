// Re-wraps a stale dependant, an object still under a replaced wrapping key, under the latest replacement. A server's
// cache, its rotation of a key that wraps another owner's objects, or a crash leaves such objects behind.
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
  /** Null for an object that is not wrapped although its column says so. */
  readonly toWrappingKeyUid: string | null;
  readonly change: Change;
}

/**
 * Returns how a dependant is re-wrapped under the latest generation of its wrapping key, or how its column is corrected
 * to name the key that its bytes name; null if neither is needed.
 *
 * @throws KmsError WrappingKeyNotActive or WrappingKeyMissing if that generation may not wrap, WrappingCycle,
 *   DependantNotRewrapped, or why a key cannot be unwrapped.
 */
export function rewrapStaleDependant(
  dependant: ManagedObject,
  relatedObjects: RelatedObjects,
  loggedReplacementOf: ReadonlyMap<string, string>,
): RewrappedRow | null {
  // Its ciphertext is gone, and its wrapping data stays for ever.
  if (isDestroyed(dependant)) return null;
  const data = dependant.keyBlock?.keyWrappingData ?? null;
  if (data === null) return withColumn(dependant, null);
  const from = data.wrappingKeyUid;
  const latest = activeReplacementOf(from, relatedObjects, loggedReplacementOf);
  if (latest === null) return withCorrectColumn(dependant, from, relatedObjects);
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

/** @throws KmsError if the key that the bytes name may not wrap: not even a column may then name it. */
function withCorrectColumn(
  dependant: ManagedObject,
  named: string,
  relatedObjects: RelatedObjects,
): RewrappedRow | null {
  if (dependant.row.wrappingKeyId === named) return null;
  const wrapping = requireWrappingKey(named, relatedObjects);
  assertActive(wrapping);
  return withColumn(dependant, wrapping.uniqueIdentifier);
}

function withColumn(dependant: ManagedObject, uid: string | null): RewrappedRow | null {
  const { row: before } = dependant;
  if (before.wrappingKeyId === uid) return null;
  return {
    uid: dependant.uniqueIdentifier,
    fromWrappingKeyUid: before.wrappingKeyId ?? '',
    toWrappingKeyUid: uid,
    change: { kind: 'replace', before, after: { ...before, wrappingKeyId: uid } },
  };
}
