// The proof of a password that MariaDB's plugin ed25519 asks for: an Ed25519 signature (RFC 8032, 5.1.6) by the key that
// the password itself is hashed to, in place of a seed of 32 bytes.
import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';

const { Point } = ed25519;

/** Returns the signature of the server's challenge, 64 bytes. */
export function signWithPassword(challenge: Uint8Array, password: string): Uint8Array {
  const hashed = sha512(Buffer.from(password, 'utf8'));
  const scalar = toNumber(clamped(hashed.subarray(0, 32)));
  const publicKey = Point.BASE.multiply(scalar % Point.Fn.ORDER).toBytes();
  const nonce = toNumber(sha512(hashed.subarray(32), challenge)) % Point.Fn.ORDER;
  const commitment = Point.BASE.multiply(nonce).toBytes();
  const answer = toNumber(sha512(commitment, publicKey, challenge)) % Point.Fn.ORDER;
  const proof = (nonce + answer * scalar) % Point.Fn.ORDER;
  hashed.fill(0);
  return Buffer.concat([commitment, fromNumber(proof)]);
}

function sha512(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** RFC 8032, 5.1.5, step 2. */
function clamped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[0] = (copy[0] ?? 0) & 0xf8;
  copy[31] = ((copy[31] ?? 0) & 0x7f) | 0x40;
  return copy;
}

/** The bytes are little-endian, as everywhere in Ed25519. */
function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function fromNumber(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse();
}
