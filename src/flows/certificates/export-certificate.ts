// From a loaded certificate to PEM (RFC 7468 §5), with those above it if asked for: each as it was named when the
// one below it was signed.
import { toPem } from '../../crypto/pem.js';
import { KmsError } from '../../errors.js';
import { linkTo } from '../../kmip/attributes.js';
import { MAX_WRAPPING_DEPTH, type RelatedObjects } from '../../rotation/related-objects.js';
import { certificateBytes } from '../../kmip/certificate-value.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import { certificateOf, type CertificateObject } from './certificate-object.js';

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
  let above = issuerOf(certificateOf(object), relatedObjects);
  while (above !== null && chain.length < MAX_WRAPPING_DEPTH) {
    chain.push(exportCertificate(above.object));
    above = issuerOf(above, relatedObjects);
  }
  return chain;
}

/** A link that leads to a certificate of another name than the issuer's leads nowhere. */
function issuerOf(
  { object, certificate }: CertificateObject,
  relatedObjects: RelatedObjects,
): CertificateObject | null {
  const uid = linkTo(object.attributes, 'CertificateLink');
  const linked =
    uid === null || uid === object.uniqueIdentifier ? undefined : relatedObjects.get(uid);
  if (linked instanceof KmsError) throw linked;
  if (linked?.objectType !== 'Certificate') return null;
  const issuer = certificateOf(linked);
  const { subject, issuer: name } = issuer.certificate;
  const isItself = certificate.issuer.equals(certificate.subject) && name.equals(subject);
  return subject.equals(certificate.issuer) && !isItself ? issuer : null;
}
