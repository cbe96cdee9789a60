// Keys on elliptic curves from their transparent numbers: a scalar or raw private bytes, a SEC1 point or raw public
// bytes.
import { createECDH, type KeyObject } from 'node:crypto';
import { toBigEndian, der, DER, derBitString, derInteger, derObjectIdentifier } from '../der.js';
import { curveNamed, curveOfOpenssl, type Curve } from './curves.js';
import { malformedKey, unsupportedKey } from './key-errors.js';
import { parsePrivateKey, parsePublicKey, thenWipe } from './parse-key.js';
import { privateScalar } from './transparent-material.js';

/** Returns the curve of a KMIP name. @throws KmsError Unsupported if we do not know it. */
export function requireCurve(name: string): Curve {
  const curve = curveNamed(name);
  if (curve === undefined) throw unsupportedKey(`the curve ${name}`);
  return curve;
}

/** @throws KmsError MalformedObject if the number is too large for the curve. */
export function curvePrivateKey(curve: Curve, d: bigint): KeyObject {
  const raw = toBigEndian(d, curve.privateBytes);
  if (raw.length > curve.privateBytes || !isBelowOrder(curve, raw)) {
    raw.fill(0);
    throw malformedKey(`the private number is too large for a key on ${curve.name}`);
  }
  const inner = der(DER.octetString, raw);
  const oid = derObjectIdentifier(curve.oid);
  const isPoint = curve.keyType === 'ec';
  const bytes = isPoint
    ? der(DER.sequence, derInteger(1n), inner, der(DER.context0, oid))
    : der(DER.sequence, derInteger(0n), der(DER.sequence, oid), der(DER.octetString, inner));
  return thenWipe([raw, inner, bytes], () =>
    parsePrivateKey(`key on ${curve.name}`, bytes, isPoint ? 'sec1' : 'pkcs8'),
  );
}

/** @throws KmsError MalformedObject if the bytes are no point of the curve. */
export function curvePublicKey(curve: Curve, q: Buffer): KeyObject {
  const oid = derObjectIdentifier(curve.oid);
  const algorithm =
    curve.keyType === 'ec'
      ? der(DER.sequence, derObjectIdentifier(EC_PUBLIC_KEY), oid)
      : der(DER.sequence, oid);
  const bytes = der(DER.sequence, algorithm, derBitString(q));
  return parsePublicKey(`public key on ${curve.name}`, bytes, 'spki');
}

/**
 * Returns the same private key with a public key computed from its scalar. PKCS#8 and SEC1 may contain a public key of
 * their own, which OpenSSL does not check.
 */
export function withOwnPublicKey(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ec') return key;
  const name = key.asymmetricKeyDetails?.namedCurve;
  const curve = name === undefined ? undefined : curveOfOpenssl(name);
  if (curve === undefined) throw unsupportedKey(`the curve ${name ?? 'without a name'}`);
  return curvePrivateKey(curve, privateScalar(key, curve));
}

/** Says whether a scalar is below the curve's order; private keys of the other curves are any bytes. */
function isBelowOrder(curve: Curve, raw: Buffer): boolean {
  if (curve.keyType !== 'ec') return true;
  try {
    createECDH(curve.openssl).setPrivateKey(raw);
    return true;
  } catch {
    return false; // the caller throws
  }
}

/** id-ecPublicKey (RFC 5480). */
const EC_PUBLIC_KEY = '2a8648ce3d0201';
