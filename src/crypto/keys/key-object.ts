// The KeyObject (node:crypto) of key material: RSA and every curve of the store, from transparent numbers or DER. It
// refuses material of the wrong algorithm. rsa-key.ts and curve-key.ts read the numbers, parse-key.ts reads DER.
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { KeyMaterial } from '../../kmip/key-material.js';
import { curvePrivateKey, curvePublicKey, requireCurve, withOwnPublicKey } from './curve-key.js';
import { malformedKey, unsupportedKey } from './key-errors.js';
import { parsePrivateKey, parsePublicKey } from './parse-key.js';
import { rsaPrivateKey, rsaPublicKey } from './rsa-key.js';

/** The Cryptographic Algorithms that a key of each type may have; KMIP has several for elliptic curves. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  rsa: ['RSA'],
  ec: ['ECDH', 'EC', 'ECDSA'],
  x25519: ['ECDH', 'EC'],
  x448: ['ECDH', 'EC'],
  ed25519: ['Ed25519'],
  ed448: ['Ed448'],
};

/** The Key Format Types of a private key. */
const PRIVATE_FORMATS = [
  'TransparentRSAPrivateKey',
  'TransparentECPrivateKey',
  'PKCS8',
  'PKCS1',
  'ECPrivateKey',
];

/** Says whether keys of an algorithm are KeyObjects; post-quantum keys are not (pqc/). */
export function isKeyObjectAlgorithm(name: string): boolean {
  return Object.values(ALGORITHMS).some((names) => names.includes(name));
}

export function isPrivateKeyFormat(keyFormatType: string): boolean {
  return PRIVATE_FORMATS.includes(keyFormatType);
}

/**
 * Returns the private key that the material holds.
 *
 * @throws KmsError MalformedObject if the material does not parse, has numbers that no such key has, or is of another
 *   algorithm; Unsupported for formats and types of key that we do not read.
 */
export function privateKeyObject(
  algorithm: string | null,
  keyFormatType: string,
  material: KeyMaterial,
): KeyObject {
  switch (material.kind) {
    case 'rsa-private':
      return ofAlgorithm(algorithm, rsaPrivateKey(material));
    case 'ec-private':
      return ofAlgorithm(algorithm, curvePrivateKey(requireCurve(material.curve), material.d));
    case 'bytes':
      return ofAlgorithm(algorithm, privateKeyOfBytes(keyFormatType, material.bytes));
    case 'rsa-public':
    case 'ec-public':
      throw malformedKey('the material is that of a public key');
  }
}

/** Returns the public key that the material holds. @throws KmsError as privateKeyObject. */
export function publicKeyObject(
  algorithm: string | null,
  keyFormatType: string,
  material: KeyMaterial,
): KeyObject {
  switch (material.kind) {
    case 'rsa-public':
      return ofAlgorithm(algorithm, rsaPublicKey(material.modulus, material.publicExponent));
    case 'ec-public':
      return ofAlgorithm(algorithm, curvePublicKey(requireCurve(material.curve), material.q));
    case 'bytes':
      return ofAlgorithm(algorithm, publicKeyOfBytes(keyFormatType, material.bytes));
    case 'rsa-private':
    case 'ec-private':
      throw malformedKey('the material is that of a private key');
  }
}

/** Says whether a public key belongs to a private key. */
export function isKeyObjectPair(privateKey: KeyObject, publicKey: KeyObject): boolean {
  return createPublicKey(privateKey).equals(publicKey);
}

function privateKeyOfBytes(keyFormatType: string, bytes: Buffer): KeyObject {
  switch (keyFormatType) {
    case 'PKCS8':
      return withOwnPublicKey(parsePrivateKey('PKCS#8 private key', bytes, 'pkcs8'));
    case 'PKCS1':
      return parsePrivateKey('PKCS#1 private key', bytes, 'pkcs1');
    case 'ECPrivateKey':
      return withOwnPublicKey(parsePrivateKey('SEC1 private key', bytes, 'sec1'));
    default:
      throw unsupportedKey(`the key format ${keyFormatType} of a private key`);
  }
}

function publicKeyOfBytes(keyFormatType: string, bytes: Buffer): KeyObject {
  switch (keyFormatType) {
    // The server labels SubjectPublicKeyInfo PKCS8 (storage format §2.4); KMIP's own name for it is X509.
    case 'PKCS8':
    case 'X509':
      return parsePublicKey('SubjectPublicKeyInfo', bytes, 'spki');
    case 'PKCS1':
      return parsePublicKey('PKCS#1 public key', bytes, 'pkcs1');
    default:
      throw unsupportedKey(`the key format ${keyFormatType} of a public key`);
  }
}

function ofAlgorithm(algorithm: string | null, key: KeyObject): KeyObject {
  const type = key.asymmetricKeyType ?? 'no';
  const algorithms = ALGORITHMS[type];
  if (algorithms === undefined) throw unsupportedKey(`a key of type ${type}`);
  if (algorithm === null || algorithms.includes(algorithm)) return key;
  throw malformedKey(`the material is a key of type ${type}, the algorithm says ${algorithm}`);
}
