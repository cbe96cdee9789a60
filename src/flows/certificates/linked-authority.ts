// The authority that a certificate links to, one step up its chain.
import { linkedCertificate, certificateOf, type CertificateObject } from './certificate-object.js';
import type { RelatedObjects } from '../../rotation/related-objects.js';
import { latestReplacementOf } from '../../rotation/replacements.js';
import { isDestroyed } from '../../kmip/managed-object.js';
import { issuerNotActive } from './issuer-errors.js';

/** Returns the latest certificate of the authority that a certificate links to; null if that is not its issuer. */
export function linkedAuthority(
  { object, certificate }: CertificateObject,
  relatedObjects: RelatedObjects,
): CertificateObject | null {
  const linked = linkedCertificate(object, relatedObjects);
  if (linked === null) return null;
  const latest = latestReplacementOf(linked, relatedObjects);
  if (isDestroyed(latest)) throw issuerNotActive(object.uniqueIdentifier, latest);
  const authority = certificateOf(latest);
  return authority.certificate.subject.equals(certificate.issuer) ? authority : null;
}
