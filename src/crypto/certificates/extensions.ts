// What the extensions of a certificate say, as far as issuing asks (RFC 5280 §4.2): whether it may issue others,
// how deep, and by which identifiers certificates name their keys and issuers.
import { createHash } from 'node:crypto';
import { KmsError } from '../../errors.js';
import type { Certificate, Extension } from './certificate.js';
import { der, DER, fromBigEndian, readDer } from '../der.js';

export const EXTENSIONS = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  authorityKeyIdentifier: '2.5.29.35',
} as const;

/** Timestamps of certificate transparency logs, given for one certificate (RFC 6962 §3.3). */
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

/** Returns critical extensions that we do not know: copied, but by nobody who knows what they bind. */
export function unknownCriticalExtensions({ extensions }: Certificate): readonly string[] {
  return extensions
    .filter(({ id, critical }) => critical && !KNOWN.includes(id))
    .map(({ id }) => id);
}

export function hasCertificateTimestamps(certificate: Certificate): boolean {
  return findExtension(certificate, SIGNED_TIMESTAMPS) !== undefined;
}

export interface IssuingRights {
  readonly isAuthority: boolean;
  /** How many authorities may stand between it and an end entity; null without a limit. */
  readonly pathLength: number | null;
  /** False only if its key usage leaves out the signing of certificates. */
  readonly signsCertificates: boolean;
}

/** Returns what a certificate may issue. Version 1 cannot say, and is believed where it issued itself. */
export function issuingRights(certificate: Certificate): IssuingRights {
  const constraints = findExtension(certificate, EXTENSIONS.basicConstraints);
  const usage = findExtension(certificate, EXTENSIONS.keyUsage);
  const signsCertificates = usage === undefined || allowsSigning(usage);
  if (constraints !== undefined) return { ...authorityIn(constraints), signsCertificates };
  const isAuthority = certificate.version === null && isSelfIssued(certificate);
  return { isAuthority, pathLength: null, signsCertificates };
}

/** A sequence of a BOOLEAN, FALSE if it is not there, and a number that may be left out. */
function authorityIn(extension: Extension): Pick<IssuingRights, 'isAuthority' | 'pathLength'> {
  const [outer, ...others] = readDer(extension.value) ?? [];
  const fields = outer?.tag === DER.sequence && others.length === 0 ? readDer(outer.value) : null;
  if (fields === null) throw malformed(extension);
  const authority = fields.find(({ tag }) => tag === DER.boolean);
  const length = fields.find(({ tag }) => tag === DER.integer);
  const isAuthority = (authority?.value[0] ?? 0) !== 0;
  return {
    isAuthority,
    pathLength: isAuthority && length !== undefined ? Number(fromBigEndian(length.value)) : null,
  };
}

/** Bits are counted from the highest of the first byte, which comes after the number of unused ones. */
function allowsSigning(extension: Extension): boolean {
  const [bits] = readDer(extension.value) ?? [];
  if (bits?.tag !== DER.bitString) throw malformed(extension);
  return ((bits.value[1] ?? 0) & KEY_CERT_SIGN) !== 0;
}

/** Bit 5 (RFC 5280 §4.2.1.3). */
const KEY_CERT_SIGN = 0x80 >> 5;

export function isSelfIssued({ issuer, subject }: Certificate): boolean {
  return issuer.equals(subject);
}

/** Returns the identifier by which a certificate says others may name its key, or null. */
export function subjectKeyIdentifierOf(certificate: Certificate): Buffer | null {
  const extension = findExtension(certificate, EXTENSIONS.subjectKeyIdentifier);
  if (extension === undefined) return null;
  const [octets, ...others] = readDer(extension.value) ?? [];
  if (octets?.tag === DER.octetString && others.length === 0) return octets.value;
  throw malformed(extension);
}

/** What an authority key identifier may hold (RFC 5280 §4.2.1.1), each element as it stands. */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: Buffer | null;
  readonly issuer: Buffer | null;
  readonly serial: Buffer | null;
}

