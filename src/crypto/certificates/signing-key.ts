// Keys that sign certificates and keys that verify them: RSA and curves by node:crypto, ML-DSA and SLH-DSA by pqc/.
// The caller wipes a signing key.
import { constants, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { KmsError } from '../../errors.js';
import { readDer } from '../der.js';
import { pqcKeyBytes, type FormattedKeyMaterial } from '../keys/formatted-key-material.js';
import { isKeyObjectPair, privateKeyObject, publicKeyObject } from '../keys/key-object.js';
import { pqcAlgorithm, pqcAlgorithmOfOid, type PqcAlgorithm } from '../pqc/pqc-algorithms.js';
import { decodePqcPublicKey } from '../pqc/pqc-encoding.js';
import { expandPqcPrivateKey, isPqcKeyPair } from '../pqc/pqc-private-key.js';
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

/** Returns the private key of a pair. @throws KmsError MalformedObject or Unsupported. */
export async function signingKeyOf(
  algorithm: string | null,
  plainKey: FormattedKeyMaterial,
): Promise<SigningKey> {
  const pqc = pqcAlgorithm(algorithm);
  if (pqc === undefined) {
    const { keyFormatType, material } = plainKey;
    return { kind: 'node', key: privateKeyObject(algorithm, keyFormatType, material) };
  }
  const expanded = await expandPqcPrivateKey(pqc, pqcKeyBytes(pqc, plainKey));
  return { kind: 'pqc', algorithm: pqc, expanded };
}

export function wipeSigningKey(key: SigningKey): void {
  if (key.kind === 'pqc') key.expanded.fill(0);
}

/** Returns the key in a SubjectPublicKeyInfo. @throws KmsError MalformedObject or Unsupported. */
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
    throw new KmsError('Unsupported', 'the public key in the certificate is of an unknown kind', {
      hint: 'have it reissued by its issuer',
      cause,
    });
  }
}

/** Returns the key of a Public Key object. @throws KmsError MalformedObject or Unsupported. */
export function verifyingKeyOf(
  algorithm: string | null,
  plainKey: FormattedKeyMaterial,
): VerifyingKey {
  const pqc = pqcAlgorithm(algorithm);
  if (pqc === undefined) {
    const { keyFormatType, material } = plainKey;
    return { kind: 'node', key: publicKeyObject(algorithm, keyFormatType, material) };
  }
  const publicKey = decodePqcPublicKey(pqc, pqcKeyBytes(pqc, plainKey));
  return { kind: 'pqc', algorithm: pqc, publicKey: Buffer.from(publicKey) };
}

/** Says whether a private key belongs to a public key. */
export function isPrivateKeyOf(privateKey: SigningKey, publicKey: VerifyingKey): boolean {
  if (privateKey.kind === 'node') {
    return publicKey.kind === 'node' && isKeyObjectPair(privateKey.key, publicKey.key);
  }
  const { algorithm, expanded } = privateKey;
  if (publicKey.kind === 'node' || algorithm.name !== publicKey.algorithm.name) return false;
  return isPqcKeyPair(algorithm, expanded, publicKey.publicKey);
}

/** Says whether two public keys are the same. */
export function isSameKey(one: VerifyingKey, other: VerifyingKey): boolean {
  if (one.kind === 'node') return other.kind === 'node' && one.key.equals(other.key);
  return other.kind === 'pqc' && one.publicKey.equals(other.publicKey);
}

/** Returns what a signature algorithm is chosen by. */
export function keyTypeOf(key: SigningKey | VerifyingKey): KeyObject | PqcAlgorithm {
  return key.kind === 'node' ? key.key : key.algorithm;
}

/** Signs bytes. @throws KmsError Unsupported if the key is too small for the algorithm, or OpenSSL refuses it. */
export async function signBytes(
  key: SigningKey,
  algorithm: SignatureAlgorithm,
  bytes: Buffer,
): Promise<Buffer> {
  if (key.kind === 'pqc') return pqcSign(key.algorithm, key.expanded, bytes);
  try {
    return sign(hashOf(algorithm), bytes, { key: key.key, ...paddingOf(algorithm) });
  } catch (cause) {
    throw new KmsError('Unsupported', 'the key cannot sign with this algorithm', {
      hint: 'renew it where it was issued, or use a longer key',
      cause,
    });
  }
}

/** Says whether a signature by the identified algorithm is valid; false for algorithms that we do not know. */
export async function verifySignature(
  key: VerifyingKey,
  identifier: Buffer,
  bytes: Buffer,
  signature: Buffer,
): Promise<boolean> {
  const algorithm = parseSignatureAlgorithm(identifier);
  if (algorithm === null || !isAlgorithmFor(algorithm, keyTypeOf(key))) return false;
  if (key.kind === 'pqc') return pqcVerify(key.algorithm, key.publicKey, bytes, signature);
  const verifying = { key: key.key, ...paddingOf(algorithm) };
  return verify(hashOf(algorithm), bytes, verifying, signature);
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
