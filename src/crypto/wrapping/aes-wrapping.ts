// Wrapping with an AES key of 128, 192 or 256 bits: AES Key Wrap (RFC 3394), AES Key Wrap with Padding (RFC 5649), and
// GCM (NIST SP 800-38D) in the server's layout: nonce ‖ ciphertext ‖ tag.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { cannotUnwrap, orCannotUnwrap, unsupportedWrapping } from './wrapping-failure.js';

/** RFC 3394 §2.2.3.1. */
const KEY_WRAP_IV = Buffer.alloc(8, 0xa6);
/** RFC 5649 §3; OpenSSL appends the length. */
const KEY_WRAP_PADDING_IV = Buffer.from('a65959a6', 'hex');

const KEY_WRAP_NAME = 'AES Key Wrap (RFC 3394)';
const KEY_WRAP_PADDING_NAME = 'AES Key Wrap with padding (RFC 5649)';
const GCM_NAME = 'AES-GCM';

const GCM_NONCE_BYTES = 12;
const GCM_TAG_BYTES = 16;

/** @throws KmsError UnsupportedWrapping unless the length is a multiple of 8 and at least 16 bytes. */
export function aesKeyWrap(key: Uint8Array, plaintext: Uint8Array): Buffer {
  if (!isAesKeyWrapLength(plaintext.length)) {
    throw unsupportedWrapping(`a key of ${plaintext.length} bytes under ${KEY_WRAP_NAME}`);
  }
  return wrapped(`id-aes${bitsOf(key)}-wrap`, key, KEY_WRAP_IV, plaintext);
}

/** Says whether AES Key Wrap can wrap this many bytes: whole blocks, at least two. */
export function isAesKeyWrapLength(lengthBytes: number): boolean {
  return lengthBytes >= 16 && lengthBytes % 8 === 0;
}

/** @throws KmsError CannotUnwrap unless the integrity check passes. */
export function aesKeyUnwrap(key: Uint8Array, ciphertext: Uint8Array): Buffer {
  const cipher = `id-aes${bitsOf(key)}-wrap`;
  return orCannotUnwrap(KEY_WRAP_NAME, () => unwrapped(cipher, key, KEY_WRAP_IV, ciphertext));
}

/** @throws KmsError UnsupportedWrapping if there is nothing to wrap. */
export function aesKeyWrapPadding(key: Uint8Array, plaintext: Uint8Array): Buffer {
  if (plaintext.length === 0) throw unsupportedWrapping(`nothing under ${KEY_WRAP_PADDING_NAME}`);
  return wrapped(`id-aes${bitsOf(key)}-wrap-pad`, key, KEY_WRAP_PADDING_IV, plaintext);
}

/** @throws KmsError CannotUnwrap unless the integrity check passes. */
export function aesKeyUnwrapPadding(key: Uint8Array, ciphertext: Uint8Array): Buffer {
  const cipher = `id-aes${bitsOf(key)}-wrap-pad`;
  return orCannotUnwrap(KEY_WRAP_PADDING_NAME, () =>
    unwrapped(cipher, key, KEY_WRAP_PADDING_IV, ciphertext),
  );
}

/** Returns nonce ‖ ciphertext ‖ tag. Only test vectors pass a nonce: no nonce may repeat. */
export function aesGcmWrap(
  key: Uint8Array,
  plaintext: Uint8Array,
  nonce: Uint8Array = randomBytes(GCM_NONCE_BYTES),
): Buffer {
  return Buffer.concat([nonce, sealGcm(key, nonce, plaintext)]);
}

/** @throws KmsError CannotUnwrap unless the tag is valid. */
export function aesGcmUnwrap(key: Uint8Array, ciphertext: Uint8Array): Buffer {
  const nonce = ciphertext.subarray(0, GCM_NONCE_BYTES);
  return openGcm(GCM_NAME, key, nonce, ciphertext.subarray(GCM_NONCE_BYTES));
}

/** Returns ciphertext ‖ tag, without authenticated data (storage format §5.3). */
export function sealGcm(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Buffer {
  const options = { authTagLength: GCM_TAG_BYTES };
  const cipher = createCipheriv(`aes-${bitsOf(key)}-gcm`, key, nonce, options);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Opens ciphertext ‖ tag. @throws KmsError CannotUnwrap, naming the encoding, unless the tag is valid. */
export function openGcm(
  encoding: string,
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
): Buffer {
  if (nonce.length < GCM_NONCE_BYTES || sealed.length < GCM_TAG_BYTES) throw cannotUnwrap(encoding);
  const tagAt = sealed.length - GCM_TAG_BYTES;
  const options = { authTagLength: GCM_TAG_BYTES };
  const decipher = createDecipheriv(`aes-${bitsOf(key)}-gcm`, key, nonce, options);
  decipher.setAuthTag(sealed.subarray(tagAt));
  const plaintext = decipher.update(sealed.subarray(0, tagAt));
  try {
    decipher.final();
    return plaintext;
  } catch (error) {
    plaintext.fill(0);
    throw cannotUnwrap(encoding, error);
  }
}

function wrapped(cipher: string, key: Uint8Array, iv: Buffer, plaintext: Uint8Array): Buffer {
  return createCipheriv(cipher, key, iv).update(plaintext);
}

/** OpenSSL checks the ciphertext, but accepts an empty one. */
function unwrapped(cipher: string, key: Uint8Array, iv: Buffer, ciphertext: Uint8Array): Buffer {
  if (ciphertext.length === 0) throw new RangeError('no ciphertext');
  return createDecipheriv(cipher, key, iv).update(ciphertext);
}

function bitsOf(key: Uint8Array): 128 | 192 | 256 {
  const bits = key.length * 8;
  if (bits === 128 || bits === 192 || bits === 256) return bits;
  throw unsupportedWrapping(`an AES key of ${bits} bits`);
}
