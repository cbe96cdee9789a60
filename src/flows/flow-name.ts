// The name of the flow that fits an object, as operators know it: what it is, what wraps it, what it wraps.
import { KmsError } from '../errors.js';
import { wrappingKeyInBytes, type ManagedObject } from '../kmip/managed-object.js';
import {
  MAX_GENERATIONS,
  replacementUidOf,
  type RelatedObjects,
} from '../rotation/related-objects.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { FlowName, ServerKek } from './change.js';

type ReportInputs = Pick<RotationCandidate, 'dependants' | 'relatedObjects'>;

/** Returns the flow that fits an object, or null for types that are never rotated. */
export function flowNameOf(
  object: ManagedObject,
  { dependants, relatedObjects }: ReportInputs,
  serverKek: ServerKek,
): FlowName | null {
  switch (object.objectType) {
    case 'SymmetricKey': {
      const wraps = dependants > 0;
      if (!isWrappedByAnother(object, relatedObjects, serverKek))
        return wraps ? 'wrapping' : 'plain';
      return wraps ? 'wrapped+wrapping' : 'wrapped';
    }
    case 'PrivateKey':
    case 'PublicKey':
      return 'key-pair';
    case 'Certificate':
      return 'certificate';
    case 'SecretData':
    case 'OpaqueObject':
    case 'SplitKey':
    case 'PGPKey':
    case 'CertificateRequest':
      return null;
  }
}

/**
 * Returns the uids of the server's key encryption key: the configured one, as its row spells it too, and those
 * that replaced it.
 */
export function serverKekUids(
  { uid }: ServerKek,
  relatedObjects: RelatedObjects,
): ReadonlySet<string> {
  const uids = new Set<string>();
  let next = uid === 'none' ? null : uid;
  while (next !== null && !uids.has(next) && uids.size < MAX_GENERATIONS) {
    uids.add(next);
    const key = relatedObjects.get(next);
    if (key === undefined || key instanceof KmsError) break;
    uids.add(key.uniqueIdentifier);
    next = replacementUidOf(key);
  }
  return uids;
}

/** Everything in the store of a server with a key of its own is wrapped by that key, so that does not count. */
function isWrappedByAnother(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
  serverKek: ServerKek,
): boolean {
  const wrappingKeyUid = wrappingKeyInBytes(object);
  return wrappingKeyUid !== null && !serverKekUids(serverKek, relatedObjects).has(wrappingKeyUid);
}
