// What CycloneDX 1.6 says of the algorithms that a store may hold: their primitives, sizes and strengths. Pure.
import { keyKind } from '../../keys/key-kind.js';

interface Sized {
  readonly algorithm: string | null;
  readonly objectType: string | null;
  /** Bits. */
  readonly length: number | null;
  readonly strengthBits: number | null;
}

const PRIMITIVES: readonly (readonly [pattern: RegExp, primitive: string])[] = [
  [/^(AES|THREE_DES|DES|RC2|Camellia|SEED|ARIA)$/, 'block-cipher'],
  [/^(RC4|ChaCha20)$/, 'stream-cipher'],
  [/^ChaCha20Poly1305$/, 'ae'],
  [/^(HMAC.*|Poly1305)$/, 'mac'],
  [/^SHAKE/, 'xof'],
  [/^SHA/, 'hash'],
  [/^RSA$/, 'pke'],
  [/^(DSA|ECDSA|Ed25519|Ed448|MLDSA_.*|SLHDSA_.*)$/, 'signature'],
  [/^(DH|ECDH|ECMQV)$/, 'key-agree'],
  [/^MLKEM_/, 'kem'],
  [/^X25519MLKEM768$/, 'combiner'],
];

/** The security strength categories of FIPS 203, 204 and 205, and of AES, by which those are defined. */
const CATEGORIES: readonly (readonly [pattern: RegExp, category: number])[] = [
  [/^(AES-128|MLKEM_512|SLHDSA_\w+_128[sf])$/, 1],
  [/^MLDSA_44$/, 2],
  [/^(AES-192|MLKEM_768|X25519MLKEM768|MLDSA_65|SLHDSA_\w+_192[sf])$/, 3],
  [/^(AES-256|MLKEM_1024|MLDSA_87|SLHDSA_\w+_256[sf])$/, 5],
  // Shor's algorithm breaks them.
  [/^(RSA|DSA|DH|EC|ECDH|ECDSA|ECMQV|Ed25519|Ed448)(-\d+)?$/, 0],
];

/** Returns the reference of the algorithm of a key; null if nobody knows it. */
export function algorithmRef(key: Sized): string | null {
  return key.algorithm === null ? null : `algorithm:${nameOf(key)}`;
}

/** Returns the algorithm of a key as a component. */
export function algorithmComponent(key: Sized & { readonly algorithm: string }): object {
  const name = nameOf(key);
  const category = found(CATEGORIES, name);
  return {
    type: 'cryptographic-asset',
    'bom-ref': `algorithm:${name}`,
    name,
    cryptoProperties: {
      assetType: 'algorithm',
      algorithmProperties: {
        primitive: found(PRIMITIVES, key.algorithm) ?? 'unknown',
        ...(key.length === null ? {} : { parameterSetIdentifier: String(key.length) }),
        ...(key.strengthBits === null ? {} : { classicalSecurityLevel: key.strengthBits }),
        ...(category === undefined ? {} : { nistQuantumSecurityLevel: category }),
      },
    },
  };
}

/** Returns the reference of an algorithm that is known by its object identifier alone. */
export function signatureRef(oid: string): string {
  return `algorithm:${oid}`;
}

export function signatureComponent(oid: string): object {
  return {
    type: 'cryptographic-asset',
    'bom-ref': signatureRef(oid),
    name: oid,
    cryptoProperties: {
      assetType: 'algorithm',
      algorithmProperties: { primitive: 'signature' },
      oid,
    },
  };
}

function nameOf(key: Sized): string {
  return keyKind(key) ?? 'unknown';
}

function found<T>(table: readonly (readonly [RegExp, T])[], name: string): T | undefined {
  return table.find(([pattern]) => pattern.test(name))?.[1];
}
