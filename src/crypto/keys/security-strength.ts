// The security strength of a key in bits (NIST SP 800-57 part 1 rev. 5, tables 2 to 4; FIPS 203, 204, 205).

/** The least modulus in bits for each strength. */
const RSA_STRENGTHS: readonly (readonly [modulus: number, bits: number])[] = [
  [15_360, 256],
  [7680, 192],
  [3072, 128],
  [2048, 112],
  [1024, 80],
];

const FIXED: Readonly<Record<string, number>> = {
  // Its three keys would give 112, but since 2024 it may no longer encrypt (NIST SP 800-131A).
  THREE_DES: 0,
  DES: 0,
  RC2: 0,
  RC4: 0,
  ChaCha20: 256,
  ChaCha20Poly1305: 256,
  Ed25519: 128,
  Ed448: 224,
  MLKEM_512: 128,
  MLKEM_768: 192,
  MLKEM_1024: 256,
  MLDSA_44: 128,
  MLDSA_65: 192,
  MLDSA_87: 256,
  X25519MLKEM768: 192,
};

const BY_MODULUS = ['RSA', 'DSA', 'DH'];
/** On a curve the strength is half the length. */
const BY_CURVE = ['EC', 'ECDH', 'ECDSA', 'ECMQV'];

/**
 * Returns the security strength of a key, or null if it is not known.
 *
 * @param length in bits, as in Cryptographic Length.
 */
export function securityStrengthOf(algorithm: string | null, length: number | null): number | null {
  if (algorithm === null) return null;
  const fixed = FIXED[algorithm];
  if (fixed !== undefined) return fixed;
  const slhDsa = /^SLHDSA_[A-Z0-9]+_(128|192|256)[sf]$/.exec(algorithm)?.[1];
  if (slhDsa !== undefined) return Number(slhDsa);
  if (length === null) return null;
  if (BY_MODULUS.includes(algorithm)) {
    return RSA_STRENGTHS.find(([modulus]) => length >= modulus)?.[1] ?? 0;
  }
  if (BY_CURVE.includes(algorithm)) return Math.floor(length / 2);
  return /^(AES|HMAC|SHA|SHAKE|Camellia|SEED|ARIA)/i.test(algorithm) ? length : null;
}
