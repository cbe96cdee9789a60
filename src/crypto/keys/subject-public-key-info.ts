// Public keys as SubjectPublicKeyInfo (RFC 5280 §4.1), for certificates and for whoever encrypts or verifies outside
// the store. Private keys cannot be exported here.
import { ECDH } from 'node:crypto';
import { KmsError } from '../../errors.js';
import type { KeyMaterial } from '../../kmip/key-material.js';
import { toPem } from '../pem.js';
import { pqcAlgorithm } from '../pqc/pqc-algorithms.js';
import { decodePqcPublicKey, encodePqcPublicKey } from '../pqc/pqc-encoding.js';
import { curveNamed } from './curves.js';
import { publicKeyObject } from './key-object.js';

/**
 * Returns a public key as PEM (RFC 7468 §13), with points uncompressed, which every program reads.
 *
 * @throws KmsError MalformedObject for material that is no public key of the algorithm; Unsupported for keys that have
 *   no SubjectPublicKeyInfo.
 */
export function publicKeyPem(
  algorithm: string | null,
  keyFormatType: string,
  material: KeyMaterial,
): string {
  return toPem('PUBLIC KEY', encodeSubjectPublicKeyInfo(algorithm, keyFormatType, material));
}

/** Returns a public key as DER. @throws KmsError as publicKeyPem. */
export function encodeSubjectPublicKeyInfo(
  algorithm: string | null,
  keyFormatType: string,
  material: KeyMaterial,
): Buffer {
  const pqc = pqcAlgorithm(algorithm);
  if (pqc !== undefined) {
    if (pqc.arc === null) throw unsupported(`there is no SubjectPublicKeyInfo of ${pqc.name} keys`);
    if (material.kind !== 'bytes') throw unsupported(`the format ${keyFormatType} for ${pqc.name}`);
    return encodePqcPublicKey(pqc, decodePqcPublicKey(pqc, material.bytes));
  }
  // Parsed first, so that an invalid point is reported in our words.
  const key = publicKeyObject(algorithm, keyFormatType, material);
  const curve = material.kind === 'ec-public' ? curveNamed(material.curve) : undefined;
  if (material.kind !== 'ec-public' || curve?.keyType !== 'ec') {
    return key.export({ format: 'der', type: 'spki' });
  }
  const q = ECDH.convertKey(material.q, curve.openssl, undefined, undefined, 'uncompressed');
  const whole = { ...material, q: Buffer.from(q as Buffer) };
  const uncompressed = publicKeyObject(algorithm, keyFormatType, whole);
  return uncompressed.export({ format: 'der', type: 'spki' });
}

function unsupported(message: string): KmsError {
  return new KmsError('Unsupported', message, {
    hint: 'export it with the server that wrote it, in the format that the store has',
  });
}
