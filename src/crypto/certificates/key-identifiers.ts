// Key identifiers of certificates: of the subject and of the authority (RFC 5280 §4.2.1.1, §4.2.1.2).
import { createHash } from 'node:crypto';
import { der, DER, readDer } from '../der.js';
import type { Certificate } from './certificate.js';
import { EXTENSIONS, findExtension, malformedExtension } from './extensions.js';

/** Returns the Subject Key Identifier of a certificate, or null. @throws KmsError MalformedObject. */
export function subjectKeyIdentifierOf(certificate: Certificate): Buffer | null {
  const extension = findExtension(certificate, EXTENSIONS.subjectKeyIdentifier);
  if (extension === undefined) return null;
  const [octets, ...others] = readDer(extension.value) ?? [];
  if (octets?.tag === DER.octetString && others.length === 0) return octets.value;
  throw malformedExtension(extension);
}

/** The fields of an Authority Key Identifier, each with its DER value (RFC 5280 §4.2.1.1). */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: Buffer | null;
  readonly issuer: Buffer | null;
  readonly serial: Buffer | null;
}

const TAG_KEY_IDENTIFIER = 0x80;
const TAG_ISSUER = 0xa1;
const TAG_SERIAL = 0x82;
const TAG_DIRECTORY_NAME = 0xa4;

/** Returns the Authority Key Identifier of a certificate, or null. @throws KmsError MalformedObject. */
export function authorityKeyIdentifierOf(certificate: Certificate): AuthorityKeyIdentifier | null {
  const extension = findExtension(certificate, EXTENSIONS.authorityKeyIdentifier);
  if (extension === undefined) return null;
  const [outer] = readDer(extension.value) ?? [];
  const fields = outer?.tag === DER.sequence ? readDer(outer.value) : null;
  if (fields === null) throw malformedExtension(extension);
  const valueOf = (tag: number) => fields.find((field) => field.tag === tag)?.value ?? null;
  return {
    keyIdentifier: valueOf(TAG_KEY_IDENTIFIER),
    issuer: valueOf(TAG_ISSUER),
    serial: valueOf(TAG_SERIAL),
  };
}

/** Returns the value of the extension with these fields. */
export function encodeAuthorityKeyIdentifier(fields: AuthorityKeyIdentifier): Buffer {
  const field = (tag: number, value: Buffer | null) => (value === null ? [] : [der(tag, value)]);
  return der(
    DER.sequence,
    ...field(TAG_KEY_IDENTIFIER, fields.keyIdentifier),
    ...field(TAG_ISSUER, fields.issuer),
    ...field(TAG_SERIAL, fields.serial),
  );
}

/** Returns a Distinguished Name as the GeneralName that an Authority Key Identifier contains. */
export function encodeDirectoryName(name: Buffer): Buffer {
  return der(TAG_DIRECTORY_NAME, name);
}

/** Methods that certificates use to compute an identifier from a SubjectPublicKeyInfo. */
const METHODS: readonly ((publicKeyInfo: Buffer) => Buffer)[] = [
  // RFC 5280 §4.2.1.2, method 1.
  (info) => createHash('sha1').update(publicKeyBits(info)).digest(),
  // The server’s own.
  (info) => createHash('sha1').update(info).digest(),
  // RFC 7093 §2, methods 1 and 4.
  (info) => createHash('sha256').update(publicKeyBits(info)).digest().subarray(0, 20),
  (info) => createHash('sha256').update(info).digest(),
];

/** Computes the identifier of a key, by the method that gives `like` its identifier if there is one. */
export function computeKeyIdentifier(
  publicKeyInfo: Buffer,
  like: { readonly publicKeyInfo: Buffer; readonly identifier: Buffer } | null = null,
): Buffer {
  const method = METHODS.find(
    (candidate) => like !== null && candidate(like.publicKeyInfo).equals(like.identifier),
  );
  const [usual] = METHODS;
  if (usual === undefined) throw new TypeError('no method to compute an identifier');
  return (method ?? usual)(publicKeyInfo);
}

/** Returns the identifier that the server gives a certificate: its own, or one computed from its whole key. */
export function certificateKeyIdentifier(certificate: Certificate): Buffer {
  const own = subjectKeyIdentifierOf(certificate);
  return own ?? createHash('sha1').update(certificate.publicKeyInfo).digest();
}

function publicKeyBits(publicKeyInfo: Buffer): Buffer {
  const [outer] = readDer(publicKeyInfo) ?? [];
  const [, bits] = readDer(outer?.value ?? Buffer.alloc(0)) ?? [];
  if (bits?.tag !== DER.bitString) throw new TypeError('a SubjectPublicKeyInfo without a key');
  return bits.value.subarray(1);
}
