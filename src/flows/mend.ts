// Mending: an object still wrapped by a key that has been replaced is re-wrapped under the end of the chain of
// replacements. Left behind by a server's cache, by its rotation of somebody else's key, or by a crash.
import { wipeWrappingKey, type WrappingKey } from '../crypto/wrapping-key.js';
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import { assertOfOneKind } from '../rotation/lineage.js';
import { assertNotBelow, wrappingKeyNamed, type Neighbours } from '../rotation/neighbours.js';
import { activeSuccessorOf } from '../rotation/succession.js';
import type { Change } from './change.js';
import { rewrapDependant } from './rewrap-dependants.js';
import { unwrappingKey } from './unwrapping.js';
import { bothHalvesOf } from './wrapping.js';

export interface MendedRow {
  readonly uid: string;
  readonly fromWrappingKeyUid: string;
  readonly toWrappingKeyUid: string;
  readonly change: Change;
}

/**
 * Returns how a dependant comes under the latest generation of its wrapping key, or how its column comes to name
 * the key that its bytes name; null if there is nothing to mend, or if that generation is not Active and so
 * may not wrap.
 *
 * @throws KmsError WrappingCycle, DependantNotRewrapped, or what unwrapping met.
 */
export function mendingOf(
  dependant: ManagedObject,
  neighbours: Neighbours,
  successorInLog: ReadonlyMap<string, string>,
): MendedRow | null {
  const data = dependant.keyBlock?.keyWrappingData ?? null;
  if (data?.ciphertext == null) return null;
  const from = data.wrappingKeyUid;
  const latest = activeSuccessorOf(from, neighbours, successorInLog);
  if (latest === null) return relabelled(dependant, from, neighbours);
  assertOfOneKind(wrappingKeyNamed(from, neighbours), latest);
  assertNotBelow(dependant, latest, neighbours);
  const to = latest.uniqueIdentifier;
  const replacedKey = unwrappingKey(from, neighbours);
  let replacementKey: WrappingKey | null = null;
  try {
    replacementKey = bothHalvesOf(latest, neighbours);
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

function relabelled(
  dependant: ManagedObject,
  named: string,
  neighbours: Neighbours,
): MendedRow | null {
  const { row: before, uniqueIdentifier: uid } = dependant;
  const wrapping = neighbours.get(named);
  if (before.wrappingKeyId === named || wrapping === undefined) return null;
  if (wrapping instanceof KmsError || wrapping.state !== 'Active') return null;
  if (wrapping.uniqueIdentifier !== named) return null;
  return {
    uid,
    fromWrappingKeyUid: before.wrappingKeyId ?? '',
    toWrappingKeyUid: named,
    change: { kind: 'replace', before, after: { ...before, wrappingKeyId: named } },
  };
}
