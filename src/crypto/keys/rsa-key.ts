// RSA keys from their transparent numbers, as PKCS#1 (RFC 8017 §A.1).
import type { KeyObject } from 'node:crypto';
import type { RsaPrivateMaterial } from '../../kmip/key-material.js';
import { der, DER, derInteger } from '../der.js';
import { malformedKey, unsupportedKey } from './key-errors.js';
import { parsePrivateKey, parsePublicKey, thenWipe } from './parse-key.js';

/** @throws KmsError MalformedObject for numbers of no RSA key; Unsupported if some are missing. */
export function rsaPrivateKey(material: RsaPrivateMaterial): KeyObject {
  const numbers = consistentNumbers(material).map(derInteger);
  const bytes = der(DER.sequence, ...numbers);
  return thenWipe([...numbers, bytes], () => parsePrivateKey('RSA private key', bytes, 'pkcs1'));
}

/** @throws KmsError MalformedObject for numbers of no RSA key. */
export function rsaPublicKey(modulus: bigint, publicExponent: bigint): KeyObject {
  const bytes = der(DER.sequence, derInteger(modulus), derInteger(publicExponent));
  return parsePublicKey('RSA public key', bytes, 'pkcs1');
}

/** Returns version and numbers in the order of PKCS#1. OpenSSL does not check that they fit together; this does. */
function consistentNumbers(material: RsaPrivateMaterial): readonly bigint[] {
  const { modulus: n, publicExponent: e, privateExponent: d, p, q } = material;
  const { primeExponentP: dp, primeExponentQ: dq, crtCoefficient: qi } = material;
  if (e === null || d === null || p === null || q === null) {
    throw unsupportedKey('an RSA private key without its exponents and primes');
  }
  if (dp === null || dq === null || qi === null) {
    throw unsupportedKey('an RSA private key without its CRT numbers');
  }
  const consistent =
    p > 1n &&
    q > 1n &&
    p * q === n &&
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    (qi * q) % p === 1n;
  if (consistent) return [0n, n, e, d, p, q, dp, dq, qi];
  throw malformedKey('the numbers of the RSA private key do not belong to each other');
}
