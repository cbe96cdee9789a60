// Key material as it stands in a row, in clear or unwrapped, brought to one form that can be compared, and
// as a key that unwraps others. Shares nothing with src.
import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import type { EciesCurve } from './curves.js';
import {
  bigEndian,
  bigIntegerItem,
  bytesItem,
  childOf,
  enumerationItem,
  numberIn,
  readItem,
  structure,
  TAGS,
  type Item,
  type Tag,
} from './ttlv.js';

/** Bytes that stand alone, or a KeyMaterial structure in TTLV. */
export type Material =
  | { readonly form: 'bytes'; readonly bytes: Buffer }
  | { readonly form: 'structure'; readonly bytes: Buffer };

const CURVE_NUMBERS = {
  P224: 4,
  P256: 7,
  P384: 0x0a,
  P521: 0x0d,
  SECP224K1: 0x18,
  SECP256K1: 0x19,
  CURVE25519: 0x45,
  CURVE448: 0x46,
  CURVEED25519: 0x80000001,
  CURVEED448: 0x80000002,
} as const;

export type CurveName = keyof typeof CURVE_NUMBERS;

type BigNumber = readonly [number, readonly number[]];
export type MaterialJson =
  | readonly number[]
  | { readonly Key: readonly number[] }
  | Readonly<Partial<Record<Tag, BigNumber | readonly number[] | string>>>;

/** Reads the KeyMaterial of a plain row. */
export function materialOfJson(json: MaterialJson): Material {
  if (Array.isArray(json)) return { form: 'bytes', bytes: Buffer.from(json as number[]) };
  const members = Object.entries(json) as [Tag, BigNumber | readonly number[] | string][];
  const items = members.map(([tag, value]) => {
    if (typeof value === 'string') return enumerationItem(tag, CURVE_NUMBERS[value as CurveName]);
    if (tag === 'Key' || tag === 'QString') return bytesItem(tag, Buffer.from(value as number[]));
    return bigIntegerItem(tag, bigOf(value as BigNumber));
  });
  return { form: 'structure', bytes: structure('KeyMaterial', ...items) };
}

/** Reads the TTLV of a whole Key Value. */
export function materialOfKeyValue(plaintext: Buffer): Material {
  const item = readItem(plaintext);
  if (item.tag !== TAGS.KeyValue) throw new Error('no KeyValue');
  const material = childOf(item, 'KeyMaterial');
  if (material.type === 8) return { form: 'bytes', bytes: material.value };
  if (material.type !== 1) throw new Error('KeyMaterial is neither bytes nor structure');
  return { form: 'structure', bytes: material.bytes };
}

/** The digest that a row's attributes state (storage format §3.6). */
export function digestOf(material: Material, keyFormatType: string): Buffer {
  const asStructure = keyFormatType === 'TransparentSymmetricKey' && material.form === 'bytes';
  const bytes = asStructure
    ? structure('KeyMaterial', bytesItem('Key', material.bytes))
    : material.bytes;
  return createHash('sha256').update(bytes).digest();
}

/** The bytes of a symmetric key or secret, whatever holds them; of others as they are. */
export function plainBytes({ form, bytes }: Material): Buffer {
  if (form === 'bytes') return bytes;
  const item = readItem(bytes);
  return item.children.length === 1 ? childOf(item, 'Key').value : bytes;
}

export type UnwrappingKey =
  | { readonly kind: 'aes'; readonly bytes: Buffer }
  | { readonly kind: 'rsa'; readonly key: KeyObject }
  | { readonly kind: 'ecies'; readonly curve: EciesCurve; readonly scalar: bigint }
  | { readonly kind: 'x25519' | 'ed25519'; readonly secret: Buffer };

/** Reads the material of a private or symmetric key as a key that unwraps. @throws Error if it cannot. */
export function unwrappingKeyOf(objectType: string, material: Material): UnwrappingKey {
  if (objectType === 'SymmetricKey') return { kind: 'aes', bytes: plainBytes(material) };
  if (objectType !== 'PrivateKey') throw new Error(`a ${objectType} does not unwrap`);
  if (material.form === 'bytes') return ofPkcs8(material.bytes);
  const item = readItem(material.bytes);
  if (item.children.some(({ tag }) => tag === TAGS.Modulus)) {
    return { kind: 'rsa', key: rsaPrivateKeyOf(item) };
  }
  return ofCurve(Number(numberIn(childOf(item, 'RecommendedCurve')) & 0xffff_ffffn), item);
}

function ofPkcs8(bytes: Buffer): UnwrappingKey {
  const key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  if (key.asymmetricKeyType === 'rsa') return { kind: 'rsa', key };
  const jwk = key.export({ format: 'jwk' });
  const secret = Buffer.from(jwk.d ?? '', 'base64url');
  if (jwk.crv === 'Ed25519') return { kind: 'ed25519', secret };
  if (jwk.crv === 'X25519') return { kind: 'x25519', secret };
  const curve = jwk.crv?.replace('-', '') as EciesCurve;
  return { kind: 'ecies', curve, scalar: BigInt(`0x${secret.toString('hex')}`) };
}

function ofCurve(number: number, item: Item): UnwrappingKey {
  const scalar = numberIn(childOf(item, 'D'));
  switch (number) {
    case CURVE_NUMBERS.P256:
      return { kind: 'ecies', curve: 'P256', scalar };
    case CURVE_NUMBERS.P384:
      return { kind: 'ecies', curve: 'P384', scalar };
    case CURVE_NUMBERS.P521:
      return { kind: 'ecies', curve: 'P521', scalar };
    case CURVE_NUMBERS.CURVE25519:
      return { kind: 'x25519', secret: bigEndian(scalar, 32) };
    case CURVE_NUMBERS.CURVEED25519:
      return { kind: 'ed25519', secret: bigEndian(scalar, 32) };
    default:
      throw new Error(`curve ${number} does not unwrap`);
  }
}

const JWK_MEMBERS = {
  n: 'Modulus',
  e: 'PublicExponent',
  d: 'PrivateExponent',
  p: 'P',
  q: 'Q',
  dp: 'PrimeExponentP',
  dq: 'PrimeExponentQ',
  qi: 'CRTCoefficient',
} as const;

/** Reads a TransparentRSAPrivateKey. */
export function rsaPrivateKeyOf(item: Item): KeyObject {
  const members = Object.entries(JWK_MEMBERS).map(([name, tag]): [string, string] => {
    const number = numberIn(childOf(item, tag));
    const hex = number.toString(16);
    return [name, bigEndian(number, Math.ceil(hex.length / 2)).toString('base64url')];
  });
  return createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(members) }, format: 'jwk' });
}

function bigOf([sign, limbs]: BigNumber): bigint {
  const size = limbs.reduceRight((sum, limb) => (sum << 32n) | BigInt(limb), 0n);
  return BigInt(sign) * size;
}
