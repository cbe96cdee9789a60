// Key Material (KMIP 2.1 §3.1) as typed values, from the store's JSON and back (storage format §2.2,
// §2.3). crypto/ knows what the numbers mean, and whether they make a key.
import { KmsError } from '../errors.js';
import { decodeBigInteger, encodeBigInteger } from './big-integer.js';
import { decodeBytes, encodeBytes } from './bytes.js';
import { isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { asMap, MalformedMember, memberReader } from './members.js';
import { RECOMMENDED_CURVES } from './vocabulary.js';

export interface RsaPrivateMaterial {
  readonly kind: 'rsa-private';
  readonly modulus: bigint;
  readonly privateExponent: bigint | null;
  readonly publicExponent: bigint | null;
  readonly p: bigint | null;
  readonly q: bigint | null;
  readonly primeExponentP: bigint | null;
  readonly primeExponentQ: bigint | null;
  readonly crtCoefficient: bigint | null;
}

export type KeyMaterial =
  /** TransparentSymmetricKey, and every format that is bytes: Raw, PKCS8, PKCS1, ECPrivateKey, X509 … */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | RsaPrivateMaterial
  | { readonly kind: 'rsa-public'; readonly modulus: bigint; readonly publicExponent: bigint }
  /** `curve` is KMIP’s name; `d` the raw private bytes, big endian, for Curve25519 and its like too. */
  | { readonly kind: 'ec-private'; readonly curve: string; readonly d: bigint }
  /** `q` is a SEC1 point, or the raw public bytes of Curve25519 and its like. */
  | { readonly kind: 'ec-public'; readonly curve: string; readonly q: Buffer };

/** The JSON members of a transparent RSA private key, in the order in which the server writes them. */
export const RSA_PRIVATE_MEMBERS = {
  modulus: 'Modulus',
  privateExponent: 'PrivateExponent',
  publicExponent: 'PublicExponent',
  p: 'P',
  q: 'Q',
  primeExponentP: 'PrimeExponentP',
  primeExponentQ: 'PrimeExponentQ',
  crtCoefficient: 'CRTCoefficient',
} as const satisfies Record<Exclude<keyof RsaPrivateMaterial, 'kind'>, string>;

type RsaPrivateMember = (typeof RSA_PRIVATE_MEMBERS)[keyof typeof RSA_PRIVATE_MEMBERS];

/** Formats that are not bytes in JSON, by what they hold. */
const TRANSPARENT_FORMATS: Readonly<Record<string, KeyMaterial['kind']>> = {
  TransparentSymmetricKey: 'bytes',
  TransparentRSAPrivateKey: 'rsa-private',
  TransparentRSAPublicKey: 'rsa-public',
  TransparentECPrivateKey: 'ec-private',
  TransparentECPublicKey: 'ec-public',
};

/**
 * Returns the typed material of a key that is not wrapped. The bytes are a copy: wipe them.
 *
 * @throws MalformedMember naming the first member that is not what the format says; KmsError
 *   Unsupported for transparent formats of other algorithms.
 */
export function decodeKeyMaterial(
  keyFormatType: string,
  value: JsonValue,
  at: string,
): KeyMaterial {
  const read = materialReader(value, at);
  switch (kindOfFormat(keyFormatType)) {
    case 'bytes':
      return { kind: 'bytes', bytes: decodeKeyBytes(keyFormatType, value, at) };
    case 'rsa-private':
      read.nothingBut(Object.values(RSA_PRIVATE_MEMBERS));
      return {
        kind: 'rsa-private',
        modulus: read.integer('Modulus'),
        privateExponent: read.optionalInteger('PrivateExponent'),
        publicExponent: read.optionalInteger('PublicExponent'),
        p: read.optionalInteger('P'),
        q: read.optionalInteger('Q'),
        primeExponentP: read.optionalInteger('PrimeExponentP'),
        primeExponentQ: read.optionalInteger('PrimeExponentQ'),
        crtCoefficient: read.optionalInteger('CRTCoefficient'),
      };
    case 'rsa-public':
      read.nothingBut(['Modulus', 'PublicExponent']);
      return {
        kind: 'rsa-public',
        modulus: read.integer('Modulus'),
        publicExponent: read.integer('PublicExponent'),
      };
    case 'ec-private':
      read.nothingBut(['RecommendedCurve', 'D']);
      return { kind: 'ec-private', curve: read.curve(), d: read.integer('D') };
    case 'ec-public':
      read.nothingBut(['RecommendedCurve', 'QString']);
      return { kind: 'ec-public', curve: read.curve(), q: read.bytes('QString') };
  }
}

/** @throws KmsError Unsupported if the material is not of the kind that the format holds. */
export function encodeKeyMaterial(keyFormatType: string, material: KeyMaterial): JsonValue {
  assertFormatHolds(keyFormatType, material);
  switch (material.kind) {
    case 'bytes':
      return keyFormatType === 'TransparentSymmetricKey'
        ? { Key: encodeBytes(material.bytes) }
        : encodeBytes(material.bytes);
    case 'rsa-private':
      return Object.fromEntries(
        rsaPrivateNumbers(material).map(([member, number]) => [member, encodeBigInteger(number)]),
      );
    case 'rsa-public':
      return {
        Modulus: encodeBigInteger(material.modulus),
        PublicExponent: encodeBigInteger(material.publicExponent),
      };
    case 'ec-private':
      return { RecommendedCurve: material.curve, D: encodeBigInteger(material.d) };
    case 'ec-public':
      return { RecommendedCurve: material.curve, QString: encodeBytes(material.q) };
  }
}

/** Returns the numbers that an RSA private key has, by JSON member, in the server’s order. */
export function rsaPrivateNumbers(
  material: RsaPrivateMaterial,
): readonly (readonly [member: RsaPrivateMember, number: bigint])[] {
  const fields = Object.keys(RSA_PRIVATE_MEMBERS) as (keyof typeof RSA_PRIVATE_MEMBERS)[];
  return fields.flatMap((field): [RsaPrivateMember, bigint][] => {
    const number = material[field];
    return number === null ? [] : [[RSA_PRIVATE_MEMBERS[field], number]];
  });
}

/** @throws KmsError Unsupported if the material is not of the kind that the format holds. */
export function assertFormatHolds(keyFormatType: string, material: KeyMaterial): void {
  if (kindOfFormat(keyFormatType) === material.kind) return;
  throw new KmsError(
    'Unsupported',
    `the key format ${keyFormatType} does not hold ${material.kind} material`,
  );
}

/** Returns the kind of material that a format holds. @throws KmsError Unsupported if we know none. */
export function kindOfFormat(keyFormatType: string): KeyMaterial['kind'] {
  const kind = TRANSPARENT_FORMATS[keyFormatType];
  if (kind !== undefined) return kind;
  if (!/^Transparent|^ConfigurableKEM/.test(keyFormatType)) return 'bytes';
  throw new KmsError('Unsupported', `the key format ${keyFormatType} is not supported`, {
    hint: 'rotate it with the server that made it, or disarm it',
  });
}

function decodeKeyBytes(keyFormatType: string, value: JsonValue, at: string): Buffer {
  // The server's reader takes either form of Raw (§2.3).
  const inMap =
    keyFormatType === 'TransparentSymmetricKey' || (keyFormatType === 'Raw' && isJsonObject(value));
  if (!inMap) return decodeBytes(value, at);
  const read = materialReader(value, at);
  read.nothingBut(['Key']);
  return read.bytes('Key');
}

/** The strict reader of key material: the server refuses null and unknown members there (§2.1). */
function materialReader(value: JsonValue, at: string) {
  const members = (): JsonObject => asMap(value, at);
  const integer = (member: string): bigint => {
    const number = decodeBigInteger(members()[member]);
    if (number !== null && number > 0n) return number;
    throw new MalformedMember(`${at}.${member}`, 'a big integer above 0', members()[member]);
  };
  return {
    nothingBut: (names: readonly string[]) => {
      const unknown = Object.keys(members()).find((name) => !names.includes(name));
      if (unknown === undefined) return;
      throw new MalformedMember(at, `a map of ${names.join(', ')} alone`, members());
    },
    curve: () => {
      const path = `${at}.RecommendedCurve`;
      const curve = memberReader(members(), at).openEnumeration(
        'RecommendedCurve',
        RECOMMENDED_CURVES,
      );
      if (curve === null) throw new MalformedMember(path, 'the name of a curve', undefined);
      return curve;
    },
    bytes: (member: string) => decodeBytes(members()[member], `${at}.${member}`),
    integer,
    optionalInteger: (member: string) => (members()[member] === undefined ? null : integer(member)),
  };
}
