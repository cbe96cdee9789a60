// The Digest attribute of a key (KMIP 2.1 §4.21), computed as the server does (storage format §3.6).
import { createHash } from 'node:crypto';
import { encodeByteString, encodeStructure, TAGS } from '../kmip/ttlv.js';

/** Returns SHA-256 over the TTLV of a TransparentSymmetricKey's material. */
export function transparentSymmetricKeyDigest(key: Uint8Array): Buffer {
  const item = encodeByteString(TAGS.Key, key);
  const material = encodeStructure(TAGS.KeyMaterial, [item]);
  try {
    return createHash('sha256').update(material).digest();
  } finally {
    item.fill(0);
    material.fill(0);
  }
}
