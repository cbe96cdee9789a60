// The name of the flow that fits an object, as operators know it: what it is, what wraps it, what it wraps.
import { wrappingKeyInBytes, type ManagedObject } from '../kmip/managed-object.js';
import type { ObjectType } from '../kmip/vocabulary.js';
import { asksServer, type HsmRule } from '../rotation/exclusion.js';
import { isInModule, type RelatedObjects } from '../rotation/related-objects.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { FlowName } from './change.js';
import { serverKekUids, type ServerKek } from './server-kek.js';

type ReportInputs = Pick<RotationCandidate, 'dependants' | 'relatedObjects'>;

/** Returns the flow that fits an object under the rule for those that a module keeps, or null for types that are never rotated. */
export function flowNameOf(
  object: ManagedObject,
  { dependants, relatedObjects }: ReportInputs,
  serverKek: ServerKek,
  hsm: HsmRule = 'fail',
): FlowName | null {
  const isAsked = asksServer(hsm) && isInModule(object.wrappingKeyUid, relatedObjects);
  if (isAsked && BY_SERVER.includes(object.objectType)) return 'server';
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

/** What the server is asked to rotate, and what goes with that. */
const BY_SERVER: readonly ObjectType[] = ['SymmetricKey', 'PrivateKey', 'PublicKey'];

/** Everything in the store of a server with a key of its own is wrapped by that key, so that does not count. */
function isWrappedByAnother(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
  serverKek: ServerKek,
): boolean {
  const wrappingKeyUid = wrappingKeyInBytes(object);
  return wrappingKeyUid !== null && !serverKekUids(serverKek, relatedObjects).has(wrappingKeyUid);
}
