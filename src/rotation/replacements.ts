// From one generation of an object to the next: the end of its chain of replacements, and whether that can replace the
// first.
import { KmsError } from '../errors.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import {
  MAX_GENERATIONS,
  readableOrThrow,
  replacementUidOf,
  type RelatedObjects,
} from './related-objects.js';

/**
 * Returns the end of an object's chain of replacements; the object itself if it was not replaced.
 *
 * @throws KmsError WrappingCycle if the chain leads back or is too long.
 */
export function latestReplacementOf(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): ManagedObject {
  return followReplacements(object, (one) => replacementOf(one, relatedObjects));
}

/** Does the same for who only reads; null for a circle, which the rotation of the object reports. */
export function latestReplacementOrNull(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): ManagedObject | null {
  try {
    return latestReplacementOf(object, relatedObjects);
  } catch (error) {
    if (error instanceof KmsError) return null;
    throw error;
  }
}

/** Returns the uid of the latest generation of a replaced object, as far as it can be followed. */
export function headUidOf(
  { replacementUid }: { readonly replacementUid: string },
  relatedObjects: RelatedObjects,
): string {
  const replacement = relatedObjects.get(replacementUid);
  if (replacement === undefined || replacement instanceof KmsError) return replacementUid;
  const latest = latestReplacementOrNull(replacement, relatedObjects);
  return latest?.uniqueIdentifier ?? replacementUid;
}

/**
 * Returns the end of a chain in which `next` returns what follows an object, or undefined at its end.
 *
 * @throws KmsError WrappingCycle, or why a row of the chain cannot be read.
 */
export function followReplacements(
  object: ManagedObject,
  next: (object: ManagedObject) => ManagedObject | KmsError | undefined,
): ManagedObject {
  let latest = object;
  const seen = new Set<ManagedObject>();
  while (!seen.has(latest) && seen.size < MAX_GENERATIONS) {
    seen.add(latest);
    const following = next(latest);
    if (following === undefined) return latest;
    latest = readableOrThrow(following);
  }
  throw new KmsError(
    'WrappingCycle',
    `the replacements of ${JSON.stringify(object.uniqueIdentifier)} form a circle, or are more than ${MAX_GENERATIONS} generations`,
    { uid: object.uniqueIdentifier, hint: 'kms key lineage shows them' },
  );
}

/** Returns the object that a ReplacementObjectLink names, if there is one. */
export function replacementOf(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): ManagedObject | KmsError | undefined {
  const uid = replacementUidOf(object);
  return uid === null ? undefined : relatedObjects.get(uid);
}

/**
 * Ensures that a wrapping key was replaced by one of its kind: the wrapping parameters of its dependants fit no
 * other, as a pair has no block cipher mode (storage format §5.2).
 *
 * @throws KmsError WrappingKeyUnfit.
 */
export function assertSameKind(named: ManagedObject, latest: ManagedObject): void {
  const isSymmetric = ({ objectType }: ManagedObject) => objectType === 'SymmetricKey';
  if (isSymmetric(named) === isSymmetric(latest)) return;
  const [one, other] = [named, latest].map(
    ({ objectType, uniqueIdentifier }) => `the ${objectType} ${JSON.stringify(uniqueIdentifier)}`,
  );
  throw new KmsError(
    'WrappingKeyUnfit',
    `${one} was replaced by ${other}, which wraps in another way`,
    {
      uid: named.uniqueIdentifier,
      hint: 'kms key lineage shows its replacements: link it to the right one with the server that wrote it',
    },
  );
}
