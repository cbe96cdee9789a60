// Whether an object can be used at all: nothing may be taken back in favour of a key that no server can open.
import { KmsError } from '../../errors.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { isHsmUid } from '../../kmip/unique-identifier.js';
import { isInModule, type RelatedObjects } from '../../rotation/related-objects.js';
import { objectsOf, type Generation } from '../../rotation/unfinished/unfinished-rotation.js';
import { plainMaterialOf } from '../wrapping/unwrapping.js';

/** Returns why an object, or its public key, cannot be unwrapped; null if it can, or is not wrapped. */
export function unusableReason(
  generation: Generation,
  relatedObjects: RelatedObjects,
): string | null {
  const reasons = objectsOf(generation).map((object) => closedReason(object, relatedObjects));
  return reasons.find((reason) => reason !== null) ?? null;
}

function closedReason(object: ManagedObject, relatedObjects: RelatedObjects): string | null {
  const { wrappingKeyUid: uid, uniqueIdentifier } = object;
  if (uid === null || isHsmUid(uid)) return null;
  const wrapping = relatedObjects.get(uid);
  const name = JSON.stringify(uniqueIdentifier);
  if (wrapping === undefined || wrapping instanceof KmsError || wrapping.state !== 'Active')
    return `${name} is wrapped by ${JSON.stringify(uid)}, which is not there or not Active`;
  // What lies under a module only its server opens: people decide about it, and know whether it does.
  if (isInModule(uid, relatedObjects)) return null;
  try {
    const material = plainMaterialOf(object, relatedObjects);
    if (material.kind === 'bytes') material.bytes.fill(0);
    return null;
  } catch (error) {
    if (error instanceof KmsError) return `${name} does not open: ${error.message}`;
    throw error;
  }
}
