// Keys of node:crypto from the material of a pair's halves: RSA, and every curve of the format, from
// transparent numbers or DER. What nobody's material may be (wrong length, wrong algorithm) is refused here.
import { createECDH, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { KmsError } from '../../errors.js';
import type { KeyMaterial, RsaPrivateMaterial } from '../../kmip/key-material.js';
import { curveNamed, curveOfOpenssl, type Curve } from './curves.js';
import { bigEndian, der, DER, derBitString, derInteger, derObjectIdentifier } from '../der.js';
import { privateScalar } from './transparent-material.js';

const HINT =
  'compare the key with what its owner holds, and mend the row with the server that wrote it';

/** What a key of one type may call itself; KMIP has several names for elliptic curves. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  rsa: ['RSA'],
  ec: ['ECDH', 'EC', 'ECDSA'],
  x25519: ['ECDH', 'EC'],
  x448: ['ECDH', 'EC'],
  ed25519: ['Ed25519'],
  ed448: ['Ed448'],
};

/** Formats in which a private key may stand. */
const PRIVATE_FORMATS = [
  'TransparentRSAPrivateKey',
  'TransparentECPrivateKey',
  'PKCS8',
  'PKCS1',
  'ECPrivateKey',
];

export function isKeyObjectAlgorithm(name: string): boolean {
  return Object.values(ALGORITHMS).some((names) => names.includes(name));
}

export function isPrivateKeyFormat(keyFormatType: string): boolean {
  return PRIVATE_FORMATS.includes(keyFormatType);
}

/**
 * Returns the private key that the material is.
 *
 * @throws KmsError MalformedObject if the material does not parse, has numbers that no such key has, or is
 *   not of the algorithm; Unsupported for formats and kinds of key that we do not read.
 */
export function privateKeyObject(
  algorithm: string | null,
  keyFormatType: string,
  material: KeyMaterial,
): KeyObject {
  switch (material.kind) {
    case 'rsa-private':
      return fitting(algorithm, parsed('RSA private key', rsaPrivateDer(material), privatePkcs1));
    case 'ec-private':
      return fitting(algorithm, curvePrivateKey(knownCurve(material.curve), material.d));
    case 'bytes':
      return fitting(algorithm, privateKeyOfBytes(keyFormatType, material.bytes));
    case 'rsa-public':
    case 'ec-public':
      throw malformed('the material is that of a public key');
  }
}

/** Returns the public key that the material is. @throws like privateKeyObject. */
export function publicKeyObject(
  algorithm: string | null,
  keyFormatType: string,
  material: KeyMaterial,
): KeyObject {
  switch (material.kind) {
    case 'rsa-public': {
      const { modulus, publicExponent } = material;
      const numbers = [derInteger(modulus), derInteger(publicExponent)];
      const bytes = der(DER.sequence, ...numbers);
      return fitting(algorithm, parsed('RSA public key', bytes, publicPkcs1));
    }
    case 'ec-public':
      return fitting(algorithm, curvePublicKey(knownCurve(material.curve), material.q));
    case 'bytes':
      return fitting(algorithm, publicKeyOfBytes(keyFormatType, material.bytes));
    case 'rsa-private':
    case 'ec-private':
      throw malformed('the material is that of a private key');
  }
}

/** Says whether a public key is that of a private key. */
export function isKeyObjectPair(privateKey: KeyObject, publicKey: KeyObject): boolean {
  return createPublicKey(privateKey).equals(publicKey);
}

const privatePkcs1 = (key: Buffer) => createPrivateKey({ key, format: 'der', type: 'pkcs1' });
const privatePkcs8 = (key: Buffer) => createPrivateKey({ key, format: 'der', type: 'pkcs8' });
const privateSec1 = (key: Buffer) => createPrivateKey({ key, format: 'der', type: 'sec1' });
const publicPkcs1 = (key: Buffer) => createPublicKey({ key, format: 'der', type: 'pkcs1' });
const publicSpki = (key: Buffer) => createPublicKey({ key, format: 'der', type: 'spki' });

function privateKeyOfBytes(keyFormatType: string, bytes: Buffer): KeyObject {
  const key = privateKeyOfFormat(keyFormatType, bytes);
  if (key.asymmetricKeyType !== 'ec') return key;
  // DER may carry a public key of its own beside the scalar, which OpenSSL believes: make it anew.
  const named = key.asymmetricKeyDetails?.namedCurve;
  const curve = named === undefined ? undefined : curveOfOpenssl(named);
  if (curve === undefined) throw unsupported(`the curve ${named ?? 'without a name'}`);
  return curvePrivateKey(curve, privateScalar(key, curve));
}

function privateKeyOfFormat(keyFormatType: string, bytes: Buffer): KeyObject {
  switch (keyFormatType) {
    case 'PKCS8':
      return parsed('PKCS#8 private key', bytes, privatePkcs8, 'keep');
    case 'PKCS1':
      return parsed('PKCS#1 private key', bytes, privatePkcs1, 'keep');
    case 'ECPrivateKey':
      return parsed('SEC1 private key', bytes, privateSec1, 'keep');
    default:
      throw unsupported(`the key format ${keyFormatType} of a private key`);
  }
}

function publicKeyOfBytes(keyFormatType: string, bytes: Buffer): KeyObject {
  switch (keyFormatType) {
    // The server labels SubjectPublicKeyInfo so (storage format §2.4); KMIP's own name for it is X509.
    case 'PKCS8':
    case 'X509':
      return parsed('SubjectPublicKeyInfo', bytes, publicSpki, 'keep');
    case 'PKCS1':
      return parsed('PKCS#1 public key', bytes, publicPkcs1, 'keep');
    default:
      throw unsupported(`the key format ${keyFormatType} of a public key`);
  }
}

/** Returns PKCS#1 of the numbers. OpenSSL does not check that they belong to each other: this does. */
function rsaPrivateDer(material: RsaPrivateMaterial): Buffer {
  const { modulus: n, publicExponent: e, privateExponent: d, p, q } = material;
  const { primeExponentP: dp, primeExponentQ: dq, crtCoefficient: qi } = material;
  if (e === null || d === null || p === null || q === null) {
    throw unsupported('an RSA private key without its exponents and primes');
  }
  if (dp === null || dq === null || qi === null) {
    throw unsupported('an RSA private key without its CRT numbers');
  }
  const sound =
    p > 1n &&
    q > 1n &&
    p * q === n &&
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    (qi * q) % p === 1n;
  if (!sound) throw malformed('the numbers of the RSA private key do not belong to each other');
  const numbers = [0n, n, e, d, p, q, dp, dq, qi].map(derInteger);
  return wiping(numbers, () => der(DER.sequence, ...numbers));
}

function curvePrivateKey(curve: Curve, d: bigint): KeyObject {
  const raw = bigEndian(d, curve.privateBytes);
  if (raw.length > curve.privateBytes || !isOnCurve(curve, raw)) {
    raw.fill(0);
    throw malformed(`the private number is longer or greater than a key on ${curve.name} can be`);
  }
  const inner = der(DER.octetString, raw);
  const oid = derObjectIdentifier(curve.oid);
  return wiping([raw, inner], () =>
    curve.keyType === 'ec'
      ? parsed(
          `key on ${curve.name}`,
          der(DER.sequence, derInteger(1n), inner, der(DER.context0, oid)),
          privateSec1,
        )
      : parsed(
          `key on ${curve.name}`,
          der(DER.sequence, derInteger(0n), der(DER.sequence, oid), der(DER.octetString, inner)),
          privatePkcs8,
        ),
  );
}

/** Says whether a scalar lies below the curve's order; raw keys of the other curves are any bytes. */
function isOnCurve(curve: Curve, raw: Buffer): boolean {
  if (curve.keyType !== 'ec') return true;
  try {
    createECDH(curve.openssl).setPrivateKey(raw);
    return true;
  } catch {
    return false; // the caller says what is wrong
  }
}

function curvePublicKey(curve: Curve, q: Buffer): KeyObject {
  const oid = derObjectIdentifier(curve.oid);
  const algorithm =
    curve.keyType === 'ec'
      ? der(DER.sequence, derObjectIdentifier(EC_PUBLIC_KEY), oid)
      : der(DER.sequence, oid);
  const bytes = der(DER.sequence, algorithm, derBitString(q));
  return parsed(`public key on ${curve.name}`, bytes, publicSpki);
}

/** id-ecPublicKey (RFC 5480). */
const EC_PUBLIC_KEY = '2a8648ce3d0201';

function knownCurve(name: string): Curve {
  const curve = curveNamed(name);
  if (curve === undefined) throw unsupported(`the curve ${name}`);
  return curve;
}

function fitting(algorithm: string | null, key: KeyObject): KeyObject {
  const type = key.asymmetricKeyType ?? 'no';
  const algorithms = ALGORITHMS[type];
  if (algorithms === undefined) throw unsupported(`a key of type ${type}`);
  if (algorithm === null || algorithms.includes(algorithm)) return key;
  throw malformed(`the material is a key of type ${type}, the algorithm says ${algorithm}`);
}

/** Parses DER, and wipes it unless it is the caller's to keep. */
function parsed(
  what: string,
  bytes: Buffer,
  parse: (bytes: Buffer) => KeyObject,
  fate: 'keep' | 'wipe' = 'wipe',
): KeyObject {
  try {
    return parse(bytes);
  } catch (cause) {
    throw malformed(`the material is no ${what}`, cause);
  } finally {
    if (fate === 'wipe') bytes.fill(0);
  }
}

function wiping<T>(buffers: readonly Buffer[], make: () => T): T {
  try {
    return make();
  } finally {
    for (const buffer of buffers) buffer.fill(0);
  }
}

function malformed(message: string, cause?: unknown): KmsError {
  return new KmsError('MalformedObject', message, { hint: HINT, cause });
}

function unsupported(what: string): KmsError {
  return new KmsError('Unsupported', `${what} is not supported`, {
    hint: 'rotate it with the server that made it, or disarm it',
  });
}
