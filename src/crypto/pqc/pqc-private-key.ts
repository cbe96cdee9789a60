// The expanded private key behind stored bytes, whichever form of PKCS#8 they have, and whether a public key belongs
// to it.
import { createHash } from 'node:crypto';
import { fromBigEndian } from '../der.js';
import { curvePrivateKey, curvePublicKey, requireCurve } from '../keys/curve-key.js';
import { isKeyObjectPair } from '../keys/key-object.js';
import { generatePqcKeyPair } from './generate-pqc-key-pair.js';
import { X25519_BYTES, type PqcAlgorithm } from './pqc-algorithms.js';
import { decodePqcPrivateKey } from './pqc-encoding.js';

/**
 * Returns the expanded private key of stored bytes, in a copy that the caller wipes. A key that is stored as its seed
 * alone is generated from the seed (FIPS 203 algorithm 16, FIPS 204 algorithm 6).
 *
 * @throws KmsError MalformedObject if the bytes are no private key of the algorithm.
 */
export async function expandPqcPrivateKey(algorithm: PqcAlgorithm, bytes: Buffer): Promise<Buffer> {
  const { seed, expanded } = decodePqcPrivateKey(algorithm, bytes);
  if (expanded !== null) return Buffer.from(expanded);
  const { privateKey } = await generatePqcKeyPair(algorithm, seed);
  privateKey.seed?.fill(0);
  return privateKey.expanded;
}

/** Says whether a public key belongs to an expanded private key, which contains the public key or its hash. */
export function isPqcKeyPair(
  { family }: PqcAlgorithm,
  expanded: Buffer,
  publicKey: Buffer,
): boolean {
  switch (family) {
    case 'ML-KEM':
      return containsEncapsulationKey(expanded, publicKey);
    case 'hybrid': {
      const [mlKemKey, x25519Key] = splitHybrid(expanded);
      const [encapsulationKey, x25519PublicKey] = splitHybrid(publicKey);
      return (
        containsEncapsulationKey(mlKemKey, encapsulationKey) &&
        isX25519Pair(x25519Key, x25519PublicKey)
      );
    }
    case 'ML-DSA':
      // FIPS 204 algorithm 24: rho, K, tr …, where tr is the hash of the public key.
      return createHash('shake256', { outputLength: 64 })
        .update(publicKey)
        .digest()
        .equals(expanded.subarray(64, 128));
    case 'SLH-DSA':
      // FIPS 205 figure 15: the private key ends with the public key.
      return expanded.subarray(-publicKey.length).equals(publicKey);
  }
}

/** FIPS 203 §7.1: the private key is dkPKE, ek, H(ek), z. */
function containsEncapsulationKey(expanded: Buffer, encapsulationKey: Buffer): boolean {
  return expanded.subarray(-64 - encapsulationKey.length, -64).equals(encapsulationKey);
}

function splitHybrid(key: Buffer): readonly [mlKem: Buffer, x25519: Buffer] {
  return [key.subarray(0, -X25519_BYTES), key.subarray(-X25519_BYTES)];
}

function isX25519Pair(privateKey: Buffer, publicKey: Buffer): boolean {
  const curve = requireCurve('CURVE25519');
  return isKeyObjectPair(
    curvePrivateKey(curve, fromBigEndian(privateKey)),
    curvePublicKey(curve, publicKey),
  );
}
