// Keys of every kind that can wrap, made on the spot: their material as rows of a server state it, and how
// they wrap. Shares nothing with src.
import {
  createPrivateKey,
  createPublicKey,
  randomBytes,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { KEY_WRAP_PADDING, modulusBytes, sealByAes, sealByRsa } from './aes-and-rsa.js';
import { sealEcies, sealSealedBox, x25519PointOf, type EciesCurve } from './curves.js';
import type { CurveName, MaterialJson } from './material.js';
import { freshPair } from '../fresh-keys.js';
import { keptRsa } from '../kept-rsa.js';

export const KINDS = [
  ...(['aes128', 'aes192', 'aes256', 'hmac', 'secret'] as const),
  ...(['rsa', 'P256', 'P384', 'P521', 'CURVE25519', 'CURVEED25519'] as const),
] as const;
export type Kind = (typeof KINDS)[number];

export interface KeyHalf {
  readonly objectType: 'SymmetricKey' | 'SecretData' | 'PrivateKey' | 'PublicKey';
  readonly keyFormatType: string;
  readonly material: MaterialJson;
  readonly algorithm: string | null;
  readonly lengthBits: number | null;
}

interface Parameters {
  readonly BlockCipherMode?: string;
  readonly PaddingMethod?: string;
  readonly HashingAlgorithm?: string;
  readonly CryptographicAlgorithm?: string;
}

export interface Sealed {
  readonly blob: Buffer;
  /** Null where the server writes none. */
  readonly parameters: Parameters | null;
}

export interface Key {
  readonly half: KeyHalf;
  /** The public half of a pair. */
  readonly publicHalf: KeyHalf | null;
  /** Wraps in one of its ways, chosen by `way`; null for what does not wrap. */
  readonly seal: ((plaintext: Buffer, way: number) => Sealed) | null;
}

/** Makes a key; `bytesAlone` chooses PKCS#8, Raw and the like over the transparent formats. */
export function makeKey(kind: Kind, bytesAlone: boolean): Key {
  switch (kind) {
    case 'aes128':
      return symmetric('AES', 16, bytesAlone);
    case 'aes192':
      return symmetric('AES', 24, bytesAlone);
    case 'aes256':
      return symmetric('AES', 32, bytesAlone);
    case 'hmac':
      return { ...symmetric('HMACSHA256', 32, bytesAlone), seal: null };
    case 'secret':
      return { half: secret(), publicHalf: null, seal: null };
    case 'rsa':
      return rsaPair(bytesAlone);
    case 'P256':
    case 'P384':
    case 'P521':
    case 'CURVE25519':
    case 'CURVEED25519':
      return curvePair(kind, bytesAlone);
  }
}

function symmetric(algorithm: string, lengthBytes: number, bytesAlone: boolean): Key {
  const bytes = randomBytes(lengthBytes);
  const half = {
    objectType: 'SymmetricKey',
    keyFormatType: bytesAlone ? 'Raw' : 'TransparentSymmetricKey',
    material: bytesAlone ? [...bytes] : { Key: [...bytes] },
    algorithm,
    lengthBits: 8 * lengthBytes,
  } as const;
  return { half, publicHalf: null, seal: (plaintext, way) => aesWay(bytes, plaintext, way) };
}

const AES_WAYS = [
  ...[KEY_WRAP_PADDING, 'NISTKeyWrap', 'GCM', 'LegacyNISTKeyWrap', 'mislabelled', 'unlabelled'],
] as const;

function aesWay(key: Buffer, plaintext: Buffer, way: number): Sealed {
  const wanted = AES_WAYS[way % AES_WAYS.length]!;
  // RFC 3394 takes whole blocks, two at least.
  const whole = plaintext.length % 8 === 0 && plaintext.length >= 16;
  const mode = wanted === 'NISTKeyWrap' && !whole ? KEY_WRAP_PADDING : wanted;
  const blob = sealByAes(key, mode, plaintext);
  if (mode === 'unlabelled') return { blob, parameters: null };
  const label = mode === 'mislabelled' ? 'NISTKeyWrap' : mode;
  return { blob, parameters: { BlockCipherMode: label } };
}

function secret(): KeyHalf {
  const material = [...randomBytes(1 + (randomBytes(1)[0]! % 40))];
  const none = { algorithm: null, lengthBits: null };
  return { objectType: 'SecretData', keyFormatType: 'Raw', material, ...none };
}

/** One of two RSA keys: it may be the same in several pairs. */
function rsaPair(bytesAlone: boolean): Key {
  const { privateKey: key } = keptRsa('2048', randomBytes(1)[0]! % 2);
  const jwk = key.export({ format: 'jwk' });
  const common = { algorithm: 'RSA', lengthBits: 2048 };
  const publicMaterial = { Modulus: bigOf(jwk.n), PublicExponent: bigOf(jwk.e) };
  const half = bytesAlone
    ? pkcs8Of(key)
    : {
        keyFormatType: 'TransparentRSAPrivateKey',
        material: {
          Modulus: bigOf(jwk.n),
          PrivateExponent: bigOf(jwk.d),
          PublicExponent: bigOf(jwk.e),
          P: bigOf(jwk.p),
          Q: bigOf(jwk.q),
          PrimeExponentP: bigOf(jwk.dp),
          PrimeExponentQ: bigOf(jwk.dq),
          CRTCoefficient: bigOf(jwk.qi),
        },
      };
  const publicHalf = bytesAlone
    ? spkiOf(jwk)
    : { keyFormatType: 'TransparentRSAPublicKey', material: publicMaterial };
  return {
    half: { objectType: 'PrivateKey', ...half, ...common },
    publicHalf: { objectType: 'PublicKey', ...publicHalf, ...common },
    seal: (plaintext, way) => rsaWay(key, plaintext, way),
  };
}

const HASHES = ['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512'] as const;
const HASH_BYTES = { SHA1: 20, SHA224: 28, SHA256: 32, SHA384: 48, SHA512: 64 } as const;

function rsaWay(key: KeyObject, plaintext: Buffer, way: number): Sealed {
  const hash = HASHES[(way >> 1) % HASHES.length]!;
  const fits = plaintext.length <= modulusBytes(key) - 2 * HASH_BYTES[hash] - 2;
  const padding = fits && way % 2 === 0 ? 'OAEP' : 'None';
  const blob = sealByRsa(key, { padding, hash }, plaintext);
  // OAEP with SHA-256 may go unsaid.
  if (padding === 'OAEP' && hash === 'SHA256' && way % 4 === 0) return { blob, parameters: null };
  return {
    blob,
    parameters: {
      PaddingMethod: padding,
      HashingAlgorithm: hash,
      CryptographicAlgorithm: 'RSA',
    },
  };
}

const NODE_CURVES = { P256: 'P-256', P384: 'P-384', P521: 'P-521' } as const;

function curvePair(curve: EciesCurve | 'CURVE25519' | 'CURVEED25519', bytesAlone: boolean): Key {
  const { privateKey } =
    curve === 'CURVE25519'
      ? freshPair('x25519')
      : curve === 'CURVEED25519'
        ? freshPair('ed25519')
        : freshPair('ec', { namedCurve: NODE_CURVES[curve] });
  const jwk = privateKey.export({ format: 'jwk' });
  const point = pointOf(jwk);
  const common = {
    algorithm: curve === 'CURVEED25519' ? 'Ed25519' : 'ECDH',
    lengthBits: 8 * Buffer.from(jwk.d ?? '', 'base64url').length,
  };
  const half = bytesAlone
    ? pkcs8Of(privateKey)
    : transparent('Private', { RecommendedCurve: curve, D: bigOf(jwk.d) });
  const publicHalf = bytesAlone
    ? spkiOf(jwk)
    : transparent('Public', { RecommendedCurve: curve, QString: [...point] });
  return {
    half: { objectType: 'PrivateKey', ...half, ...common },
    publicHalf: { objectType: 'PublicKey', ...publicHalf, ...common },
    seal: (plaintext) => ({ blob: sealToPoint(curve, point, plaintext), parameters: null }),
  };
}

function sealToPoint(curve: CurveName, point: Buffer, plaintext: Buffer): Buffer {
  if (curve === 'CURVE25519') return sealSealedBox(point, plaintext);
  if (curve === 'CURVEED25519') return sealSealedBox(x25519PointOf(point), plaintext);
  return sealEcies(curve as EciesCurve, point, plaintext);
}

function transparent(half: 'Private' | 'Public', material: MaterialJson) {
  return { keyFormatType: `TransparentEC${half}Key`, material };
}

function pkcs8Of(key: KeyObject) {
  const der = key.export({ format: 'der', type: 'pkcs8' });
  return { keyFormatType: 'PKCS8', material: [...der] };
}

/** The server labels a SubjectPublicKeyInfo PKCS8 too. */
function spkiOf(jwk: JsonWebKey) {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { keyFormatType: 'PKCS8', material: [...der] };
}

/** A SEC1 point, compressed, or the raw bytes of the younger curves. */
function pointOf({ x = '', y }: JsonWebKey): Buffer {
  const bytes = Buffer.from(x, 'base64url');
  if (y === undefined) return bytes;
  const odd = Buffer.from(y, 'base64url').at(-1)! & 1;
  return Buffer.concat([Buffer.of(2 + odd), bytes]);
}

function bigOf(base64url = ''): readonly [number, readonly number[]] {
  let rest = BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`);
  const limbs: number[] = [];
  for (; rest > 0n; rest >>= 32n) limbs.push(Number(rest & 0xffff_ffffn));
  return [1, limbs];
}
