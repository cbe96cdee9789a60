// The elliptic curves of the store, with their names in KMIP, OpenSSL and DER.

export interface Curve {
  /** KMIP's name. */
  readonly name: string;
  /** OpenSSL's type of key: `ec` has points, the others have raw public bytes. */
  readonly keyType: 'ec' | 'x25519' | 'x448' | 'ed25519' | 'ed448';
  /** OpenSSL's name. */
  readonly openssl: string;
  /** Object identifier: DER without its header, in hex. */
  readonly oid: string;
  /** The length by which people know a key on it. */
  readonly bits: number;
  /** Bytes of a private key: the length of the order for `ec`, of the raw key for the others. */
  readonly privateBytes: number;
  /** What the server writes as Qlength; null if that is the bit length of the scalar. */
  readonly qlength: number | null;
}

const CURVES: readonly Curve[] = [
  weierstrass('P192', 192, 'prime192v1', '2a8648ce3d030101', 24),
  weierstrass('P224', 224, 'secp224r1', '2b81040021', 28),
  weierstrass('P256', 256, 'prime256v1', '2a8648ce3d030107', 32),
  weierstrass('P384', 384, 'secp384r1', '2b81040022', 48),
  weierstrass('P521', 521, 'secp521r1', '2b81040023', 66),
  // Its order has 225 bits, one byte more than its field.
  weierstrass('SECP224K1', 224, 'secp224k1', '2b81040020', 29),
  weierstrass('SECP256K1', 256, 'secp256k1', '2b8104000a', 32),
  raw('CURVE25519', 'x25519', '2b656e', 32, 253),
  raw('CURVE448', 'x448', '2b656f', 56, 448),
  raw('CURVEED25519', 'ed25519', '2b6570', 32, 256),
  raw('CURVEED448', 'ed448', '2b6571', 57, 456),
];

export const CURVE_NAMES: readonly string[] = CURVES.map(({ name }) => name);

/** Returns the curve of a KMIP name, or undefined. */
export function curveNamed(name: string): Curve | undefined {
  return CURVES.find((curve) => curve.name === name);
}

/** Returns the curve of an OpenSSL name, which may be a named curve or a type of key, or undefined. */
export function curveOfOpenssl(name: string): Curve | undefined {
  return CURVES.find((curve) => curve.openssl === name);
}

function weierstrass(
  name: string,
  bits: number,
  openssl: string,
  oid: string,
  privateBytes: number,
): Curve {
  return { name, keyType: 'ec', openssl, oid, bits, privateBytes, qlength: null };
}

function raw(
  name: string,
  keyType: Exclude<Curve['keyType'], 'ec'>,
  oid: string,
  privateBytes: number,
  qlength: number,
): Curve {
  return { name, keyType, openssl: keyType, oid, bits: privateBytes * 8, privateBytes, qlength };
}
