// AES and RSA wrapping as the storage format states them (§5.3), both ways, by node:crypto alone.
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  type KeyObject,
} from 'node:crypto';

export const KEY_WRAP_PADDING = 'AESKeyWrapPadding';

const RFC_3394_IV = Buffer.from('a6a6a6a6a6a6a6a6', 'hex');
const RFC_5649_IV = Buffer.from('a65959a6', 'hex');

export interface Opened {
  readonly plaintext: Buffer;
  /** True if the row says NISTKeyWrap and its bytes are RFC 5649 all the same. */
  readonly wrappingKeyMismatches: boolean;
}

/** Opens what an AES key wrapped. @throws Error if mode, key or bytes do not fit. */
export function openByAes(key: Buffer, mode: string | undefined, blob: Buffer): Opened {
  switch (mode) {
    case undefined:
    case KEY_WRAP_PADDING:
    case 'LegacyNISTKeyWrap':
      return { plaintext: openRfc5649(key, blob), wrappingKeyMismatches: false };
    case 'NISTKeyWrap':
      try {
        return { plaintext: openRfc3394(key, blob), wrappingKeyMismatches: false };
      } catch {
        return { plaintext: openRfc5649(key, blob), wrappingKeyMismatches: true };
      }
    case 'GCM':
      return { plaintext: openGcm(key, blob), wrappingKeyMismatches: false };
    default:
      throw new Error(`unknown block cipher mode ${mode}`);
  }
}

export function sealByAes(key: Buffer, mode: string, plaintext: Buffer): Buffer {
  if (mode === 'GCM') return sealGcm(key, randomBytes(12), plaintext);
  return mode === 'NISTKeyWrap' ? sealRfc3394(key, plaintext) : sealRfc5649(key, plaintext);
}

function openRfc5649(key: Buffer, blob: Buffer): Buffer {
  const cipher = createDecipheriv(`id-aes${key.length * 8}-wrap-pad`, key, RFC_5649_IV);
  return Buffer.concat([cipher.update(blob), cipher.final()]);
}

function sealRfc5649(key: Buffer, plaintext: Buffer): Buffer {
  const cipher = createCipheriv(`id-aes${key.length * 8}-wrap-pad`, key, RFC_5649_IV);
  return Buffer.concat([cipher.update(plaintext), cipher.final()]);
}

function openRfc3394(key: Buffer, blob: Buffer): Buffer {
  const cipher = createDecipheriv(`id-aes${key.length * 8}-wrap`, key, RFC_3394_IV);
  return Buffer.concat([cipher.update(blob), cipher.final()]);
}

function sealRfc3394(key: Buffer, plaintext: Buffer): Buffer {
  const cipher = createCipheriv(`id-aes${key.length * 8}-wrap`, key, RFC_3394_IV);
  return Buffer.concat([cipher.update(plaintext), cipher.final()]);
}

/** A nonce of 12 bytes, the ciphertext, a tag of 16; no associated data. */
function openGcm(key: Buffer, blob: Buffer): Buffer {
  return openGcmWith(key, blob.subarray(0, 12), blob.subarray(12));
}

function sealGcm(key: Buffer, nonce: Buffer, plaintext: Buffer): Buffer {
  return Buffer.concat([nonce, sealGcmWith(key, nonce, plaintext)]);
}

/** Opens a ciphertext with its tag behind it. */
export function openGcmWith(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer {
  const cipher = createDecipheriv(gcm(key), key, nonce, { authTagLength: 16 });
  cipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
}

export function sealGcmWith(key: Buffer, nonce: Buffer, plaintext: Buffer): Buffer {
  const cipher = createCipheriv(gcm(key), key, nonce, { authTagLength: 16 });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function gcm(key: Buffer): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  if (key.length === 16) return 'aes-128-gcm';
  return key.length === 24 ? 'aes-192-gcm' : 'aes-256-gcm';
}

export interface RsaPadding {
  /** OAEP, or None for RSA AES key wrap. */
  readonly padding: string;
  readonly hash: string;
}

/** Opens what an RSA key wrapped. @throws Error if padding, key or bytes do not fit. */
export function openByRsa(key: KeyObject, { padding, hash }: RsaPadding, blob: Buffer): Buffer {
  if (padding === 'OAEP') return privateDecrypt(oaep(key, hash), blob);
  if (padding !== 'None') throw new Error(`unknown padding ${padding}`);
  const size = modulusBytes(key);
  const transport = privateDecrypt(oaep(key, hash), blob.subarray(0, size));
  if (transport.length !== 32) throw new Error(`a transport key of ${transport.length} bytes`);
  return openRfc5649(transport, blob.subarray(size));
}

export function sealByRsa(
  key: KeyObject,
  { padding, hash }: RsaPadding,
  plaintext: Buffer,
): Buffer {
  if (padding === 'OAEP') return publicEncrypt(oaep(key, hash), plaintext);
  const transport = randomBytes(32);
  return Buffer.concat([
    publicEncrypt(oaep(key, hash), transport),
    sealRfc5649(transport, plaintext),
  ]);
}

export function modulusBytes(key: KeyObject): number {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return Buffer.from(half.export({ format: 'jwk' }).n ?? '', 'base64url').length;
}

/** MGF1 goes by the same hash; the label is empty. */
function oaep(key: KeyObject, hash: string) {
  return { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash.toLowerCase() };
}
