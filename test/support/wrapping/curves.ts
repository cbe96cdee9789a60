// ECIES and sealed boxes as the storage format states them (§5.3), both ways, from the primitives: points
// and Salsa20 of @noble, all else of node:crypto.
import { createECDH, createHash, randomBytes } from 'node:crypto';
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { openGcmWith, sealGcmWith } from './aes-and-rsa.js';
import { bigEndian } from './ttlv.js';

const CURVES = {
  P256: { curve: p256, node: 'prime256v1', scalarBytes: 32, shake: 'shake128', keyBytes: 16 },
  P384: { curve: p384, node: 'secp384r1', scalarBytes: 48, shake: 'shake256', keyBytes: 32 },
  P521: { curve: p521, node: 'secp521r1', scalarBytes: 66, shake: 'shake256', keyBytes: 32 },
} as const;

export type EciesCurve = keyof typeof CURVES;

/** By key and bytes what they opened to: a store is unwrapped again and again, and little of it changes. */
const opened = new Map<string, Buffer>();

function remembered(key: string, blob: Buffer, open: () => Buffer): Buffer {
  const both = `${key} ${blob.toString('base64')}`;
  const known = opened.get(both) ?? open();
  opened.set(both, known);
  return Buffer.from(known);
}

/** Opens R ‖ ciphertext ‖ tag. @throws Error if key or bytes do not fit. */
export function openEcies(name: EciesCurve, scalar: bigint, blob: Buffer): Buffer {
  return remembered(`${name} ${scalar}`, blob, () => openedEcies(name, scalar, blob));
}

function openedEcies(name: EciesCurve, scalar: bigint, blob: Buffer): Buffer {
  const { node, scalarBytes } = CURVES[name];
  const ephemeral = blob.subarray(0, scalarBytes + 1);
  const ecdh = createECDH(node);
  ecdh.setPrivateKey(bigEndian(scalar, scalarBytes));
  const own = ecdh.getPublicKey(null, 'compressed');
  const x = ecdh.computeSecret(ephemeral);
  const openWith = (sign: number) => {
    const shared = Buffer.concat([Buffer.of(sign), x]);
    const { key, nonce } = eciesKeys(name, shared, ephemeral, own);
    return openGcmWith(key, nonce, blob.subarray(scalarBytes + 1));
  };
  // Node tells of a shared point all but the sign of y; the tag says which it is.
  try {
    return openWith(2);
  } catch {
    return openWith(3);
  }
}

export function sealEcies(name: EciesCurve, point: Buffer, plaintext: Buffer): Buffer {
  const { curve, scalarBytes } = CURVES[name];
  const scalar = 1n + (BigInt(`0x${randomBytes(scalarBytes + 8).toString('hex')}`) % (1n << 240n));
  const recipient = curve.Point.fromBytes(point);
  const ephemeral = Buffer.from(curve.Point.BASE.multiply(scalar).toBytes(true));
  const shared = recipient.multiply(scalar).toBytes(true);
  const { key, nonce } = eciesKeys(name, shared, ephemeral, recipient.toBytes(true));
  return Buffer.concat([ephemeral, sealGcmWith(key, nonce, plaintext)]);
}

function eciesKeys(name: EciesCurve, shared: Uint8Array, ephemeral: Buffer, own: Uint8Array) {
  const { shake, keyBytes } = CURVES[name];
  return {
    key: createHash(shake, { outputLength: keyBytes }).update(shared).digest(),
    nonce: createHash(shake, { outputLength: 12 }).update(ephemeral).update(own).digest(),
  };
}

/** Opens a sealed box of libsodium by the private bytes of an X25519 key. @throws Error if it does not fit. */
export function openSealedBox(secret: Buffer, blob: Buffer): Buffer {
  return remembered(secret.toString('base64'), blob, () => {
    const ephemeral = blob.subarray(0, 32);
    const { key, nonce } = boxKeys(secret, ephemeral, ephemeral, x25519.getPublicKey(secret));
    return Buffer.from(xsalsa20poly1305(key, nonce).decrypt(blob.subarray(32)));
  });
}

export function sealSealedBox(recipient: Buffer, plaintext: Buffer): Buffer {
  const secret = randomBytes(32);
  const ephemeral = Buffer.from(x25519.getPublicKey(secret));
  const { key, nonce } = boxKeys(secret, recipient, ephemeral, recipient);
  return Buffer.concat([ephemeral, xsalsa20poly1305(key, nonce).encrypt(plaintext)]);
}

function boxKeys(
  secret: Uint8Array,
  other: Uint8Array,
  ephemeral: Uint8Array,
  recipient: Uint8Array,
) {
  const key = new Uint8Array(32);
  const sigma = words(Buffer.from('expand 32-byte k', 'ascii'));
  hsalsa(
    sigma,
    words(x25519.getSharedSecret(secret, other)),
    words(new Uint8Array(16)),
    words(key),
  );
  const nonce = blake2b(Buffer.concat([ephemeral, recipient]), { dkLen: 24 });
  return { key, nonce };
}

/** The same bytes as words, or a copy where they do not lie on a boundary. */
function words(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

/** Returns the X25519 secret of an Ed25519 key: the clamped half of the seed's hash (RFC 8032 §5.1.5). */
export function x25519SecretOf(seed: Buffer): Buffer {
  const secret = createHash('sha512').update(seed).digest().subarray(0, 32);
  secret[0]! &= 248;
  secret[31] = (secret[31]! & 127) | 64;
  return secret;
}

const FIELD = 2n ** 255n - 19n;

/** Returns the X25519 point of an Ed25519 public key: u = (1 + y) / (1 - y). */
export function x25519PointOf(publicKey: Buffer): Buffer {
  const { y } = ed25519.Point.fromBytes(publicKey).toAffine();
  const u = ((1n + y) * inverse(1n - y)) % FIELD;
  return bigEndian(u, 32).reverse();
}

/** By Fermat: the exponent is the field's size less 2. */
function inverse(number: bigint): bigint {
  let result = 1n;
  let base = ((number % FIELD) + FIELD) % FIELD;
  for (let exponent = FIELD - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % FIELD;
    base = (base * base) % FIELD;
  }
  return result;
}
