// Key Material with its Key Format Type: a plain key as a Key Block holds it (KMIP 2.1 §3.1).
import type { KeyMaterial } from '../../kmip/key-material.js';
import { pqcKeyFormatType, type PqcAlgorithm } from '../pqc/pqc-algorithms.js';
import { unsupportedKey } from './key-errors.js';

export interface FormattedKeyMaterial {
  readonly keyFormatType: string;
  readonly material: KeyMaterial;
}

/**
 * Returns the bytes of a post-quantum key. A public key may also have the format X509, KMIP's own name for
 * SubjectPublicKeyInfo.
 *
 * @throws KmsError Unsupported for another format.
 */
export function pqcKeyBytes(
  algorithm: PqcAlgorithm,
  { keyFormatType, material }: FormattedKeyMaterial,
): Buffer {
  const formats = [pqcKeyFormatType(algorithm), ...(algorithm.arc === null ? [] : ['X509'])];
  if (material.kind === 'bytes' && formats.includes(keyFormatType)) return material.bytes;
  throw unsupportedKey(`the format ${keyFormatType} for keys of ${algorithm.name}`);
}
