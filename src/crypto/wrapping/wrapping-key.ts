// A key in the form in which the wrapping primitives need it. flows/ decides whether a key may wrap (state, usage
// mask), and which key of a pair is used.
import { ed25519 } from '@noble/curves/ed25519.js';
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { KeyMaterial } from '../../kmip/key-material.js';
import { curveNamed, curveOfOpenssl } from '../keys/curves.js';
import { toBigEndian, readDer } from '../der.js';
import { ECIES_CURVES, type EciesCurve } from './ecies.js';
import { privateKeyObject, publicKeyObject } from '../keys/key-object.js';
import { SYMMETRIC_ALGORITHMS } from '../keys/symmetric-key.js';
import { transparentMaterialOf } from '../keys/transparent-material.js';
import { unsupportedWrapping } from './wrapping-failure.js';

export type WrappingKey =
  /** 128, 192 or 256 bits; the primitives refuse any other. */
  | { readonly kind: 'aes'; readonly key: Buffer }
  | { readonly kind: 'rsa'; readonly publicKey: KeyObject; readonly privateKey: KeyObject | null }
  /** `point` is compressed. */
  | {
      readonly kind: 'ecies';
      readonly curve: EciesCurve;
      readonly point: Buffer;
      readonly scalar: Buffer | null;
    }
  /** X25519 keys. */
  | {
      readonly kind: 'sealed-box';
      readonly publicKey: Buffer;
      readonly privateKey: Buffer | null;
    };

/** Algorithms of pairs that the server wraps with, or that are refused because of their curve. */
const PAIR_ALGORITHMS: readonly string[] = ['RSA', 'EC', 'ECDH', 'ECDSA', 'Ed25519', 'Ed448'];

/**
 * Returns a wrapping key from key material, in a copy. A private key also wraps, a public key only wraps.
 *
 * @throws KmsError UnsupportedWrapping, naming what cannot wrap; MalformedObject or Unsupported (key-object.ts).
 */
export function wrappingKeyFromMaterial(
  algorithm: string | null,
  keyFormatType: string,
  material: KeyMaterial,
): WrappingKey {
  const isSymmetric = keyFormatType === 'TransparentSymmetricKey' || keyFormatType === 'Raw';
  const known = isSymmetric ? SYMMETRIC_ALGORITHMS : PAIR_ALGORITHMS;
  if (algorithm !== null && !known.includes(algorithm)) {
    throw unsupportedWrapping(`a key of the algorithm ${algorithm}`);
  }
  // Like the server, which uses the bytes as an AES key whatever symmetric algorithm they are for.
  if (isSymmetric && material.kind === 'bytes') {
    return { kind: 'aes', key: Buffer.from(material.bytes) };
  }
  const read = isPublic(keyFormatType, material) ? publicKeyObject : privateKeyObject;
  return wrappingKeyFromKeyObject(read(algorithm, keyFormatType, material));
}

/** @throws KmsError UnsupportedWrapping, naming the key, or that it cannot be read. */
export function wrappingKeyFromCertificate(der: Uint8Array): WrappingKey {
  return wrappingKeyFromKeyObject(publicKeyIn(der));
}

function publicKeyIn(der: Uint8Array): KeyObject {
  try {
    return new X509Certificate(der).publicKey;
  } catch {
    throw unsupportedWrapping('a certificate whose public key cannot be read');
  }
}

/** A private key includes its public key. @throws KmsError UnsupportedWrapping, naming the key. */
export function wrappingKeyFromKeyObject(key: KeyObject): WrappingKey {
  const isPrivate = key.type === 'private';
  const publicKey = isPrivate ? createPublicKey(key) : key;
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { kind: 'rsa', publicKey, privateKey: isPrivate ? key : null };
    case 'ec':
      return {
        kind: 'ecies',
        curve: eciesCurveOf(key),
        point: publicBytes(publicKey),
        scalar: isPrivate ? privateBytes(key) : null,
      };
    case 'x25519':
      return {
        kind: 'sealed-box',
        publicKey: publicBytes(publicKey),
        privateKey: isPrivate ? privateBytes(key) : null,
      };
    case 'ed25519':
      return {
        kind: 'sealed-box',
        publicKey: Buffer.from(ed25519.utils.toMontgomery(publicBytes(publicKey))),
        privateKey: isPrivate ? montgomerySecret(privateBytes(key)) : null,
      };
    case 'x448':
    case 'ed448':
    case 'rsa-pss':
    case 'dsa':
    case undefined:
    default:
      throw unsupportedWrapping(`a key of type ${key.asymmetricKeyType ?? key.type}`);
  }
}

/** Wipes the bytes of a wrapping key. KeyObjects cannot be wiped. */
export function wipeWrappingKey(key: WrappingKey): void {
  if (key.kind === 'aes') key.key.fill(0);
  if (key.kind === 'ecies') key.scalar?.fill(0);
  if (key.kind === 'sealed-box') key.privateKey?.fill(0);
}

/** PKCS8 and PKCS1 name private and public keys alike; of these, a public key has exactly two fields. */
function isPublic(keyFormatType: string, material: KeyMaterial): boolean {
  if (material.kind !== 'bytes') return material.kind.endsWith('-public');
  const [outer] = readDer(material.bytes) ?? [];
  const fields = outer === undefined ? null : readDer(outer.value);
  return keyFormatType !== 'ECPrivateKey' && fields?.length === 2;
}

function eciesCurveOf(key: KeyObject): EciesCurve {
  const named = key.asymmetricKeyDetails?.namedCurve ?? 'without a name';
  const curves = Object.keys(ECIES_CURVES) as EciesCurve[];
  const curve = curves.find((name) => ECIES_CURVES[name].name === named);
  if (curve !== undefined) return curve;
  throw unsupportedWrapping(`the elliptic curve ${curveOfOpenssl(named)?.name ?? named}`);
}

/** Returns a compressed point, or the raw bytes of the other curves. */
function publicBytes(publicKey: KeyObject): Buffer {
  const material = transparentMaterialOf(publicKey, 'TransparentECPublicKey');
  if (material.kind !== 'ec-public') throw new TypeError('no public key on a curve');
  return material.q;
}

function privateBytes(privateKey: KeyObject): Buffer {
  const material = transparentMaterialOf(privateKey, 'TransparentECPrivateKey');
  if (material.kind !== 'ec-private') throw new TypeError('no private key on a curve');
  return toBigEndian(material.d, curveNamed(material.curve)?.privateBytes);
}

function montgomerySecret(seed: Buffer): Buffer {
  const secret = Buffer.from(ed25519.utils.toMontgomerySecret(seed));
  seed.fill(0);
  return secret;
}
