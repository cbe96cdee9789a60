// What kms cannot rotate, and why, by the row and its links. It looks at no material, so that listings need no
// cryptography.
import { unsupportedPrivateKey } from '../crypto/keys/pair-kind.js';
import { unsupportedSymmetricKey } from '../crypto/keys/symmetric-key.js';
import { KmsError } from '../errors.js';
import { unsupportedCertificate } from '../kmip/certificate-value.js';
import { symmetricMaterialLength } from '../kmip/key-block.js';
import { algorithmOf, type ManagedObject } from '../kmip/managed-object.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { signedInModule } from './certificates/signed-in-module.js';

/** Returns why an object cannot be rotated by this version, or null if it can be tried. */
export function unsupportedReason(candidate: RotationCandidate): KmsError | null {
  const { object } = candidate;
  if (object instanceof KmsError) return null;
  const what = whyUnsupported(object);
  if (what === null) return signedInModule(candidate);
  const uid = object.uniqueIdentifier;
  return new KmsError('Unsupported', `${JSON.stringify(uid)} cannot be rotated: ${what}`, {
    uid,
    hint: 'rotate it with the server that made it, or disarm it',
  });
}

function whyUnsupported(object: ManagedObject): string | null {
  switch (object.objectType) {
    case 'SymmetricKey':
      return whySymmetricUnsupported(object);
    case 'PrivateKey':
      return whyPairUnsupported(object);
    case 'PublicKey':
      return 'a public key is rotated with its private key';
    case 'Certificate':
      return unsupportedCertificate(object);
    case 'SecretData':
    case 'OpaqueObject':
    case 'SplitKey':
    case 'PGPKey':
    case 'CertificateRequest':
      return `no rotation is defined for objects of type ${object.objectType}`;
  }
}

function whyPairUnsupported(object: ManagedObject): string | null {
  const { keyBlock } = object;
  if (keyBlock === null) return 'it has no key block';
  const wrapped = keyBlock.keyWrappingData?.hasCiphertext ?? false;
  if (keyBlock.keyMaterial === null && !wrapped) return 'it has no key material';
  return unsupportedPrivateKey(algorithmOf(object), keyBlock.keyFormatType);
}

function whySymmetricUnsupported(object: ManagedObject): string | null {
  const { keyBlock } = object;
  if (keyBlock === null) return 'it has no key block';
  if (!['Raw', 'TransparentSymmetricKey'].includes(keyBlock.keyFormatType)) {
    return `the format ${keyBlock.keyFormatType} is not supported for symmetric keys`;
  }
  const wrapped = keyBlock.keyWrappingData?.hasCiphertext ?? false;
  if (keyBlock.keyMaterial === null && !wrapped) return 'it has no key material';
  const length = wrapped ? keyBlock.cryptographicLength : symmetricMaterialLength(keyBlock) * 8;
  // Only its bytes have a length, and they are still wrapped.
  if (length === null) return null;
  return unsupportedSymmetricKey(algorithmOf(object), length);
}
