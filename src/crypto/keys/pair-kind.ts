// What kind of pair a private key belongs to, so that another pair of that kind can be made. Curve, size and public
// exponent are read from the key itself and never defaulted.
import type { KeyObject } from 'node:crypto';
import { pqcAlgorithm, pqcKeyFormatType } from '../pqc/pqc-algorithms.js';
import { decodePqcPrivateKey } from '../pqc/pqc-encoding.js';
import type { Curve } from './curves.js';
import { pqcKeyBytes, type FormattedKeyMaterial } from './formatted-key-material.js';
import { unsupportedKey } from './key-errors.js';
import { isKeyObjectAlgorithm, isPrivateKeyFormat, privateKeyObject } from './key-object.js';
import { curveOfKey } from './transparent-material.js';

/** How a new pair is made; `cryptographicAlgorithm` is the one that the replaced pair names. */
export type PairKind = { readonly cryptographicAlgorithm: string } & (
  | { readonly kind: 'rsa'; readonly modulusBits: number; readonly publicExponent: number }
  | { readonly kind: 'curve'; readonly curve: string }
  | { readonly kind: 'pqc' }
);

/** OpenSSL's limits on RSA keys. */
const SMALLEST_MODULUS_BITS = 512;
const GREATEST_MODULUS_BITS = 16_384;
/** The limit of node:crypto. */
const GREATEST_EXPONENT = 2n ** 32n - 1n;

/** The Cryptographic Algorithm of a new pair if the replaced pair names none. */
const CURVE_ALGORITHMS: Readonly<Record<Curve['keyType'], string>> = {
  ec: 'ECDH',
  x25519: 'ECDH',
  x448: 'ECDH',
  ed25519: 'Ed25519',
  ed448: 'Ed448',
};

/**
 * Returns why a private key of this algorithm and format cannot be replaced, or null. Its material may still be
 * unsupported.
 */
export function unsupportedPrivateKey(
  algorithm: string | null,
  keyFormatType: string,
): string | null {
  const pqc = pqcAlgorithm(algorithm);
  if (pqc === undefined && algorithm !== null && !isKeyObjectAlgorithm(algorithm)) {
    return `keys of the algorithm ${algorithm} are not supported`;
  }
  const known =
    pqc === undefined ? isPrivateKeyFormat(keyFormatType) : keyFormatType === pqcKeyFormatType(pqc);
  return known ? null : `the format ${keyFormatType} is not supported for such a private key`;
}

/**
 * Returns the kind of pair that a private key belongs to.
 *
 * @throws KmsError MalformedObject if it does not parse or is of another algorithm; Unsupported if no such pair can be
 *   made.
 */
export function kindOfPair(algorithm: string | null, plainKey: FormattedKeyMaterial): PairKind {
  const pqc = pqcAlgorithm(algorithm);
  if (pqc !== undefined) {
    decodePqcPrivateKey(pqc, pqcKeyBytes(pqc, plainKey));
    return { kind: 'pqc', cryptographicAlgorithm: pqc.name };
  }
  const key = privateKeyObject(algorithm, plainKey.keyFormatType, plainKey.material);
  if (key.asymmetricKeyType === 'rsa') return rsaKind(algorithm, key);
  return curveKind(curveOfKey(key), algorithm);
}

/** Returns the kind of pairs on a curve, of the usual algorithm unless one is given. */
export function curveKind({ name, keyType }: Curve, algorithm: string | null = null): PairKind {
  const cryptographicAlgorithm = algorithm ?? CURVE_ALGORITHMS[keyType];
  return { kind: 'curve', curve: name, cryptographicAlgorithm };
}

function rsaKind(algorithm: string | null, key: KeyObject): PairKind {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < SMALLEST_MODULUS_BITS || modulusLength > GREATEST_MODULUS_BITS) {
    throw unsupportedKey(`an RSA key of ${modulusLength} bits`);
  }
  if (publicExponent > GREATEST_EXPONENT || publicExponent < 3n || publicExponent % 2n === 0n) {
    throw unsupportedKey(`an RSA key with the public exponent ${publicExponent}`);
  }
  return {
    kind: 'rsa',
    modulusBits: modulusLength,
    publicExponent: Number(publicExponent),
    cryptographicAlgorithm: algorithm ?? 'RSA',
  };
}
