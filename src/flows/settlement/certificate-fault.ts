// Whether a leftover of a renewal is the certificate that its issuer would have made: then the renewal may be completed.
import { parseCertificate, type Certificate } from '../../crypto/certificates/certificate.js';
import { verifySignature, verifyingKeyIn } from '../../crypto/certificates/signing-key.js';
import { KmsError } from '../../errors.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { linkTo } from '../../kmip/attributes.js';
import { certificateBytes } from '../../kmip/certificate-value.js';
import type { ManagedObject } from '../../kmip/managed-object.js';
import type { RelatedObjects } from '../../rotation/related-objects.js';

/** Returns why a renewed certificate may not take the place of the replaced one; null if it may. */
export async function certificateFault(
  replaced: ManagedObject,
  renewed: ManagedObject,
  relatedObjects: RelatedObjects,
): Promise<string | null> {
  try {
    const [before, after] = [replaced, renewed].map(parsed);
    if (before === undefined || after === undefined) return null;
    if (!after.publicKeyInfo.equals(before.publicKeyInfo)) return 'it is for another key';
    if (!after.subject.equals(before.subject)) return 'it is for another subject';
    if (after.notAfter < before.notAfter) return 'it ends before the replaced one';
    const issuer = relatedObjects.get(linkTo(renewed.attributes, 'CertificateLink') ?? '');
    if (issuer === undefined || issuer instanceof KmsError) return 'its issuer is not there';
    return (await isIssuedBy(after, parsed(issuer))) ? null : 'its issuer has not signed it';
  } catch (error) {
    if (error instanceof KmsError) return error.message;
    throw error;
  }
}

/** Returns why a certificate is of no use any more; null for one that is valid, and for what is no certificate. */
export function expiryOf(object: ManagedObject, now: EpochSeconds): string | null {
  if (object.objectType !== 'Certificate') return null;
  const name = JSON.stringify(object.uniqueIdentifier);
  try {
    return parsed(object).notAfter <= now ? `the certificate ${name} has expired` : null;
  } catch (error) {
    if (error instanceof KmsError) return error.message;
    throw error;
  }
}

function parsed(object: ManagedObject): Certificate {
  return parseCertificate(certificateBytes(object));
}

async function isIssuedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const { signatureAlgorithm, signed, signature } = certificate;
  if (!issuer.subject.equals(certificate.issuer)) return false;
  return verifySignature(
    verifyingKeyIn(issuer.publicKeyInfo),
    signatureAlgorithm,
    signed,
    signature,
  );
}
