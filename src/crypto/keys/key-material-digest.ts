// The Digest attribute of a key (KMIP 2.1 §4.21), computed as the server does (storage format §3.6).
import { createHash } from 'node:crypto';
import type { KeyMaterial } from '../../kmip/key-material.js';
import { encodeTtlvKeyMaterial } from '../../kmip/ttlv/ttlv.js';

/**
 * Returns SHA-256 over the bytes of the material, or over its TTLV if its format is transparent.
 *
 * @throws KmsError Unsupported if the format cannot hold such material.
 */
export function keyMaterialDigest(keyFormatType: string, material: KeyMaterial): Buffer {
  if (material.kind === 'bytes' && keyFormatType !== 'TransparentSymmetricKey') {
    return createHash('sha256').update(material.bytes).digest();
  }
  const encoded = encodeTtlvKeyMaterial(keyFormatType, material);
  try {
    return createHash('sha256').update(encoded).digest();
  } finally {
    encoded.fill(0);
  }
}
