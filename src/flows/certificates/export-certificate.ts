// A certificate as PEM (RFC 7468 §5), and the chain of its issuers, each as it was named when the one below it was
// signed.
import { toPem } from '../../crypto/pem.js';
import { MAX_WRAPPING_DEPTH, type RelatedObjects } from '../../rotation/related-objects.js';
import { certificateBytes } from '../../kmip/certificate-value.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { certificateOf, linkedCertificate, type CertificateObject } from './certificate-object.js';

export interface ExportedCertificate {
  readonly uid: string;
  readonly state: string;
  readonly pem: string;
}

/** @throws KmsError MalformedObject or Unsupported. */
export function exportCertificate(object: ManagedObject): ExportedCertificate {
  certificateOf(object);
  const pem = toPem('CERTIFICATE', certificateBytes(object));
  return { uid: object.uniqueIdentifier, state: object.state, pem };
}

/**
 * Returns the certificates above one, the nearest first, as far as they are in the store.
 *
 * @throws KmsError as above, of any of them.
 */
export function exportChain(
  object: ManagedObject,
  relatedObjects: RelatedObjects,
): readonly ExportedCertificate[] {
  const chain: ExportedCertificate[] = [];
  let above = linkedIssuer(certificateOf(object), relatedObjects);
  while (above !== null && chain.length < MAX_WRAPPING_DEPTH) {
    chain.push(exportCertificate(above.object));
    above = linkedIssuer(above, relatedObjects);
  }
  return chain;
}

/** Returns the issuer that a link leads to, unless that certificate has another name than the issuer. */
function linkedIssuer(
  { object, certificate }: CertificateObject,
  relatedObjects: RelatedObjects,
): CertificateObject | null {
  const linked = linkedCertificate(object, relatedObjects);
  if (linked === null) return null;
  const issuer = certificateOf(linked);
  const { subject, issuer: name } = issuer.certificate;
  const isItself = certificate.issuer.equals(certificate.subject) && name.equals(subject);
  return subject.equals(certificate.issuer) && !isItself ? issuer : null;
}
