// A certificate as its row and as X.509, which every step of a renewal needs, and the certificate that it links to.
import { parseCertificate, type Certificate } from '../../crypto/certificates/certificate.js';
import { KmsError } from '../../errors.js';
import { certificateBytes, unsupportedCertificate } from '../../kmip/certificate-value.js';
import { withUid } from '../with-uid.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import type { RelatedObjects } from '../../rotation/related-objects.js';
import { linkTo } from '../../kmip/attributes.js';

export interface CertificateObject {
  readonly object: ManagedObject;
  readonly certificate: Certificate;
}

/** @throws KmsError MalformedObject or Unsupported, naming the row. */
export function certificateOf(object: ManagedObject): CertificateObject {
  const uid = object.uniqueIdentifier;
  const unsupportedReason =
    object.objectType === 'Certificate'
      ? unsupportedCertificate(object)
      : `it is a ${object.objectType}, not a certificate`;
  if (unsupportedReason !== null) {
    throw new KmsError(
      'Unsupported',
      `${JSON.stringify(uid)} cannot be read: ${unsupportedReason}`,
      {
        uid,
      },
    );
  }
  const certificate = withUid(object, () => parseCertificate(certificateBytes(object)));
  return { object, certificate };
}

/**
 * Returns what the CertificateLink of a certificate leads to: that of its issuer, if it has been written. Null if it
 * leads to itself, to nothing, or to no certificate.
 *
 * @throws KmsError why the row cannot be read.
 */
export function linkedCertificate(
  { attributes, uniqueIdentifier }: ManagedObject,
  relatedObjects: RelatedObjects,
): ManagedObject | null {
  const uid = linkTo(attributes, 'CertificateLink');
  if (uid === null || uid === uniqueIdentifier) return null;
  const linked = relatedObjects.get(uid);
  if (linked instanceof KmsError) throw linked;
  return linked?.objectType === 'Certificate' ? linked : null;
}
