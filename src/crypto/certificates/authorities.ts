// The certificates in a PEM file of authorities. Node takes a file without any for authorities that have signed nothing,
// an empty one for its own, and ignores what follows a certificate that it cannot read.
import { X509Certificate } from 'node:crypto';

const CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*(?:-----END (?:X509 |TRUSTED )?CERTIFICATE-----)?/g;

/** Says whether a text has certificates, and all of them can be read. */
export function areAuthorities(pem: string): boolean {
  const certificates = pem.match(CERTIFICATE) ?? [];
  return certificates.length > 0 && certificates.every(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    // Whatever OpenSSL says of it, it is none.
    return false;
  }
}
