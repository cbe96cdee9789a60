// Extensions of certificates (RFC 5280 §4.2): finding one, changing its value, and which we know. issuing-rights.ts
// and key-identifiers.ts read those that matter for issuing.
import { KmsError } from '../../errors.js';
import { der, DER, readDer } from '../der.js';
import type { Certificate, Extension } from './certificate.js';

export const EXTENSIONS = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  authorityKeyIdentifier: '2.5.29.35',
} as const;

/** Signed Certificate Timestamps of transparency logs, issued for one certificate (RFC 6962 §3.3). */
const SIGNED_TIMESTAMPS = '1.3.6.1.4.1.11129.2.4.2';

/** Every extension of RFC 5280, and TLS feature, no revocation, timestamps. */
const KNOWN = [
  ...[9, 14, 15, 16, 17, 18, 19, 30, 31, 32, 33, 35, 36, 37, 46, 54, 56].map(
    (arc) => `2.5.29.${arc}`,
  ),
  '1.3.6.1.5.5.7.1.1',
  '1.3.6.1.5.5.7.1.11',
  '1.3.6.1.5.5.7.1.24',
  SIGNED_TIMESTAMPS,
];

export function findExtension({ extensions }: Certificate, id: string): Extension | undefined {
  return extensions.find((extension) => extension.id === id);
}

/** Returns the critical extensions that we do not know. A renewal copies them without knowing what they require. */
export function unknownCriticalExtensions({ extensions }: Certificate): readonly string[] {
  return extensions
    .filter(({ id, critical }) => critical && !KNOWN.includes(id))
    .map(({ id }) => id);
}

export function hasCertificateTimestamps(certificate: Certificate): boolean {
  return findExtension(certificate, SIGNED_TIMESTAMPS) !== undefined;
}

/** Returns the DER of an extension with another value and everything else unchanged. */
export function withExtensionValue({ whole }: Extension, value: Buffer): Buffer {
  const [outer] = readDer(whole) ?? [];
  const fields = readDer(outer?.value ?? Buffer.alloc(0)) ?? [];
  const kept = fields.slice(0, -1).map((field) => field.whole);
  return der(DER.sequence, ...kept, der(DER.octetString, value));
}

export function malformedExtension({ id }: Extension): KmsError {
  return new KmsError('MalformedObject', `the extension ${id} of the certificate does not parse`, {
    hint: 'compare it with another copy, and import it again with the server',
  });
}
