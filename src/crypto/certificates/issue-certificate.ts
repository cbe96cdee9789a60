// Issues a certificate from its fields: encodes them as DER (RFC 5280 §4.1), signs them, and verifies the signature.
// The caller chooses the fields.
import { randomBytes } from 'node:crypto';
import { KmsError } from '../../errors.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { der, DER, derBitString } from '../der.js';
import { chooseSignatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.js';
import {
  isPrivateKeyOf,
  keyTypeOf,
  signBytes,
  verifySignature,
  type SigningKey,
  type VerifyingKey,
} from './signing-key.js';
import type { Certificate } from './certificate.js';

/** Whole DER elements, except for dates and the serial. */
export interface CertificateFields extends Omit<
  Certificate,
  'signed' | 'signatureAlgorithm' | 'signature' | 'extensions'
> {
  readonly extensions: readonly Buffer[];
}

export interface CertificateSigner {
  readonly key: SigningKey;
  /** The public key in the issuer’s certificate. */
  readonly publicKey: VerifyingKey;
  /** AlgorithmIdentifiers in order of preference; used if the key can. */
  readonly preferred: readonly Buffer[];
}

/** The version that allows extensions. */
export const VERSION_3 = der(DER.context0, der(DER.integer, Buffer.of(2)));

const SERIAL_BYTES = 20;

/**
 * Returns a signed certificate and the algorithm of its signature.
 *
 * @throws KmsError KeyMismatch if the private key is not the issuer’s; Unsupported if it cannot sign.
 */
export async function issueCertificate(
  fields: CertificateFields,
  { key, publicKey, preferred }: CertificateSigner,
): Promise<{ readonly bytes: Buffer; readonly algorithm: SignatureAlgorithm }> {
  if (!isPrivateKeyOf(key, publicKey)) {
    throw mismatch('the private key does not belong to the certificate that is to sign');
  }
  const { identifier, algorithm } = chooseSignatureAlgorithm(keyTypeOf(key), preferred);
  const signed = signedPart(fields, identifier);
  const signature = await signBytes(key, algorithm, signed);
  if (!(await verifySignature(publicKey, identifier, signed, signature))) {
    throw mismatch('the signature that was made does not verify');
  }
  return { bytes: der(DER.sequence, signed, identifier, derBitString(signature)), algorithm };
}

/** Returns a random positive INTEGER value of 20 bytes without a leading zero byte (RFC 5280 §4.1.2.2). */
export function randomSerial(): Buffer {
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

/** Encodes a date: until 2049 as UTCTime with a two-digit year (RFC 5280 §4.1.2.5). */
function derTime(instant: EpochSeconds): Buffer {
  const digits = new Date(instant * 1000).toISOString().replace(/[-:T]|\.000/g, '');
  const isShort = digits >= '1950' && digits < '2050';
  const text = Buffer.from(isShort ? digits.slice(2) : digits, 'latin1');
  return der(isShort ? DER.utcTime : DER.generalizedTime, text);
}

function signedPart(fields: CertificateFields, identifier: Buffer): Buffer {
  const { version, extensions } = fields;
  return der(
    DER.sequence,
    ...(version === null ? [] : [version]),
    der(DER.integer, fields.serial),
    identifier,
    fields.issuer,
    der(DER.sequence, derTime(fields.notBefore), derTime(fields.notAfter)),
    fields.subject,
    fields.publicKeyInfo,
    ...fields.uniqueIdentifiers,
    ...(extensions.length === 0 ? [] : [der(DER.context3, der(DER.sequence, ...extensions))]),
  );
}

function mismatch(message: string): KmsError {
  return new KmsError('KeyMismatch', message, {
    hint: 'link the certificate to its own private key with the server that wrote it',
  });
}
