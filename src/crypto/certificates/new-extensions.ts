// What a new certificate says: its subject from a line of text, and the extensions that fit an authority or an end
// entity (RFC 5280 §4.2). Signing it is certificate-issuing.ts's business.
import type { GeneralName as AnyName } from '@peculiar/asn1-x509';
import { KmsError } from '../../errors.js';
import { EXTENSIONS, encodeAuthorityKeyIdentifier, computeKeyIdentifier } from './extensions.js';
import { ATTRIBUTE_TYPES, type AttributeType } from './distinguished-name.js';
import { der, DER, derObjectIdentifier } from '../der.js';
import { verifyingKeyIn } from './signing-key.js';

export interface NewExtensions {
  readonly isAuthority: boolean;
  /** How many authorities may stand below it; null without a limit. */
  readonly pathLength: number | null;
  /** As in `DNS:www.example.org`. */
  readonly alternativeNames: readonly string[];
  /** SubjectPublicKeyInfo of its own. */
  readonly publicKeyInfo: Buffer;
  /** The identifier of the issuer's key; null for one that signs itself. */
  readonly issuerKeyIdentifier: Buffer | null;
}

/**
 * Returns a name as DER from text as RFC 4514 writes it, the most specific part first.
 *
 * @throws KmsError InvalidArgument if it is none.
 */
export async function parseName(text: string): Promise<Buffer> {
  const { AsnConvert, Name, RelativeDistinguishedName, AttributeTypeAndValue, AttributeValue } =
    await import('./asn1.js');
  const parts = text.split(/(?<!\\),/).map((part) => {
    const [, word = '', value = ''] = /^\s*([A-Za-z]+)=(.+)$/s.exec(part) ?? [];
    const type = Object.keys(ATTRIBUTE_TYPES).find(
      (known) => known.toLowerCase() === word.toLowerCase(),
    ) as AttributeType | undefined;
    if (type === undefined) throw noName(part);
    const plain = value.trimEnd().replace(/\\(.)/gs, '$1');
    const values = new AttributeValue(stringFor(type, plain));
    return new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type: ATTRIBUTE_TYPES[type], value: values }),
    ]);
  });
  return Buffer.from(AsnConvert.serialize(new Name(parts.reverse())));
}

/** Returns the extensions of a new certificate, each an element. @throws KmsError InvalidArgument. */
export async function newExtensions(wanted: NewExtensions): Promise<readonly Buffer[]> {
  const { AsnConvert, BasicConstraints, ExtendedKeyUsage, GeneralName, SubjectAlternativeName } =
    await import('./asn1.js');
  const bytes = (value: unknown) => Buffer.from(AsnConvert.serialize(value));
  const { isAuthority, pathLength, alternativeNames, publicKeyInfo } = wanted;
  const constraints = new BasicConstraints({
    cA: isAuthority,
    ...(pathLength === null ? {} : { pathLenConstraint: pathLength }),
  });
  const names = alternativeNames.map((text) => new GeneralName(generalName(text)));
  const { issuerKeyIdentifier: issuer } = wanted;
  const authority = issuer === null ? null : { keyIdentifier: issuer, issuer: null, serial: null };
  return [
    extension(EXTENSIONS.basicConstraints, true, bytes(constraints)),
    extension(EXTENSIONS.keyUsage, true, keyUsage(isAuthority, publicKeyInfo)),
    ...(isAuthority
      ? []
      : [extension(EXTENSIONS.extendedKeyUsage, false, bytes(new ExtendedKeyUsage(TLS_PURPOSES)))]),
    ...(names.length === 0
      ? []
      : [extension(EXTENSIONS.subjectAltName, false, bytes(new SubjectAlternativeName(names)))]),
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

/** Countries are two printable letters, addresses and domains have no letters beyond ASCII; all else is UTF-8. */
function stringFor(type: AttributeType, value: string): object {
  if (type === 'C' && !/^[A-Za-z]{2}$/.test(value)) throw noName(`C=${value}`);
  if (['C', 'serialNumber', 'dnQualifier'].includes(type)) return { printableString: value };
  return ['DC', 'emailAddress'].includes(type) ? { ia5String: value } : { utf8String: value };
}

function generalName(text: string): Partial<AnyName> {
  const [, kind = '', value = ''] = /^([A-Za-z]+):(.+)$/s.exec(text) ?? [];
  switch (kind.toLowerCase()) {
    case 'dns':
      return { dNSName: value };
    case 'ip':
      return { iPAddress: value };
    case 'email':
      return { rfc822Name: value };
    case 'uri':
      return { uniformResourceIdentifier: value };
    default:
      throw new KmsError('InvalidArgument', `${JSON.stringify(text)} is no name of a subject`, {
        hint: 'write DNS:www.example.org, IP:192.0.2.7, email:ops@example.org or URI:https://example.org',
      });
  }
}

/** Bits are counted from the highest (RFC 5280 §4.2.1.3). */
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

/** All of these are 2.5.29 and one byte more. */
function hexOf(id: string): string {
  const last = Number(id.split('.').at(-1));
  return `551d${last.toString(16).padStart(2, '0')}`;
}

function noName(part: string): KmsError {
  return new KmsError('InvalidArgument', `${JSON.stringify(part)} is no part of a name`, {
    hint: `write parts like CN=www.example.org,O=Example,C=FR; known are ${Object.keys(ATTRIBUTE_TYPES).join(', ')}`,
  });
}
