// When certificates begin and end, by their own bytes, for everything that looks ahead. One that cannot be read is
// never taken for one without an end; the caller decides what either means.
import type { Certificate } from '../crypto/certificates/certificate.js';
import type { Validity } from '../rotation/deadline.js';
import { KmsError } from '../errors.js';
import { certificateOf } from '../flows/certificates/certificate-object.js';
import { isX509 } from '../kmip/certificate-value.js';
import { linkTo } from '../kmip/attributes.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { CertificateDates } from '../rotation/date-violations.js';
import type { RelatedObjects } from '../rotation/related-objects.js';
import { latestReplacementOrNull } from '../rotation/replacements.js';

/** Returns the validity of a certificate, or why it cannot be read; null for anything but an X.509 certificate. */
export function validityOf(object: ManagedObject | KmsError): Validity | KmsError | null {
  if (object instanceof KmsError) return object;
  return object.objectType === 'Certificate' && isX509(object) ? certificateOrError(object) : null;
}

/** Returns the same, and null for a certificate that cannot be read: by its policy alone it is still evaluated. */
export function readableValidityOf(object: ManagedObject | KmsError): Validity | null {
  const validity = validityOf(object);
  return validity instanceof KmsError ? null : validity;
}

/** Returns the certificate of an object, or why there is none that could be read. */
export function certificateOrError(object: ManagedObject | KmsError): Certificate | KmsError {
  if (object instanceof KmsError) return object;
  try {
    return certificateOf(object).certificate;
  } catch (error) {
    if (error instanceof KmsError) return error;
    throw error;
  }
}

/** Returns the dates of a candidate that is a certificate which can be read; else null. */
export function certificateDatesOf(candidate: RotationCandidate): CertificateDates | null {
  const { object } = candidate;
  if (object instanceof KmsError || object.objectType !== 'Certificate' || !isX509(object)) {
    return null;
  }
  const certificate = certificateOrError(object);
  if (certificate instanceof KmsError) return null;
  const { notBefore, notAfter } = certificate;
  return { notBefore, notAfter, issuer: issuerOf(object, certificate, candidate.relatedObjects) };
}

/** Returns the latest certificate that its link leads to, if it has the name of its issuer. */
function issuerOf(
  object: ManagedObject,
  { issuer: name, subject }: Certificate,
  relatedObjects: RelatedObjects,
): CertificateDates['issuer'] {
  const linked = relatedObjects.get(linkTo(object.attributes, 'CertificateLink') ?? '');
  if (linked === undefined || linked instanceof KmsError || name.equals(subject)) return null;
  const latest = latestReplacementOrNull(linked, relatedObjects);
  if (latest === null) return null;
  const certificate = certificateOrError(latest);
  if (certificate instanceof KmsError) return null;
  if (!certificate.subject.equals(name)) return null;
  return { uid: latest.uniqueIdentifier, notAfter: certificate.notAfter };
}
