// Generated pairs of every kind: private and public key match, they work, they have the lengths of storage format
// §2.4, and other implementations read them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  constants,
  diffieHellman,
  privateDecrypt,
  publicEncrypt,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { ed448, x448 } from '@noble/curves/ed448.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { privateKeyObject, publicKeyObject } from '../../../src/crypto/keys/key-object.js';
import {
  generateKeyPair,
  wipePrivateKey,
  type GeneratedPair,
} from '../../../src/crypto/keys/generate-key-pair.js';
import { isKeyPair } from '../../../src/crypto/keys/is-key-pair.js';
import { kindOfPair, type PairKind } from '../../../src/crypto/keys/pair-kind.js';
import type { KeyMaterial } from '../../../src/kmip/key-material.js';
import { freshPair } from '../../support/fresh-keys.js';
import { needThoroughRun } from '../../support/effort.js';
import { randomBytesDuring } from '../../support/random-bytes.js';

type Curved = readonly [
  curve: string,
  algorithm: string,
  /** Bits of the private key (the most) and of the public key. */
  lengths: readonly [number, number],
  qlength: number | null,
];

const CURVES: readonly Curved[] = [
  ['P192', 'ECDH', [192, 200], null],
  ['P224', 'ECDH', [224, 232], null],
  ['P256', 'EC', [256, 264], null],
  ['P384', 'ECDH', [384, 392], null],
  ['P521', 'ECDSA', [528, 536], null],
  ['SECP224K1', 'ECDH', [232, 232], null],
  ['SECP256K1', 'ECDH', [256, 264], null],
  ['CURVE25519', 'ECDH', [256, 256], 253],
  ['CURVE448', 'ECDH', [448, 448], 448],
  ['CURVEED25519', 'Ed25519', [256, 256], 256],
  ['CURVEED448', 'Ed448', [456, 456], 456],
];

/** Public keys from raw private bytes, computed without OpenSSL. */
const NOBLE: Readonly<Record<string, (scalar: Uint8Array) => Uint8Array>> = {
  P256: (scalar) => p256.getPublicKey(scalar, true),
  P384: (scalar) => p384.getPublicKey(scalar, true),
  P521: (scalar) => p521.getPublicKey(scalar, true),
  SECP256K1: (scalar) => secp256k1.getPublicKey(scalar, true),
  CURVE25519: (scalar) => x25519.getPublicKey(scalar),
  CURVE448: (scalar) => x448.getPublicKey(scalar),
  CURVEED25519: (scalar) => ed25519.getPublicKey(scalar),
  CURVEED448: (scalar) => ed448.getPublicKey(scalar),
};
const SCALAR_BYTES: Readonly<Record<string, number>> = {
  P256: 32,
  P384: 48,
  P521: 66,
  SECP256K1: 32,
  CURVE25519: 32,
  CURVE448: 56,
  CURVEED25519: 32,
  CURVEED448: 57,
};

function keysOf(pair: GeneratedPair): { privateKey: KeyObject; publicKey: KeyObject } {
  const { cryptographicAlgorithm: algorithm, privateKey: one, publicKey: other } = pair;
  return {
    privateKey: privateKeyObject(algorithm, one.keyFormatType, one.material),
    publicKey: publicKeyObject(algorithm, other.keyFormatType, other.material),
  };
}

/** What the openssl command prints about a key, or its error. */
function opensslSays(key: KeyObject): string {
  const type = key.type === 'private' ? 'pkcs8' : 'spki';
  const { stdout, stderr, status } = spawnSync(
    'openssl',
    ['pkey', '-noout', '-text', ...(type === 'spki' ? ['-pubin'] : ['-check'])],
    { encoding: 'utf8', input: key.export({ format: 'pem', type }) },
  );
  return status === 0 ? stdout : `refused: ${stderr}`;
}

