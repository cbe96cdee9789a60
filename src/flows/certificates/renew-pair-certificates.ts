// Renews the certificates of a pair that is replaced: each for the new key by the same issuer, as part of the pair's
// rotation, so that no certificate is left that names a retired key.
import { encodeSubjectPublicKeyInfo } from '../../crypto/keys/subject-public-key-info.js';
import { signingKeyOf } from '../../crypto/certificates/signing-key.js';
import type { GeneratedPair } from '../../crypto/keys/generate-key-pair.js';
import { linkTo } from '../../kmip/attributes.js';
import { decodeRow, type ManagedObject } from '../../kmip/managed-object.js';
import type { Overlap } from '../../rotation/retiring-object.js';
import type { RelatedObjects } from '../../rotation/related-objects.js';
import { assertCertifies } from './certificate-keys.js';
import { certificateOf } from './certificate-object.js';
import { replaceCertificate, type NewKey } from './replace-certificate.js';
import type { Change } from '../change.js';
import type { Pair } from '../pairs/sound-pair.js';
import { linkedToCertificate } from './recertify.js';
import type { KeyPairRotation } from '../pairs/replace-key-pair.js';
import { replacementFor } from '../replacement.js';
import { SYSTEM_TAGS } from '../../kmip/vocabulary.js';
import type { RotationContext } from '../rotation-context.js';

export interface CertifiedPair extends Pair {
  /** Active ones that a key of the pair links to, or that link to one. */
  readonly certificates: readonly ManagedObject[];
}

/**
 * Returns the rotation of a pair with that of its certificates.
 *
 * @throws KmsError KeyMismatch if one certifies another key; Unsupported if certificates cannot hold such a key; or
 *   what replaceCertificate throws.
 */
export async function renewPairCertificates(
  rotation: KeyPairRotation,
  { certificates, publicKey }: CertifiedPair,
  made: {
    generated: GeneratedPair;
    relatedObjects: RelatedObjects;
    context: RotationContext;
    overlap: Overlap | null;
  },
): Promise<KeyPairRotation> {
  if (certificates.length === 0) return rotation;
  const { relatedObjects, context, overlap } = made;
  const newKey = newKeyOf(rotation, made.generated);
  let { changes, notices } = rotation;
  for (const object of certificates) {
    const replaced = certificateOf(object);
    assertCertifies(replaced, publicKey, relatedObjects);
    const uid = object.uniqueIdentifier;
    const replacement = replacementFor(object, context, SYSTEM_TAGS.Certificate);
    const renewal = await replaceCertificate(replaced, replacement, {
      relatedObjects,
      context,
      newKey,
      overlap,
    });
    changes = [
      ...changes.map((change) =>
        linkedAsBefore(change, { uid, replacementUid: replacement.uid, relatedObjects }),
      ),
      ...renewal.changes,
    ];
    notices = [
      ...notices,
      `the certificate ${JSON.stringify(uid)} was reissued for the new key as ${JSON.stringify(replacement.uid)}`,
      ...renewal.notices,
    ];
  }
  return { ...rotation, changes, notices };
}

function newKeyOf(rotation: KeyPairRotation, generated: GeneratedPair): NewKey {
  const { cryptographicAlgorithm: algorithm, privateKey, publicKey } = generated;
  return {
    privateUid: rotation.replacementUid,
    publicUid: rotation.publicKeyReplacementUid,
    publicKeyInfo: encodeSubjectPublicKeyInfo(
      algorithm,
      publicKey.keyFormatType,
      publicKey.material,
    ),
    signingKey: () => signingKeyOf(algorithm, privateKey),
  };
}

/** Links a new key to the new certificate if the key that it replaces was linked to the replaced one. */
function linkedAsBefore(
  change: Change,
  certificate: { uid: string; replacementUid: string; relatedObjects: RelatedObjects },
): Change {
  if (change.kind !== 'create') return change;
  const replaced = certificate.relatedObjects.get(change.replacedUid);
  if (replaced === undefined || !('attributes' in replaced)) return change;
  if (linkTo(replaced.attributes, 'CertificateLink') !== certificate.uid) return change;
  const row = linkedToCertificate(decodeRow(change.row), certificate.replacementUid);
  return { ...change, row };
}
