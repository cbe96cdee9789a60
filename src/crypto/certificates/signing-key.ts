// Keys that sign certificates and keys that check them, whatever their kind: RSA, curves and Edwards curves by
// node:crypto, ML-DSA and SLH-DSA beside it. Whoever takes a signing key wipes it.
import { constants, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { KmsError } from '../../errors.js';
import { readDer } from '../der.js';
import { isKeyObjectPair, privateKeyObject, publicKeyObject } from '../keys/key-object.js';
import type { FormattedKeyMaterial } from '../keys/pair-kind.js';
import {
  decodePqcPrivateKey,
  decodePqcPublicKey,
  holdsPublicKey,
  pqcAlgorithm,
  pqcAlgorithmOfOid,
  type PqcAlgorithm,
} from '../pqc/pqc-encoding.js';
import { pqcSign, pqcVerify } from '../pqc/pqc-signing.js';
import {
  isAlgorithmFor,
  parseSignatureAlgorithm,
  type SignatureAlgorithm,
} from './signature-algorithm.js';

export type SigningKey =
  | { readonly kind: 'node'; readonly key: KeyObject }
  | { readonly kind: 'pqc'; readonly algorithm: PqcAlgorithm; readonly expanded: Buffer };

export type VerifyingKey =
  | { readonly kind: 'node'; readonly key: KeyObject }
  | { readonly kind: 'pqc'; readonly algorithm: PqcAlgorithm; readonly publicKey: Buffer };

/** Returns the private key of a pair's half. @throws KmsError MalformedObject or Unsupported. */
export function signingKeyOf(algorithm: string | null, plainKey: FormattedKeyMaterial): SigningKey {
  const pqc = pqcAlgorithm(algorithm);
  if (pqc === undefined) {
    return {
      kind: 'node',
      key: privateKeyObject(algorithm, plainKey.keyFormatType, plainKey.material),
    };
  }
  if (plainKey.material.kind !== 'bytes') throw new TypeError(`numbers for a key of ${pqc.name}`);
  const { expanded } = decodePqcPrivateKey(pqc, plainKey.material.bytes);
  return { kind: 'pqc', algorithm: pqc, expanded: Buffer.from(expanded) };
}

export function wipeSigningKey(key: SigningKey): void {
  if (key.kind === 'pqc') key.expanded.fill(0);
}

/** Returns the key of a SubjectPublicKeyInfo. @throws KmsError MalformedObject or Unsupported. */
export function verifyingKeyIn(publicKeyInfo: Buffer): VerifyingKey {
  const pqc = pqcAlgorithmIn(publicKeyInfo);
  if (pqc !== undefined) {
    const publicKey = decodePqcPublicKey(pqc, publicKeyInfo);
    return { kind: 'pqc', algorithm: pqc, publicKey };
  }
  try {
    return {
      kind: 'node',
      key: createPublicKey({ key: publicKeyInfo, format: 'der', type: 'spki' }),
    };
  } catch (cause) {
    throw new KmsError('Unsupported', 'the public key in the certificate is of no known kind', {
      hint: 'have it issued anew by whoever issued it',
      cause,
    });
  }
}

/** Returns the key of a public key's row. @throws KmsError MalformedObject or Unsupported. */
export function verifyingKeyOf(
  algorithm: string | null,
  plainKey: FormattedKeyMaterial,
): VerifyingKey {
  const pqc = pqcAlgorithm(algorithm);
  if (pqc === undefined) {
    return {
      kind: 'node',
      key: publicKeyObject(algorithm, plainKey.keyFormatType, plainKey.material),
    };
  }
  if (plainKey.material.kind !== 'bytes') throw new TypeError(`numbers for a key of ${pqc.name}`);
  const publicKey = decodePqcPublicKey(pqc, plainKey.material.bytes);
  return { kind: 'pqc', algorithm: pqc, publicKey: Buffer.from(publicKey) };
}

/** Says whether a private key is that of a public key. */
export function isPrivateKeyOf(one: SigningKey, other: VerifyingKey): boolean {
  if (one.kind === 'node') return other.kind === 'node' && isKeyObjectPair(one.key, other.key);
  if (other.kind === 'node' || one.algorithm.name !== other.algorithm.name) return false;
  return holdsPublicKey(one.algorithm, { seed: null, expanded: one.expanded }, other.publicKey);
}

/** Says whether two public keys are the same. */
export function isSameKey(one: VerifyingKey, other: VerifyingKey): boolean {
  if (one.kind === 'node') return other.kind === 'node' && one.key.equals(other.key);
  return other.kind === 'pqc' && one.publicKey.equals(other.publicKey);
}

/** Returns the kind of a key, as algorithms are chosen by it. */
export function keyTypeOf(key: SigningKey | VerifyingKey): KeyObject | PqcAlgorithm {
  return key.kind === 'node' ? key.key : key.algorithm;
}

/** Signs bytes. @throws KmsError Unsupported if the key is too small for the algorithm, or refused. */
export async function signBytes(
  key: SigningKey,
  algorithm: SignatureAlgorithm,
  bytes: Buffer,
): Promise<Buffer> {
  if (key.kind === 'pqc') return pqcSign(key.algorithm, key.expanded, bytes);
  try {
    return sign(hashOf(algorithm), bytes, { key: key.key, ...paddingOf(algorithm) });
  } catch (cause) {
    throw new KmsError('Unsupported', 'this key cannot sign by this algorithm here', {
      hint: 'renew it where it was issued, or use a longer key',
      cause,
    });
  }
}

/** Says whether a signature is one of this key by the algorithm that it names; false for unknown ones. */
export async function verifySignature(
  key: VerifyingKey,
  identifier: Buffer,
  bytes: Buffer,
  signature: Buffer,
): Promise<boolean> {
  const algorithm = parseSignatureAlgorithm(identifier);
  if (algorithm === null || !isAlgorithmFor(algorithm, keyTypeOf(key))) return false;
  if (key.kind === 'pqc') return pqcVerify(key.algorithm, key.publicKey, bytes, signature);
  const checking = { key: key.key, ...paddingOf(algorithm) };
  return verify(hashOf(algorithm), bytes, checking, signature);
}

function pqcAlgorithmIn(publicKeyInfo: Buffer): PqcAlgorithm | undefined {
  const [outer] = readDer(publicKeyInfo) ?? [];
  const [identifier] = readDer(outer?.value ?? Buffer.alloc(0)) ?? [];
  const [id] = readDer(identifier?.value ?? Buffer.alloc(0)) ?? [];
  return id === undefined ? undefined : pqcAlgorithmOfOid(id.value);
}

function hashOf(algorithm: SignatureAlgorithm): string | null {
  return 'hash' in algorithm ? algorithm.hash : null;
}

function paddingOf(algorithm: SignatureAlgorithm): object {
  if (algorithm.kind !== 'rsa-pss') return {};
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.saltBytes };
}
