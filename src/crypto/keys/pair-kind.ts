// Of what kind a stored pair is, so that another of its kind can be made: curve, size and public exponent are
// read from the key itself and never defaulted; and whether its halves belong together.
import type { KeyObject } from 'node:crypto';
import { KmsError } from '../../errors.js';
import type { KeyMaterial } from '../../kmip/key-material.js';
import type { Curve } from './curves.js';
import { fromBigEndian } from '../der.js';
import {
  isKeyObjectPair,
  isKeyObjectAlgorithm,
  isPrivateKeyFormat,
  privateKeyObject,
  publicKeyObject,
} from './key-object.js';
import {
  decodePqcPrivateKey,
  decodePqcPublicKey,
  holdsPublicKey,
  pqcAlgorithm,
  X25519_BYTES,
  type PqcAlgorithm,
} from '../pqc/pqc-encoding.js';
import { curveOfKey } from './transparent-material.js';

/** What a new pair is to be like; `cryptographicAlgorithm` is the name that the old one goes by. */
export type PairKind = { readonly cryptographicAlgorithm: string } & (
  | { readonly kind: 'rsa'; readonly modulusBits: number; readonly publicExponent: number }
  | { readonly kind: 'curve'; readonly curve: string }
  | { readonly kind: 'pqc' }
);

/** A half of a pair as it stands in a row, or will. */
export interface FormattedKeyMaterial {
  readonly keyFormatType: string;
  readonly material: KeyMaterial;
}

/** What OpenSSL makes. */
const SMALLEST_MODULUS_BITS = 512;
const GREATEST_MODULUS_BITS = 16_384;
/** What node:crypto takes. */
const GREATEST_EXPONENT = 2n ** 32n - 1n;

/** The name of a curve's keys where the old pair has none. */
const NAMES: Readonly<Record<Curve['keyType'], string>> = {
  ec: 'ECDH',
  x25519: 'ECDH',
  x448: 'ECDH',
  ed25519: 'Ed25519',
  ed448: 'Ed448',
};

/** Says why no private key that calls itself so can be replaced, or null; its material may say more. */
export function unsupportedPrivateKey(
  algorithm: string | null,
  keyFormatType: string,
): string | null {
  const pqc = pqcAlgorithm(algorithm);
  if (pqc === undefined && algorithm !== null && !isKeyObjectAlgorithm(algorithm)) {
    return `keys of the algorithm ${algorithm} are not supported`;
  }
  const known =
    pqc === undefined ? isPrivateKeyFormat(keyFormatType) : keyFormatType === pqcFormat(pqc);
  return known ? null : `the format ${keyFormatType} is not supported for such a private key`;
}

/**
 * Returns of what kind a private key is.
 *
 * @throws KmsError MalformedObject if it does not parse or is not of the algorithm; Unsupported if no such
 *   pair can be made.
 */
export function kindOfPair(
  algorithm: string | null,
  { keyFormatType, material }: FormattedKeyMaterial,
): PairKind {
  const pqc = pqcAlgorithm(algorithm);
  if (pqc !== undefined) {
    decodePqcPrivateKey(pqc, pqcBytes(pqc, { keyFormatType, material }));
    return { kind: 'pqc', cryptographicAlgorithm: pqc.name };
  }
  const key = privateKeyObject(algorithm, keyFormatType, material);
  if (key.asymmetricKeyType === 'rsa') return rsaKind(algorithm, key);
  return curveKind(curveOfKey(key), algorithm);
}

/** Returns the kind of the pairs on a curve, which go by KMIP's name for them unless another is given. */
export function curveKind({ name, keyType }: Curve, algorithm: string | null = null): PairKind {
  return { kind: 'curve', curve: name, cryptographicAlgorithm: algorithm ?? NAMES[keyType] };
}

/**
 * Says whether a public key is that of a private key.
 *
 * @throws KmsError as kindOfPair does, for either half.
 */
export function isKeyPair(
  algorithm: string | null,
  plainPrivateKey: FormattedKeyMaterial,
  plainPublicKey: FormattedKeyMaterial,
): boolean {
  const pqc = pqcAlgorithm(algorithm);
  if (pqc === undefined) {
    return isKeyObjectPair(
      privateKeyObject(algorithm, plainPrivateKey.keyFormatType, plainPrivateKey.material),
      publicKeyObject(algorithm, plainPublicKey.keyFormatType, plainPublicKey.material),
    );
  }
  const privateKey = decodePqcPrivateKey(pqc, pqcBytes(pqc, plainPrivateKey));
  const publicKey = decodePqcPublicKey(pqc, pqcBytes(pqc, plainPublicKey));
  if (!holdsPublicKey(pqc, privateKey, publicKey)) return false;
  return pqc.family !== 'hybrid' || x25519BelongsTogether(privateKey.expanded, publicKey);
}

function rsaKind(algorithm: string | null, key: KeyObject): PairKind {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < SMALLEST_MODULUS_BITS || modulusLength > GREATEST_MODULUS_BITS) {
    throw unsupported(`an RSA key of ${modulusLength} bits`);
  }
  if (publicExponent > GREATEST_EXPONENT || publicExponent < 3n || publicExponent % 2n === 0n) {
    throw unsupported(`an RSA key with the public exponent ${publicExponent}`);
  }
  return {
    kind: 'rsa',
    modulusBits: modulusLength,
    publicExponent: Number(publicExponent),
    cryptographicAlgorithm: algorithm ?? 'RSA',
  };
}

function x25519BelongsTogether(expanded: Buffer, publicKey: Buffer): boolean {
  const curve = 'CURVE25519';
  const d = fromBigEndian(expanded.subarray(-X25519_BYTES));
  const q = publicKey.subarray(-X25519_BYTES);
  return isKeyObjectPair(
    privateKeyObject('ECDH', 'TransparentECPrivateKey', { kind: 'ec-private', curve, d }),
    publicKeyObject('ECDH', 'TransparentECPublicKey', { kind: 'ec-public', curve, q }),
  );
}

/** Returns the format in which the server stores keys of an algorithm, both halves. */
export function pqcFormat({ arc }: PqcAlgorithm): string {
  return arc === null ? 'Raw' : 'PKCS8';
}

/** The bytes of a post-quantum half. A public one may go by KMIP's own name for SubjectPublicKeyInfo. */
function pqcBytes(
  algorithm: PqcAlgorithm,
  { keyFormatType, material }: FormattedKeyMaterial,
): Buffer {
  const formats = [pqcFormat(algorithm), ...(algorithm.arc === null ? [] : ['X509'])];
  if (material.kind === 'bytes' && formats.includes(keyFormatType)) return material.bytes;
  throw unsupported(`the format ${keyFormatType} for keys of ${algorithm.name}`);
}

function unsupported(what: string): KmsError {
  return new KmsError('Unsupported', `${what} is not supported`, {
    hint: 'rotate it with the server that made it, or disarm it',
  });
}
