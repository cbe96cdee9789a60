// The length of a key as listings show it, in bits. What rows hold for keys on curves is the length of some encoding: on a
// server's P-521, 520 or 528 for the private key and 536 for the public one.
import { curveNamed } from '../../crypto/keys/curves.js';
import { isJsonObject, type JsonValue } from '../../kmip/json.js';
import { symmetricMaterialLength } from '../../kmip/key-block.js';
import type { ManagedObject } from '../../kmip/managed-object.js';

const ALGORITHMS_ON_CURVES = ['EC', 'ECDH', 'ECDSA', 'ECMQV'];

/** Returns the length of a key; of one on a curve, that of the curve. Imported symmetric keys have it in the key block alone. */
export function lengthOf(object: ManagedObject): number | null {
  const { keyBlock, attributes, objectType } = object;
  const stated = keyBlock?.cryptographicLength ?? attributes.cryptographicLength;
  if (objectType === 'PrivateKey' || objectType === 'PublicKey') {
    return lengthOfCurve(object, stated) ?? stated;
  }
  if (stated !== null || keyBlock === null || objectType !== 'SymmetricKey') return stated;
  return keyBlock.keyMaterial === null ? null : symmetricMaterialLength(keyBlock) * 8;
}

function lengthOfCurve(
  { attributes, keyBlock }: ManagedObject,
  stated: number | null,
): number | null {
  const named = [attributes.members, keyBlock?.attributes?.members]
    .map((members) => curveIn(members?.['CryptographicDomainParameters']))
    .concat(curveIn(keyBlock?.keyMaterial))
    .find((name) => name !== undefined);
  if (named !== undefined) return curveNamed(named)?.bits ?? null;
  const algorithm = keyBlock?.cryptographicAlgorithm ?? attributes.cryptographicAlgorithm;
  // No other curve has a length near that of P-521, whose encodings have whole bytes.
  const isNear521 = stated !== null && stated > 512 && stated <= 536;
  return isNear521 && ALGORITHMS_ON_CURVES.includes(algorithm ?? '') ? 521 : null;
}

function curveIn(value: JsonValue | undefined): string | undefined {
  const curve = isJsonObject(value) ? value['RecommendedCurve'] : undefined;
  return typeof curve === 'string' ? curve : undefined;
}
