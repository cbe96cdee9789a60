// Whether a private key and a public key of a store are one pair, by the keys themselves and not by links.
import { isPqcKeyPair, expandPqcPrivateKey } from '../pqc/pqc-private-key.js';
import { pqcAlgorithm } from '../pqc/pqc-algorithms.js';
import { decodePqcPublicKey } from '../pqc/pqc-encoding.js';
import { isKeyObjectPair, privateKeyObject, publicKeyObject } from './key-object.js';
import { pqcKeyBytes, type FormattedKeyMaterial } from './formatted-key-material.js';

/**
 * Says whether a public key belongs to a private key.
 *
 * @throws KmsError MalformedObject or Unsupported if one of them cannot be read.
 */
export async function isKeyPair(
  algorithm: string | null,
  plainPrivateKey: FormattedKeyMaterial,
  plainPublicKey: FormattedKeyMaterial,
): Promise<boolean> {
  const pqc = pqcAlgorithm(algorithm);
  if (pqc === undefined) {
    return isKeyObjectPair(
      privateKeyObject(algorithm, plainPrivateKey.keyFormatType, plainPrivateKey.material),
      publicKeyObject(algorithm, plainPublicKey.keyFormatType, plainPublicKey.material),
    );
  }
  const publicKey = decodePqcPublicKey(pqc, pqcKeyBytes(pqc, plainPublicKey));
  const expanded = await expandPqcPrivateKey(pqc, pqcKeyBytes(pqc, plainPrivateKey));
  try {
    return isPqcKeyPair(pqc, expanded, publicKey);
  } finally {
    expanded.fill(0);
  }
}
