// Wrapping with an RSA key: OAEP (RFC 8017 §7.1) with MGF1 over the same hash and an empty label, and RSA AES key wrap
// (PKCS#11 CKM_RSA_AES_KEY_WRAP): OAEP of a new AES key, then AES Key Wrap with Padding with that key.
import { constants, privateDecrypt, publicEncrypt, randomBytes, type KeyObject } from 'node:crypto';
import { aesKeyUnwrapPadding, aesKeyWrapPadding } from './aes-wrapping.js';
import { cannotUnwrap, orCannotUnwrap, unsupportedWrapping } from './wrapping-failure.js';

/** Hashes by KMIP’s names, with OpenSSL’s names and their lengths. */
const HASHES: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  SHA1: { name: 'sha1', bytes: 20 },
  SHA224: { name: 'sha224', bytes: 28 },
  SHA256: { name: 'sha256', bytes: 32 },
  SHA384: { name: 'sha384', bytes: 48 },
  SHA512: { name: 'sha512', bytes: 64 },
  SHA512224: { name: 'sha512-224', bytes: 28 },
  SHA512256: { name: 'sha512-256', bytes: 32 },
  SHA3224: { name: 'sha3-224', bytes: 28 },
  SHA3256: { name: 'sha3-256', bytes: 32 },
  SHA3384: { name: 'sha3-384', bytes: 48 },
  SHA3512: { name: 'sha3-512', bytes: 64 },
};

const AES_KEY_BYTES = 32;

/** @throws KmsError UnsupportedWrapping for another hash, or for more bytes than the modulus can hold. */
export function rsaOaepWrap(
  publicKey: KeyObject,
  hashingAlgorithm: string,
  plaintext: Uint8Array,
): Buffer {
  const hash = hashOf(hashingAlgorithm);
  const most = rsaOaepCapacity(publicKey, hashingAlgorithm);
  if (plaintext.length > most) {
    throw unsupportedWrapping(
      `a key of ${plaintext.length} bytes under ${oaepName(hashingAlgorithm)}, ` +
        `where this wrapping key takes ${most},`,
    );
  }
  return publicEncrypt({ key: publicKey, ...oaep(hash.name) }, plaintext);
}

/** Returns how many bytes OAEP can hold under this key. @throws KmsError UnsupportedWrapping for another hash. */
export function rsaOaepCapacity(publicKey: KeyObject, hashingAlgorithm: string): number {
  return Math.max(modulusBytes(publicKey) - 2 * hashOf(hashingAlgorithm).bytes - 2, 0);
}

/** @throws KmsError CannotUnwrap unless the padding is valid; UnsupportedWrapping for another hash. */
export function rsaOaepUnwrap(
  privateKey: KeyObject,
  hashingAlgorithm: string,
  ciphertext: Uint8Array,
): Buffer {
  const hash = hashOf(hashingAlgorithm);
  return orCannotUnwrap(oaepName(hashingAlgorithm), () =>
    privateDecrypt({ key: privateKey, ...oaep(hash.name) }, ciphertext),
  );
}

/** @throws KmsError UnsupportedWrapping for another hash, or nothing to wrap. */
export function rsaAesKeyWrap(
  publicKey: KeyObject,
  hashingAlgorithm: string,
  plaintext: Uint8Array,
): Buffer {
  const aesKey = randomBytes(AES_KEY_BYTES);
  try {
    const encryptedKey = rsaOaepWrap(publicKey, hashingAlgorithm, aesKey);
    return Buffer.concat([encryptedKey, aesKeyWrapPadding(aesKey, plaintext)]);
  } finally {
    aesKey.fill(0);
  }
}

/** @throws KmsError CannotUnwrap unless both parts open; UnsupportedWrapping for another hash. */
export function rsaAesKeyUnwrap(
  privateKey: KeyObject,
  hashingAlgorithm: string,
  ciphertext: Uint8Array,
): Buffer {
  const end = modulusBytes(privateKey);
  const aesKey = rsaOaepUnwrap(privateKey, hashingAlgorithm, ciphertext.subarray(0, end));
  try {
    if (![16, 24, 32].includes(aesKey.length)) throw cannotUnwrap('RSA AES key wrap');
    return aesKeyUnwrapPadding(aesKey, ciphertext.subarray(end));
  } finally {
    aesKey.fill(0);
  }
}

function hashOf(hashingAlgorithm: string) {
  const hash = Object.hasOwn(HASHES, hashingAlgorithm) ? HASHES[hashingAlgorithm] : undefined;
  if (hash === undefined) throw unsupportedWrapping(oaepName(hashingAlgorithm));
  return hash;
}

function oaep(oaepHash: string) {
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash };
}

function oaepName(hashingAlgorithm: string): string {
  return `RSA-OAEP with ${hashingAlgorithm}`;
}

function modulusBytes(key: KeyObject): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}
