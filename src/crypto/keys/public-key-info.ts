// Public keys as PEM of SubjectPublicKeyInfo (RFC 5280 §4.1, RFC 7468 §13), for whoever encrypts or verifies
// outside the store. Private keys have no way through here.
import { ECDH } from 'node:crypto';
import { KmsError } from '../../errors.js';
import type { KeyMaterial } from '../../kmip/key-material.js';
import { curveNamed } from './curves.js';
import { publicKeyObject } from './key-object.js';
import { decodePqcPublicKey, encodePqcPublicKey, pqcAlgorithm } from '../pqc/pqc-encoding.js';

/** Of a line of PEM, in characters (RFC 7468 §2). */
const LINE = 64;

/**
 * Returns a public key as PEM; points on curves uncompressed, which everybody reads.
 *
 * @throws KmsError MalformedObject for material that is no public key of the algorithm; Unsupported for
 *   what has no SubjectPublicKeyInfo.
 */
export function publicKeyPem(
  algorithm: string | null,
  keyFormatType: string,
  material: KeyMaterial,
): string {
  return toPem('PUBLIC KEY', encodeSubjectPublicKeyInfo(algorithm, keyFormatType, material));
}

/** Returns a public key as SubjectPublicKeyInfo. @throws KmsError as publicKeyPem. */
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
  // Read first, so that what is no point is said in our words.
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

/** Returns DER as PEM (RFC 7468 §2). */
export function toPem(label: 'PUBLIC KEY' | 'CERTIFICATE', bytes: Buffer): string {
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

function unsupported(message: string): KmsError {
  return new KmsError('Unsupported', message, {
    hint: 'export it with the server that wrote it, in the format that the store has',
  });
}
