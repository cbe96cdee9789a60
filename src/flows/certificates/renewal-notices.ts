// Notices about a renewed certificate that differs from the replaced one.
import type { CertificateObject } from './certificate-object.js';
import type { RenewedCertificate } from '../../crypto/certificates/renew-certificate.js';
import { formatInstant } from '../../kmip/date-time.js';
import { invalidNamesIn } from '../../crypto/certificates/alternative-names.js';
import { parseCertificate } from '../../crypto/certificates/certificate.js';
import {
  unknownCriticalExtensions,
  hasCertificateTimestamps,
} from '../../crypto/certificates/extensions.js';

/** Returns what the operator should know of a renewed certificate. */
export function renewalNotices(
  { object, certificate }: CertificateObject,
  { bytes, shortened, strengthened }: RenewedCertificate,
  issuerUid: string | null,
): readonly string[] {
  const name = `the certificate that replaces ${JSON.stringify(object.uniqueIdentifier)}`;
  const end = formatInstant(parseCertificate(bytes).notAfter);
  const unknown = unknownCriticalExtensions(certificate);
  const invalid = invalidNamesIn(certificate).map(({ text }) => text);
  return [
    ...(shortened && issuerUid !== null
      ? [
          `${name} ends early, at ${end}, because the certificate of its issuer ends then: renew ${JSON.stringify(issuerUid)} before then`,
        ]
      : []),
    ...(unknown.length > 0
      ? [
          `${name} has critical extensions that kms does not know, copied as they are: ${unknown.join(', ')}`,
        ]
      : []),
    ...(invalid.length > 0
      ? [
          `${name} has names that RFC 5280 does not allow, copied as they are: ${invalid.join(', ')}`,
        ]
      : []),
    ...(hasCertificateTimestamps(certificate)
      ? [
          `${name} carries timestamps of transparency logs that are valid only for the replaced certificate`,
        ]
      : []),
    ...(strengthened
      ? [`${name} is signed with SHA-2, because the replaced one was signed with a broken hash`]
      : []),
  ];
}
