// A certificate as its row and as X.509, both: what every step of a renewal looks at.
import { parseCertificate, type Certificate } from '../../crypto/certificates/certificate.js';
import { KmsError } from '../../errors.js';
import { certificateBytes, unsupportedCertificate } from '../../kmip/certificate-value.js';
import { withUid } from '../with-uid.js';
import type { ManagedObject } from '../../kmip/managed-object.js';

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
