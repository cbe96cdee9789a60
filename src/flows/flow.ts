// Which flow fits an object, what we cannot rotate and why, and the one switch on Object Type that
// leads to an operation. Guards that need `now` or the schedule are rotation/'s.
import { KmsError } from '../errors.js';
import { symmetricKeyObstacle } from '../crypto/symmetric-key.js';
import { symmetricMaterialLength } from '../kmip/key-block.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import type { Subject } from '../rotation/subject.js';
import type { FlowName, Occasion, Rotation } from './change.js';
import { rekey } from './rekey.js';

/** Returns the flow that fits an object, or null for types that are never rotated. */
export function flowOf(object: ManagedObject, dependants: number): FlowName | null {
  switch (object.objectType) {
    case 'SymmetricKey': {
      const wraps = dependants > 0;
      if (object.wrappingKeyUid === null) return wraps ? 'wrapping' : 'plain';
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

/** Returns what stands against rotating a subject with this version, or null if it can be tried. */
export function unsupportedReason(subject: Subject): KmsError | null {
  const { object } = subject;
  if (object instanceof KmsError) return null;
  const flow = flowOf(object, subject.dependants);
  const what = obstacle(object, flow);
  if (what === null) return null;
  const uid = object.uniqueIdentifier;
  return new KmsError('Unsupported', `${JSON.stringify(uid)} cannot be rotated: ${what}`, {
    uid,
    hint: 'rotate it with the server that made it, or disarm it',
  });
}

/**
 * Returns the changes that rotate a subject, material included; nothing is written.
 *
 * @throws KmsError Unsupported, or what the subject's row could not be decoded for.
 */
export function prepareRotation(subject: Subject, occasion: Occasion): Rotation {
  const { object } = subject;
  if (object instanceof KmsError) throw object;
  const unsupported = unsupportedReason(subject);
  if (unsupported !== null) throw unsupported;
  return rekey(object, occasion);
}

function obstacle(object: ManagedObject, flow: FlowName | null): string | null {
  switch (flow) {
    case 'plain':
      return plainKeyObstacle(object);
    case 'wrapping':
    case 'wrapped+wrapping':
      return 'other objects are wrapped by it, and this version of kms does not re-wrap them';
    case 'wrapped':
      return 'it is wrapped by another key, and this version of kms does not wrap its replacement';
    case 'key-pair':
      return 'this version of kms does not rotate key pairs';
    case 'certificate':
      return 'this version of kms does not renew certificates';
    case null:
      return `objects of type ${object.objectType} have no rotation`;
  }
}

function plainKeyObstacle(object: ManagedObject): string | null {
  const { keyBlock } = object;
  if (keyBlock === null) return 'it has no key block';
  if (!['Raw', 'TransparentSymmetricKey'].includes(keyBlock.keyFormatType)) {
    return `the format ${keyBlock.keyFormatType} is not supported for symmetric keys`;
  }
  if (keyBlock.keyMaterial === null) return 'it has no key material';
  const algorithm = keyBlock.cryptographicAlgorithm ?? object.attributes.cryptographicAlgorithm;
  return symmetricKeyObstacle(algorithm, symmetricMaterialLength(keyBlock) * 8);
}