const TAG_KEY_IDENTIFIER = 0x80;
const TAG_ISSUER = 0xa1;
const TAG_SERIAL = 0x82;
const TAG_DIRECTORY_NAME = 0xa4;

export function authorityKeyIdentifierOf(certificate: Certificate): AuthorityKeyIdentifier | null {
  const extension = findExtension(certificate, EXTENSIONS.authorityKeyIdentifier);
  if (extension === undefined) return null;
  const [outer] = readDer(extension.value) ?? [];
  const fields = outer?.tag === DER.sequence ? readDer(outer.value) : null;
  if (fields === null) throw malformed(extension);
  const valueOf = (tag: number) => fields.find((field) => field.tag === tag)?.value ?? null;
  return {
    keyIdentifier: valueOf(TAG_KEY_IDENTIFIER),
    issuer: valueOf(TAG_ISSUER),
    serial: valueOf(TAG_SERIAL),
  };
}

/** Returns the value of an authority key identifier that has these parts. */
export function encodeAuthorityKeyIdentifier(parts: AuthorityKeyIdentifier): Buffer {
  const part = (tag: number, value: Buffer | null) => (value === null ? [] : [der(tag, value)]);
  return der(
    DER.sequence,
    ...part(TAG_KEY_IDENTIFIER, parts.keyIdentifier),
    ...part(TAG_ISSUER, parts.issuer),
    ...part(TAG_SERIAL, parts.serial),
  );
}

/** Returns the name of an issuer as an authority key identifier has it. */
export function encodeDirectoryName(name: Buffer): Buffer {
  return der(TAG_DIRECTORY_NAME, name);
}

/** Ways to reckon an identifier from a SubjectPublicKeyInfo that certificates were seen to use. */
const IDENTIFIERS: readonly ((publicKeyInfo: Buffer) => Buffer)[] = [
  // RFC 5280 §4.2.1.2, method 1.
  (info) => createHash('sha1').update(bitsOf(info)).digest(),
  // The server’s own.
  (info) => createHash('sha1').update(info).digest(),
  // RFC 7093 §2, methods 1 and 4.
  (info) => createHash('sha256').update(bitsOf(info)).digest().subarray(0, 20),
  (info) => createHash('sha256').update(info).digest(),
];

/** Returns the identifier of a key; reckoned as that of another key was, where one is given. */
export function computeKeyIdentifier(
  publicKeyInfo: Buffer,
  like: { readonly publicKeyInfo: Buffer; readonly identifier: Buffer } | null = null,
): Buffer {
  const way = IDENTIFIERS.find(
    (candidate) => like !== null && candidate(like.publicKeyInfo).equals(like.identifier),
  );
  const [usual] = IDENTIFIERS;
  if (usual === undefined) throw new TypeError('no way to reckon an identifier');
  return (way ?? usual)(publicKeyInfo);
}

/** Returns the identifier that the server gives a certificate: its own, else reckoned from all of its key. */
export function certificateKeyIdentifier(certificate: Certificate): Buffer {
  const own = subjectKeyIdentifierOf(certificate);
  return own ?? createHash('sha1').update(certificate.publicKeyInfo).digest();
}

/** Returns an extension with another value, all else as it stands. */
export function withExtensionValue({ whole }: Extension, value: Buffer): Buffer {
  const [outer] = readDer(whole) ?? [];
  const fields = readDer(outer?.value ?? Buffer.alloc(0)) ?? [];
  const kept = fields.slice(0, -1).map((field) => field.whole);
  return der(DER.sequence, ...kept, der(DER.octetString, value));
}

function bitsOf(publicKeyInfo: Buffer): Buffer {
  const [outer] = readDer(publicKeyInfo) ?? [];
  const [, bits] = readDer(outer?.value ?? Buffer.alloc(0)) ?? [];
  if (bits?.tag !== DER.bitString) throw new TypeError('a SubjectPublicKeyInfo without a key');
  return bits.value.subarray(1);
}

function malformed({ id }: Extension): KmsError {
  return new KmsError('MalformedObject', `the extension ${id} of the certificate does not parse`, {
    hint: 'compare it with a copy from elsewhere, and import it anew with the server',
  });
}
