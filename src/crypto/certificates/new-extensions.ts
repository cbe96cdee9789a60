// The extensions of a new certificate, for an authority or an end entity (RFC 5280 §4.2).
import { der, DER, derObjectIdentifier } from '../der.js';
import { encodeAlternativeNames } from './alternative-names.js';
import { EXTENSIONS } from './extensions.js';
import { computeKeyIdentifier, encodeAuthorityKeyIdentifier } from './key-identifiers.js';
import { verifyingKeyIn } from './signing-key.js';

export interface NewExtensions {
  readonly isAuthority: boolean;
  /** How many authorities may come below it; null if there is no limit. */
  readonly pathLength: number | null;
  /** As in `DNS:www.example.org`. */
  readonly alternativeNames: readonly string[];
  /** Its own SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Buffer;
  /** The identifier of the issuer's key; null for a self-signed certificate. */
  readonly issuerKeyIdentifier: Buffer | null;
}

/** Returns the DER of each extension. @throws KmsError InvalidArgument. */
export async function newExtensions(wanted: NewExtensions): Promise<readonly Buffer[]> {
  const { AsnConvert, BasicConstraints, ExtendedKeyUsage } = await import('./asn1.js');
  const bytes = (value: unknown) => Buffer.from(AsnConvert.serialize(value));
  const { isAuthority, pathLength, alternativeNames, publicKeyInfo } = wanted;
  const constraints = new BasicConstraints({
    cA: isAuthority,
    ...(pathLength === null ? {} : { pathLenConstraint: pathLength }),
  });
  const { issuerKeyIdentifier: issuer } = wanted;
  const authority = issuer === null ? null : { keyIdentifier: issuer, issuer: null, serial: null };
  return [
    extension(EXTENSIONS.basicConstraints, true, bytes(constraints)),
    extension(EXTENSIONS.keyUsage, true, keyUsage(isAuthority, publicKeyInfo)),
    ...(isAuthority
      ? []
      : [extension(EXTENSIONS.extendedKeyUsage, false, bytes(new ExtendedKeyUsage(TLS_PURPOSES)))]),
    ...(alternativeNames.length === 0
      ? []
      : [extension(EXTENSIONS.subjectAltName, false, encodeAlternativeNames(alternativeNames))]),
    extension(
      EXTENSIONS.subjectKeyIdentifier,
      false,
      der(DER.octetString, computeKeyIdentifier(publicKeyInfo)),
    ),
    ...(authority === null
      ? []
      : [
          extension(
            EXTENSIONS.authorityKeyIdentifier,
            false,
            encodeAuthorityKeyIdentifier(authority),
          ),
        ]),
  ];
}

/** Server and client authentication (RFC 5280 §4.2.1.12). */
const TLS_PURPOSES = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

/** Bits count from the highest (RFC 5280 §4.2.1.3). */
const DIGITAL_SIGNATURE = 0x80;
const KEY_ENCIPHERMENT = 0x20;
const KEY_AGREEMENT = 0x08;
const KEY_CERT_SIGN = 0x04;
const CRL_SIGN = 0x02;

function keyUsage(isAuthority: boolean, publicKeyInfo: Buffer): Buffer {
  const bits = isAuthority ? KEY_CERT_SIGN | CRL_SIGN : usageOf(publicKeyInfo);
  const unused = Math.log2(bits & -bits);
  return der(DER.bitString, Buffer.of(unused, bits));
}

function usageOf(publicKeyInfo: Buffer): number {
  const key = verifyingKeyIn(publicKeyInfo);
  if (key.kind === 'pqc') {
    return key.algorithm.family === 'ML-KEM' ? KEY_ENCIPHERMENT : DIGITAL_SIGNATURE;
  }
  const type = key.key.asymmetricKeyType ?? '';
  if (type === 'rsa') return DIGITAL_SIGNATURE | KEY_ENCIPHERMENT;
  return type.startsWith('x') ? KEY_AGREEMENT : DIGITAL_SIGNATURE;
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const mark = critical ? [der(DER.boolean, Buffer.of(0xff))] : [];
  return der(DER.sequence, derObjectIdentifier(hexOf(id)), ...mark, der(DER.octetString, value));
}

/** Every extension here is 2.5.29 and one byte more. */
function hexOf(id: string): string {
  const last = Number(id.split('.').at(-1));
  return `551d${last.toString(16).padStart(2, '0')}`;
}
