// ECIES on NIST curves as the server does it (storage format §5.3): R ‖ AES-GCM, where R is an ephemeral point, the
// AES key comes from the shared point, and the nonce from R and the wrapping key's point Q.
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { createECDH, createHash } from 'node:crypto';
import { openGcm, sealGcm } from './aes-wrapping.js';
import { orCannotUnwrap } from './wrapping-failure.js';

export type EciesCurve = keyof typeof ECIES_CURVES;

/** OpenSSL’s name, the curve arithmetic, bytes of a compressed point, hash, and bytes of the AES key. */
export const ECIES_CURVES = {
  'P-256': { name: 'prime256v1', ...{ Point: p256.Point, pointBytes: 33 }, ...shake(128, 16) },
  'P-384': { name: 'secp384r1', ...{ Point: p384.Point, pointBytes: 49 }, ...shake(256, 32) },
  'P-521': { name: 'secp521r1', ...{ Point: p521.Point, pointBytes: 67 }, ...shake(256, 32) },
} as const;

const NONCE_BYTES = 12;

/** All points are compressed. Only test vectors pass an ephemeral scalar. */
export function eciesWrap(
  curve: EciesCurve,
  point: Uint8Array,
  plaintext: Uint8Array,
  ephemeralScalar?: Uint8Array,
): Buffer {
  const ephemeral = createECDH(ECIES_CURVES[curve].name);
  if (ephemeralScalar === undefined) ephemeral.generateKeys();
  else ephemeral.setPrivateKey(ephemeralScalar);
  const scalar = ephemeral.getPrivateKey();
  const ephemeralPoint = ephemeral.getPublicKey(null, 'compressed');
  const key = aesKey(curve, point, scalar);
  try {
    const sealed = sealGcm(key, nonce(curve, ephemeralPoint, point), plaintext);
    return Buffer.concat([ephemeralPoint, sealed]);
  } finally {
    key.fill(0);
    scalar.fill(0);
  }
}

/** @throws KmsError CannotUnwrap unless R is a point of the curve and the tag is valid. */
export function eciesUnwrap(
  curve: EciesCurve,
  wrappingKey: { readonly point: Uint8Array; readonly scalar: Uint8Array },
  ciphertext: Uint8Array,
): Buffer {
  const encoding = `ECIES on ${curve}`;
  const end = ECIES_CURVES[curve].pointBytes;
  const ephemeralPoint = ciphertext.subarray(0, end);
  const key = orCannotUnwrap(encoding, () => aesKey(curve, ephemeralPoint, wrappingKey.scalar));
  try {
    const gcmNonce = nonce(curve, ephemeralPoint, wrappingKey.point);
    return openGcm(encoding, key, gcmNonce, ciphertext.subarray(end));
  } finally {
    key.fill(0);
  }
}

/** Hashes scalar × point. node:crypto returns only its x coordinate, but the server also hashes the sign of y. */
function aesKey(curve: EciesCurve, point: Uint8Array, scalar: Uint8Array): Buffer {
  const { Point, hash, keyBytes } = ECIES_CURVES[curve];
  const factor = BigInt(`0x${Buffer.from(scalar).toString('hex')}`);
  const shared = Point.fromBytes(point).multiply(factor).toBytes(true);
  try {
    return createHash(hash, { outputLength: keyBytes }).update(shared).digest();
  } finally {
    shared.fill(0);
  }
}

function nonce(curve: EciesCurve, ephemeralPoint: Uint8Array, point: Uint8Array): Buffer {
  const hash = createHash(ECIES_CURVES[curve].hash, { outputLength: NONCE_BYTES });
  return hash.update(ephemeralPoint).update(point).digest();
}

function shake(strength: 128 | 256, keyBytes: 16 | 32) {
  return { hash: `shake${strength}`, keyBytes };
}
