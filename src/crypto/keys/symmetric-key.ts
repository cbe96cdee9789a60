// Generates key material for symmetric keys, and knows which lengths each algorithm has.
import { randomBytes } from 'node:crypto';

type LengthRule = 'any' | readonly number[];

/** Lengths in bits; `any` is any number of whole bytes, as for MAC and sponge keys. */
const LENGTHS: Readonly<Record<string, LengthRule>> = {
  AES: [128, 192, 256],
  ChaCha20: [256],
  ChaCha20Poly1305: [256],
  HMACSHA1: 'any',
  HMACSHA224: 'any',
  HMACSHA256: 'any',
  HMACSHA384: 'any',
  HMACSHA512: 'any',
  HMACSHA3224: 'any',
  HMACSHA3256: 'any',
  HMACSHA3384: 'any',
  HMACSHA3512: 'any',
  SHA3224: 'any',
  SHA3256: 'any',
  SHA3384: 'any',
  SHA3512: 'any',
  SHAKE128: 'any',
  SHAKE256: 'any',
};

/** The longest key that we generate: far longer than any in use, and harmless to a database. */
const LONGEST_BITS = 65_536;

/** The algorithms of symmetric keys that we can generate. */
export const SYMMETRIC_ALGORITHMS: readonly string[] = Object.keys(LENGTHS);

/** Returns why such a key cannot be generated, or null. */
export function unsupportedSymmetricKey(
  algorithm: string | null,
  lengthBits: number,
): string | null {
  if (algorithm === null) return 'it names no cryptographic algorithm';
  const rule = Object.hasOwn(LENGTHS, algorithm) ? LENGTHS[algorithm] : undefined;
  if (rule === undefined) return `the algorithm ${algorithm} is not supported for symmetric keys`;
  const known =
    rule === 'any'
      ? lengthBits > 0 && lengthBits % 8 === 0 && lengthBits <= LONGEST_BITS
      : rule.includes(lengthBits);
  return known ? null : `${algorithm} has no keys of ${lengthBits} bits`;
}

/** Returns new material. The caller wipes it. */
export function generateSymmetricKey(lengthBits: number): Buffer {
  return randomBytes(lengthBits / 8);
}
