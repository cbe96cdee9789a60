// Sealed boxes as in libsodium (crypto_box_seal): an ephemeral X25519 public key, then XSalsa20-Poly1305 with the
// shared key and BLAKE2b of both public keys as the nonce. wrapping-key.ts converts Ed25519 keys to X25519.
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { blake2b } from '@noble/hashes/blake2.js';
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { cannotUnwrap, orCannotUnwrap } from './wrapping-failure.js';

const ENCODING = 'a sealed box on X25519';
const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/** The bytes before the 32 key bytes in PKCS#8 and in SubjectPublicKeyInfo (RFC 8410 §7, §4). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

const SIGMA = Buffer.from('expand 32-byte k');

/** Only test vectors pass an ephemeral private key. */
export function sealedBoxWrap(
  publicKey: Uint8Array,
  plaintext: Uint8Array,
  ephemeralPrivateKey?: Uint8Array,
): Buffer {
  const ephemeral = ephemeralKey(ephemeralPrivateKey);
  const ephemeralPublicKey = x25519PublicBytes(ephemeral);
  const key = sharedKey(ephemeral, publicKey);
  try {
    const box = xsalsa20poly1305(key, nonce(ephemeralPublicKey, publicKey)).encrypt(plaintext);
    return Buffer.concat([ephemeralPublicKey, box]);
  } finally {
    key.fill(0);
  }
}

/** @throws KmsError CannotUnwrap unless the tag is valid. */
export function sealedBoxUnwrap(
  wrappingKey: { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array },
  ciphertext: Uint8Array,
): Buffer {
  if (ciphertext.length < KEY_BYTES + TAG_BYTES) throw cannotUnwrap(ENCODING);
  return orCannotUnwrap(ENCODING, () => {
    const ephemeralPublicKey = ciphertext.subarray(0, KEY_BYTES);
    const key = sharedKey(x25519PrivateKey(wrappingKey.privateKey), ephemeralPublicKey);
    try {
      const box = xsalsa20poly1305(key, nonce(ephemeralPublicKey, wrappingKey.publicKey));
      // Not a copy: the caller wipes it.
      const { buffer, byteOffset, length } = box.decrypt(ciphertext.subarray(KEY_BYTES));
      return Buffer.from(buffer, byteOffset, length);
    } finally {
      key.fill(0);
    }
  });
}

function ephemeralKey(given?: Uint8Array): KeyObject {
  const bytes = given === undefined ? randomBytes(KEY_BYTES) : Uint8Array.from(given);
  try {
    return x25519PrivateKey(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** crypto_box_beforenm: HSalsa20 of the X25519 shared secret. */
function sharedKey(privateKey: KeyObject, publicKey: Uint8Array): Uint8Array {
  const spki = Buffer.concat([SPKI_PREFIX, publicKey]);
  const peer = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const agreed = diffieHellman({ privateKey, publicKey: peer });
  const agreedWords = words(agreed);
  const key = new Uint32Array(KEY_BYTES / 4);
  hsalsa(words(SIGMA), agreedWords, new Uint32Array(4), key);
  agreed.fill(0);
  agreedWords.fill(0);
  return new Uint8Array(key.buffer);
}

function nonce(ephemeralPublicKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return blake2b(Buffer.concat([ephemeralPublicKey, publicKey]), { dkLen: NONCE_BYTES });
}

function x25519PrivateKey(bytes: Uint8Array): KeyObject {
  const pkcs8 = Buffer.concat([PKCS8_PREFIX, bytes]);
  try {
    return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } finally {
    pkcs8.fill(0);
  }
}

function x25519PublicBytes(privateKey: KeyObject): Buffer {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return spki.subarray(SPKI_PREFIX.length);
}

/** Returns the 32-bit words of some bytes, in a copy: a word array must be aligned. */
function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
