// The transparent Key Material of a KeyObject, as the server writes it: numbers, compressed SEC1 points, or the raw
// bytes of the other curves (storage format §2.4).
import type { KeyObject } from 'node:crypto';
import type { KeyMaterial } from '../../kmip/key-material.js';
import { curveOfOpenssl, type Curve } from './curves.js';
import { DER, fromBigEndian, readDer } from '../der.js';

/** Returns the material of a key in a transparent format that holds such keys. */
export function transparentMaterialOf(key: KeyObject, keyFormatType: string): KeyMaterial {
  switch (keyFormatType) {
    case 'TransparentRSAPrivateKey': {
      const { n, d, e, p, q, dp, dq, qi } = key.export({ format: 'jwk' });
      return {
        kind: 'rsa-private',
        modulus: number(n),
        privateExponent: number(d),
        publicExponent: number(e),
        p: number(p),
        q: number(q),
        primeExponentP: number(dp),
        primeExponentQ: number(dq),
        crtCoefficient: number(qi),
      };
    }
    case 'TransparentRSAPublicKey': {
      const { n, e } = key.export({ format: 'jwk' });
      return { kind: 'rsa-public', modulus: number(n), publicExponent: number(e) };
    }
    case 'TransparentECPrivateKey': {
      const curve = curveOfKey(key);
      return { kind: 'ec-private', curve: curve.name, d: privateScalar(key, curve) };
    }
    case 'TransparentECPublicKey': {
      const curve = curveOfKey(key);
      return { kind: 'ec-public', curve: curve.name, q: publicBytes(key, curve) };
    }
    default:
      throw new TypeError(`no material of the format ${keyFormatType} is made of keys`);
  }
}

/** Returns the curve of a key. @throws TypeError for a key on no curve of the store. */
export function curveOfKey(key: KeyObject): Curve {
  const name = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? '';
  const curve = curveOfOpenssl(name);
  if (curve === undefined) throw new TypeError(`no curve of the format: ${name}`);
  return curve;
}

/** Returns the private bytes of a key on a curve, as a number. */
export function privateScalar(key: KeyObject, curve: Curve): bigint {
  const type = curve.keyType === 'ec' ? 'sec1' : 'pkcs8';
  const bytes = key.export({ format: 'der', type });
  try {
    const fields = within(bytes, DER.sequence);
    // SEC1 is version, scalar …; PKCS#8 is version, algorithm, and an octet string within an octet string.
    const scalar =
      type === 'sec1' ? fields[1]?.value : readDer(fields[2]?.value ?? bytes)?.[0]?.value;
    if (scalar === undefined) throw new TypeError('no private number in a key’s DER');
    return fromBigEndian(scalar);
  } finally {
    bytes.fill(0);
  }
}

function publicBytes(key: KeyObject, curve: Curve): Buffer {
  const fields = within(key.export({ format: 'der', type: 'spki' }), DER.sequence);
  // A bit string begins with the number of its unused bits, 0.
  const point = fields[1]?.value.subarray(1);
  if (point === undefined) throw new TypeError('no public key in SubjectPublicKeyInfo');
  return curve.keyType === 'ec' ? compressed(point) : Buffer.from(point);
}

/** Returns a SEC1 point in compressed form: the x coordinate, and whether y is odd. */
function compressed(point: Buffer): Buffer {
  if (point[0] !== 0x04) return Buffer.from(point);
  const bytes = (point.length - 1) / 2;
  const odd = ((point.at(-1) ?? 0) & 1) === 1;
  return Buffer.concat([Buffer.of(odd ? 0x03 : 0x02), point.subarray(1, 1 + bytes)]);
}

function within(bytes: Buffer, tag: number) {
  const [outer] = readDer(bytes) ?? [];
  const fields = outer?.tag === tag ? readDer(outer.value) : null;
  if (fields === null) throw new TypeError('DER of a key that does not parse');
  return fields;
}

/** Decodes a number of a JSON Web Key: base64url of unsigned big-endian bytes (RFC 7518 §2). */
function number(text: string | undefined): bigint {
  if (text === undefined) throw new TypeError('a number is missing in a key');
  const bytes = Buffer.from(text, 'base64url');
  const integer = fromBigEndian(bytes);
  bytes.fill(0);
  return integer;
}
