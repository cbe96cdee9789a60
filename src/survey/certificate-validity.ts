// When certificates begin and end, by their own bytes, for everything that looks ahead. One that cannot be read is
// never taken for one without an end; the caller decides what either means.
import type { Certificate } from '../crypto/certificates/certificate.js';
import { KmsError } from '../errors.js';
import { certificateOf } from '../flows/certificates/certificate-object.js';
import { isX509 } from '../kmip/certificate-value.js';
import type { ManagedObject } from '../kmip/managed-object.js';

/** From when to when a certificate is valid. */
export type CertificateValidity = Pick<Certificate, 'notBefore' | 'notAfter'>;

/** Returns the validity of a certificate, or why it cannot be read; null for anything but an X.509 certificate. */
export function validityOf(
  object: ManagedObject | KmsError,
): CertificateValidity | KmsError | null {
  if (object instanceof KmsError) return object;
  return object.objectType === 'Certificate' && isX509(object) ? certificateOrError(object) : null;
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
