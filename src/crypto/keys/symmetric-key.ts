// Makes key material for symmetric keys. Which lengths an algorithm has is a table of data here; which
// key is to be made anew, and of what length, the flows say.
import { randomBytes } from 'node:crypto';

type LengthRule = 'any' | readonly number[];

/** Lengths in bits; `any` is any whole number of bytes, as for MAC and sponge keys. */
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

/** The longest key that we make, in bits: far above any in use, far below what hurts a database. */
const LONGEST_BITS = 65_536;

/** Algorithms for which symmetric keys can be made. */
export const SYMMETRIC_ALGORITHMS: readonly string[] = Object.keys(LENGTHS);

/** Returns why no such key can be made, or null if it can. */
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

/** Returns fresh material; whoever takes it wipes it (`fill(0)`) when done. */
export function generateSymmetricKey(lengthBits: number): Buffer {
  return randomBytes(lengthBits / 8);
}