describe('generateKeyPair', () => {
  for (const [curve, algorithm, [privateBits, publicBits], qlength] of CURVES) {
    const kind: PairKind = { kind: 'curve', curve, cryptographicAlgorithm: algorithm };

    it(`generates matching pairs on ${curve}, of the kind asked for`, async () => {
      const pair = await generateKeyPair(kind);
      assert.ok(await isKeyPair(algorithm, pair.privateKey, pair.publicKey));
      const other = await generateKeyPair(kind);
      assert.ok(!(await isKeyPair(algorithm, pair.privateKey, other.publicKey)));
      assert.deepEqual(kindOfPair(algorithm, pair.privateKey), kind);
      assert.equal(pair.privateKey.keyFormatType, 'TransparentECPrivateKey');
      assert.equal(pair.publicKey.keyFormatType, 'TransparentECPublicKey');
    });

    it(`gives pairs on ${curve} the lengths of storage format §2.4`, async () => {
      const { privateKey, publicKey, cryptographicDomainParameters } = await generateKeyPair(kind);
      assert.ok(privateKey.material.kind === 'ec-private');
      const bits = privateKey.material.d.toString(2).length;
      assert.deepEqual(cryptographicDomainParameters, {
        Qlength: qlength ?? bits,
        RecommendedCurve: curve,
      });
      assert.equal(publicKey.cryptographicLength, publicBits);
      const expected = qlength === null ? Math.ceil(bits / 8) * 8 : privateBits;
      assert.equal(privateKey.cryptographicLength, expected);
      assert.ok(privateKey.cryptographicLength <= privateBits);
    });

    it(`generates working pairs on ${curve}, which openssl reads`, async () => {
      const { privateKey, publicKey } = keysOf(await generateKeyPair(kind));
      const message = Buffer.from('a message');
      if (/^CURVE\d/.test(curve)) {
        const other = keysOf(await generateKeyPair(kind));
        assert.deepEqual(
          diffieHellman({ privateKey, publicKey: other.publicKey }),
          diffieHellman({ privateKey: other.privateKey, publicKey }),
        );
      } else {
        const hash = curve.startsWith('CURVEED') ? null : 'sha256';
        assert.ok(verify(hash, message, publicKey, sign(hash, message, privateKey)));
      }
      assert.match(opensslSays(publicKey), /Public-Key/i);
      assert.match(opensslSays(privateKey), /Private-Key/i);
    });

    const noble = NOBLE[curve];
    if (noble === undefined) continue;
    it(`generates pairs on ${curve} that match in another implementation`, async () => {
      const { privateKey, publicKey } = await generateKeyPair(kind);
      assert.ok(
        privateKey.material.kind === 'ec-private' && publicKey.material.kind === 'ec-public',
      );
      const digits = privateKey.material.d.toString(16).padStart(SCALAR_BYTES[curve]! * 2, '0');
      const point = noble(Buffer.from(digits, 'hex'));
      assert.deepEqual([...publicKey.material.q], [...point]);
    });
  }

  it('generates RSA pairs of the given size and exponent that encrypt, sign and pass openssl’s check', async () => {
    for (const [modulusBits, publicExponent] of [
      [1024, 3],
      [1536, 65537],
      [2048, 17],
    ] as const) {
      const kind: PairKind = {
        kind: 'rsa',
        modulusBits,
        publicExponent,
        cryptographicAlgorithm: 'RSA',
      };
      const pair = await generateKeyPair(kind);
      assert.deepEqual(kindOfPair('RSA', pair.privateKey), kind);
      assert.ok(await isKeyPair('RSA', pair.privateKey, pair.publicKey));
      assert.equal(pair.cryptographicDomainParameters, null);
      for (const plainKey of [pair.privateKey, pair.publicKey]) {
        assert.equal(plainKey.cryptographicLength, modulusBits);
      }
      const { privateKey, publicKey } = keysOf(pair);
      const message = Buffer.from('a message');
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      const ciphertext = publicEncrypt({ key: publicKey, padding }, message);
      assert.deepEqual(privateDecrypt({ key: privateKey, padding }, ciphertext), message);
      assert.ok(verify('sha256', message, publicKey, sign('sha256', message, privateKey)));
      assert.match(opensslSays(privateKey), new RegExp(`valid[^]*${modulusBits} bit`));
      assert.match(opensslSays(publicKey), new RegExp(`${modulusBits} bit`));
    }
  });

  it('generates an RSA pair of 4096 bits', async function () {
    needThoroughRun(this);
    const kind: PairKind = {
      kind: 'rsa',
      modulusBits: 4096,
      publicExponent: 65537,
      cryptographicAlgorithm: 'RSA',
    };
    assert.deepEqual(kindOfPair('RSA', (await generateKeyPair(kind)).privateKey), kind);
  });

  for (const [algorithm, format, length] of [
    ['MLKEM_768', 'PKCS8', 768],
    ['MLDSA_44', 'PKCS8', 10496],
    ['SLHDSA_SHA2_128f', 'PKCS8', 256],
    ['X25519MLKEM768', 'Raw', 768],
  ] as const) {
    it(`generates matching ${algorithm} pairs in the server’s format and length`, async () => {
      const kind: PairKind = { kind: 'pqc', cryptographicAlgorithm: algorithm };
      const [pair, other] = [await generateKeyPair(kind), await generateKeyPair(kind)];
      assert.deepEqual(kindOfPair(algorithm, pair.privateKey), kind);
      assert.ok(await isKeyPair(algorithm, pair.privateKey, pair.publicKey));
      assert.ok(!(await isKeyPair(algorithm, pair.privateKey, other.publicKey)));
      for (const plainKey of [pair.privateKey, pair.publicKey]) {
        assert.equal(plainKey.keyFormatType, format);
        assert.equal(plainKey.cryptographicLength, length);
      }
    });
  }

  it('generates hybrid pairs whose X25519 parts match', async () => {
    const kind: PairKind = { kind: 'pqc', cryptographicAlgorithm: 'X25519MLKEM768' };
    const { privateKey, publicKey } = await generateKeyPair(kind);
    assert.ok(privateKey.material.kind === 'bytes' && publicKey.material.kind === 'bytes');
    assert.deepEqual(
      [...x25519.getPublicKey(privateKey.material.bytes.subarray(-32))],
      [...publicKey.material.bytes.subarray(-32)],
    );
    const [last] = publicKey.material.bytes.subarray(-32);
    publicKey.material.bytes[publicKey.material.bytes.length - 32] = (last! ^ 1) & 0xff;
    assert.ok(!(await isKeyPair('X25519MLKEM768', privateKey, publicKey)));
  });

  it('wipes the bytes of a private key', () => {
    const material: KeyMaterial = { kind: 'bytes', bytes: Buffer.of(1, 2) };
    wipePrivateKey({ keyFormatType: 'PKCS8', material });
    assert.deepEqual([...material.bytes], [0, 0]);
  });

  it('wipes what a post-quantum pair was generated from', async () => {
    const algorithms = ['MLKEM_512', 'MLDSA_44', 'SLHDSA_SHA2_128f', 'X25519MLKEM768'];
    for (const cryptographicAlgorithm of algorithms) {
      const given = await randomBytesDuring(async () => {
        wipePrivateKey((await generateKeyPair({ kind: 'pqc', cryptographicAlgorithm })).privateKey);
      });
      assert.ok(given.length > 0);
      for (const bytes of given) {
        assert.deepEqual(bytes, Buffer.alloc(bytes.length), cryptographicAlgorithm);
      }
    }
  });

  it('reads curve, size and exponent from DER too, and keeps the algorithm’s name', () => {
    const plainKey = (key: KeyObject) => ({
      keyFormatType: 'PKCS8',
      material: { kind: 'bytes', bytes: key.export({ format: 'der', type: 'pkcs8' }) } as const,
    });
    const p384Key = freshPair('ec', { namedCurve: 'secp384r1' }).privateKey;
    assert.deepEqual(kindOfPair('ECDH', plainKey(p384Key)), {
      kind: 'curve',
      curve: 'P384',
      cryptographicAlgorithm: 'ECDH',
    });
    const rsa = freshPair('rsa', { modulusLength: 1032, publicExponent: 5 }).privateKey;
    assert.deepEqual(kindOfPair(null, plainKey(rsa)), {
      kind: 'rsa',
      modulusBits: 1032,
      publicExponent: 5,
      cryptographicAlgorithm: 'RSA',
    });
    const ed = freshPair('ed25519').privateKey;
    assert.equal(kindOfPair(null, plainKey(ed)).cryptographicAlgorithm, 'Ed25519');
  });

  const refused: [title: string, algorithm: string, format: string, KeyMaterial, string][] = [
    [
      'an RSA key of 12 bits',
      'RSA',
      'TransparentRSAPrivateKey',
      {
        kind: 'rsa-private',
        modulus: 3233n,
        privateExponent: 2753n,
        publicExponent: 17n,
        p: 61n,
        q: 53n,
        primeExponentP: 53n,
        primeExponentQ: 49n,
        crtCoefficient: 38n,
      },
      'Unsupported',
    ],
    [
      'a post-quantum key in a format of its own',
      'MLDSA_44',
      'Raw',
      { kind: 'bytes', bytes: Buffer.alloc(2560) },
      'Unsupported',
    ],
    [
      'a post-quantum key that is none',
      'MLDSA_44',
      'PKCS8',
      { kind: 'bytes', bytes: Buffer.alloc(2626) },
      'MalformedObject',
    ],
    [
      'a scalar that says ML-KEM',
      'MLKEM_512',
      'TransparentECPrivateKey',
      { kind: 'ec-private', curve: 'P256', d: 5n },
      'Unsupported',
    ],
    [
      'an algorithm that nobody makes pairs of',
      'CoverCrypt',
      'CoverCryptSecretKey',
      { kind: 'bytes', bytes: Buffer.of(1) },
      'Unsupported',
    ],
  ];
  for (const [title, algorithm, keyFormatType, material, reason] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(() => kindOfPair(algorithm, { keyFormatType, material }), { reason });
    });
  }

  it('refuses an unknown curve', async () => {
    const kind: PairKind = { kind: 'curve', curve: 'K163', cryptographicAlgorithm: 'ECDH' };
    await assert.rejects(generateKeyPair(kind), { reason: 'Unsupported', message: /K163/ });
  });
});
