// What is wrong with pairs by the bytes of their rows: whether they work, and whether the halves belong together. RSA and
// curves by node:crypto and noble, post-quantum keys by OpenSSL 3.5; shares nothing with src.
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  ECDH,
  privateDecrypt,
  publicEncrypt,
  sign,
  verify,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { ed448, x448 } from '@noble/curves/ed448.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { freshPair } from './fresh-keys.js';
import type { PqcPair } from './openssl-35.js';
import type { UnwrappedObject } from './wrapping/unwrap-store.js';
import { rsaPrivateKeyOf } from './wrapping/material.js';
import { bigEndian, childOf, numberIn, readItem, type Item, type Tag } from './wrapping/ttlv.js';

interface Curve {
  readonly crv: string;
  readonly bytes: number;
  /** OpenSSL's name of a curve with points. */
  readonly named?: string;
  readonly publicKeyOf: (scalar: Uint8Array) => Uint8Array;
}

/** By KMIP's numbers. */
const CURVES: Readonly<Record<number, Curve>> = {
  7: ecCurve('P-256', 32, 'prime256v1', p256),
  0x0a: ecCurve('P-384', 48, 'secp384r1', p384),
  0x0d: ecCurve('P-521', 66, 'secp521r1', p521),
  0x19: ecCurve('secp256k1', 32, 'secp256k1', secp256k1),
  0x45: { crv: 'X25519', bytes: 32, publicKeyOf: (scalar) => x25519.getPublicKey(scalar) },
  0x46: { crv: 'X448', bytes: 56, publicKeyOf: (scalar) => x448.getPublicKey(scalar) },
  0x80000001: { crv: 'Ed25519', bytes: 32, publicKeyOf: (scalar) => ed25519.getPublicKey(scalar) },
  0x80000002: { crv: 'Ed448', bytes: 57, publicKeyOf: (scalar) => ed448.getPublicKey(scalar) },
};

/** Of X25519MLKEM768's private key: that of ML-KEM-768, then that of X25519. */
const HYBRID_BYTES = 2432;

const MESSAGE = Buffer.from('a message');

/** Returns what is wrong with an RSA pair or one on a curve, in a word each; nothing if all is well. */
export function pairFaults(
  { material: one }: UnwrappedObject,
  { material: other }: UnwrappedObject,
): readonly string[] {
  if (one.form === 'bytes' && one.bytes.length === HYBRID_BYTES) {
    return hybridFaults(one.bytes, other.bytes);
  }
  if (one.form !== 'structure' || other.form !== 'structure') return ['not transparent'];
  const [privateItem, publicItem] = [readItem(one.bytes), readItem(other.bytes)];
  const isRsa = privateItem.children.length > 2;
  return isRsa ? rsaFaults(privateItem, publicItem) : curveFaults(privateItem, publicItem);
}

/** Returns a post-quantum pair as OpenSSL is asked about it, or null for others. */
export function asPqcPair(privateKey: UnwrappedObject, publicKey: UnwrappedObject): PqcPair | null {
  const { CryptographicAlgorithm: name } = JSON.parse(privateKey.row.attributes) as {
    readonly CryptographicAlgorithm: string;
  };
  const family = /^(ML|SLH)(KEM|DSA)/.exec(name);
  if (family === null) return null;
  const text = ({ material }: UnwrappedObject) => material.bytes.toString('base64');
  return {
    name,
    family: `${family[1]!}-${family[2]!}`,
    privateKey: text(privateKey),
    publicKey: text(publicKey),
  };
}

function rsaFaults(privateItem: Item, publicItem: Item): readonly string[] {
  const privateKey = rsaPrivateKeyOf(privateItem);
  const [n, e] = [numberText(publicItem, 'Modulus'), numberText(publicItem, 'PublicExponent')];
  const publicKey = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
  const opened = privateDecrypt(privateKey, publicEncrypt(publicKey, MESSAGE));
  return [
    ...(createPublicKey(privateKey).equals(publicKey) ? [] : ['another public key']),
    ...(opened.equals(MESSAGE) ? [] : ['does not decrypt']),
    ...(signs(privateKey, publicKey, 'sha256') ? [] : ['does not sign']),
  ];
}

function hybridFaults(privateKey: Buffer, publicKey: Buffer): readonly string[] {
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey.subarray(0, -32));
  const opened = ml_kem768.decapsulate(cipherText, privateKey.subarray(0, -32));
  const agreed = x25519.getPublicKey(privateKey.subarray(-32));
  return [
    ...(Buffer.from(opened).equals(sharedSecret) ? [] : ['does not decapsulate']),
    ...(publicKey.subarray(-32).equals(agreed) ? [] : ['another public key']),
  ];
}

function curveFaults(privateItem: Item, publicItem: Item): readonly string[] {
  const curveOf = (item: Item) =>
    CURVES[Number(numberIn(childOf(item, 'RecommendedCurve')) & 0xffff_ffffn)]!;
  const curve = curveOf(privateItem);
  if (curveOf(publicItem) !== curve) return ['halves on two curves'];
  const scalar = bigEndian(numberIn(childOf(privateItem, 'D')), curve.bytes);
  const stored = childOf(publicItem, 'QString').value;
  if (!stored.equals(curve.publicKeyOf(scalar))) return ['another public key'];
  const jwk = publicJwk(curve, stored);
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const d = scalar.toString('base64url');
  const privateKey = createPrivateKey({ key: { ...jwk, d }, format: 'jwk' });
  if (curve.crv.startsWith('Ed'))
    return signs(privateKey, publicKey, null) ? [] : ['does not sign'];
  const agreed = agrees(privateKey, publicKey, curve) ? [] : ['does not agree'];
  if (curve.named === undefined) return agreed;
  return [...agreed, ...(signs(privateKey, publicKey, 'sha256') ? [] : ['does not sign'])];
}

function publicJwk({ crv, named, bytes }: Curve, stored: Buffer): JsonWebKey {
  if (named === undefined) return { kty: 'OKP', crv, x: stored.toString('base64url') };
  const point = ECDH.convertKey(stored, named, undefined, undefined, 'uncompressed') as Buffer;
  const [x, y] = [point.subarray(1, 1 + bytes), point.subarray(1 + bytes)];
  return { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') };
}

function agrees(privateKey: KeyObject, publicKey: KeyObject, { crv, named }: Curve): boolean {
  const other =
    named === undefined ? freshPair(crv.toLowerCase()) : freshPair('ec', { namedCurve: named });
  const ours = diffieHellman({ privateKey, publicKey: other.publicKey });
  return ours.equals(diffieHellman({ privateKey: other.privateKey, publicKey }));
}

function signs(privateKey: KeyObject, publicKey: KeyObject, hash: 'sha256' | null): boolean {
  return verify(hash, MESSAGE, publicKey, sign(hash, MESSAGE, privateKey));
}

function numberText(item: Item, tag: Tag): string {
  const hex = numberIn(childOf(item, tag)).toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

function ecCurve(
  crv: string,
  bytes: number,
  named: string,
  { getPublicKey }: { getPublicKey: (scalar: Uint8Array, compressed: boolean) => Uint8Array },
): Curve {
  return { crv, bytes, named, publicKeyOf: (scalar) => getPublicKey(scalar, true) };
}
