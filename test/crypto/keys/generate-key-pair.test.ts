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

interface Curved {
  readonly algorithm: string;
  /** Bits of the private key (the most) and of the public key. */
  readonly bits: readonly [number, number];
  readonly qlength?: number;
  /** The public key from so many raw private bytes, computed without OpenSSL. */
  readonly noble?: readonly [number, (scalar: Uint8Array) => Uint8Array];
}

/** Compressed points. */
const on = ({ getPublicKey }: Pick<typeof p256, 'getPublicKey'>) => {
  return (scalar: Uint8Array) => getPublicKey(scalar, true);
};

/** Keys of both halves are bytes, and as long as each other. */
const bytewise = (
  ...[algorithm, bits, qlength, noble]: [string, number, number, Required<Curved>['noble']]
): Curved => ({ algorithm, bits: [bits, bits], qlength, noble });

const CURVES: Readonly<Record<string, Curved>> = {
  P192: { algorithm: 'ECDH', bits: [192, 200] },
  P224: { algorithm: 'ECDH', bits: [224, 232] },
  P256: { algorithm: 'EC', bits: [256, 264], noble: [32, on(p256)] },
  P384: { algorithm: 'ECDH', bits: [384, 392], noble: [48, on(p384)] },
  P521: { algorithm: 'ECDSA', bits: [528, 536], noble: [66, on(p521)] },
  SECP224K1: { algorithm: 'ECDH', bits: [232, 232] },
  SECP256K1: { algorithm: 'ECDH', bits: [256, 264], noble: [32, on(secp256k1)] },
  CURVE25519: bytewise('ECDH', 256, 253, [32, x25519.getPublicKey]),
  CURVE448: bytewise('ECDH', 448, 448, [56, x448.getPublicKey]),
  CURVEED25519: bytewise('Ed25519', 256, 256, [32, ed25519.getPublicKey]),
  CURVEED448: bytewise('Ed448', 456, 456, [57, ed448.getPublicKey]),
};

const rsaKind = (modulusBits: number, publicExponent = 65537): PairKind => {
  return { kind: 'rsa', modulusBits, publicExponent, cryptographicAlgorithm: 'RSA' };
};
const pqcKind = (cryptographicAlgorithm: string): PairKind => {
  return { kind: 'pqc', cryptographicAlgorithm };
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
  for (const [curve, { algorithm, bits: lengths, qlength, noble }] of Object.entries(CURVES)) {
    const [privateBits, publicBits] = lengths;
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
      const parameters = { Qlength: qlength ?? bits, RecommendedCurve: curve };
      assert.deepEqual(cryptographicDomainParameters, parameters);
      assert.equal(publicKey.cryptographicLength, publicBits);
      const expected = qlength === undefined ? Math.ceil(bits / 8) * 8 : privateBits;
      assert.equal(privateKey.cryptographicLength, expected);
      assert.ok(privateKey.cryptographicLength <= privateBits);
    });

    it(`generates working pairs on ${curve}, which openssl reads`, async () => {
      const { privateKey, publicKey } = keysOf(await generateKeyPair(kind));
      const message = Buffer.from('a message');
      if (/^CURVE\d/.test(curve)) {
        const other = keysOf(await generateKeyPair(kind));
        const theirs = diffieHellman({ privateKey: other.privateKey, publicKey });
        assert.deepEqual(diffieHellman({ privateKey, publicKey: other.publicKey }), theirs);
      } else {
        const hash = curve.startsWith('CURVEED') ? null : 'sha256';
        assert.ok(verify(hash, message, publicKey, sign(hash, message, privateKey)));
      }
      assert.match(opensslSays(publicKey), /Public-Key/i);
      assert.match(opensslSays(privateKey), /Private-Key/i);
    });

    if (noble === undefined) continue;
    it(`generates pairs on ${curve} that match in another implementation`, async () => {
      const { privateKey, publicKey } = await generateKeyPair(kind);
      assert.ok(
        privateKey.material.kind === 'ec-private' && publicKey.material.kind === 'ec-public',
      );
      const digits = privateKey.material.d.toString(16).padStart(noble[0] * 2, '0');
      const point = noble[1](Buffer.from(digits, 'hex'));
      assert.deepEqual([...publicKey.material.q], [...point]);
    });
  }

  it('generates RSA pairs of the given size and exponent that encrypt, sign and pass openssl’s check', async () => {
    for (const [modulusBits, publicExponent] of [
      [1024, 3],
      [1536, 65537],
      [2048, 17],
    ] as const) {
      const kind = rsaKind(modulusBits, publicExponent);
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
    const kind = rsaKind(4096);
    assert.deepEqual(kindOfPair('RSA', (await generateKeyPair(kind)).privateKey), kind);
  });

  for (const [algorithm, format, length] of [
    ['MLKEM_768', 'PKCS8', 768],
    ['MLDSA_44', 'PKCS8', 10496],
    ['SLHDSA_SHA2_128f', 'PKCS8', 256],
    ['X25519MLKEM768', 'Raw', 768],
  ] as const) {
    it(`generates matching ${algorithm} pairs in the server’s format and length`, async () => {
      const kind = pqcKind(algorithm);
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
    const { privateKey, publicKey } = await generateKeyPair(pqcKind('X25519MLKEM768'));
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
    for (const algorithm of ['MLKEM_512', 'MLDSA_44', 'SLHDSA_SHA2_128f', 'X25519MLKEM768']) {
      const given = await randomBytesDuring(async () => {
        wipePrivateKey((await generateKeyPair(pqcKind(algorithm))).privateKey);
      });
      assert.ok(given.length > 0);
      for (const bytes of given) assert.deepEqual(bytes, Buffer.alloc(bytes.length), algorithm);
    }
  });

  it('reads curve, size and exponent from DER too, and keeps the algorithm’s name', () => {
    const plainKey = (key: KeyObject) => ({
      keyFormatType: 'PKCS8',
      material: { kind: 'bytes', bytes: key.export({ format: 'der', type: 'pkcs8' }) } as const,
    });
    const p384Key = freshPair('ec', { namedCurve: 'secp384r1' }).privateKey;
    const onP384 = { kind: 'curve', curve: 'P384', cryptographicAlgorithm: 'ECDH' };
    assert.deepEqual(kindOfPair('ECDH', plainKey(p384Key)), onP384);
    const rsa = freshPair('rsa', { modulusLength: 1032, publicExponent: 5 }).privateKey;
    assert.deepEqual(kindOfPair(null, plainKey(rsa)), rsaKind(1032, 5));
    const ed = freshPair('ed25519').privateKey;
    assert.equal(kindOfPair(null, plainKey(ed)).cryptographicAlgorithm, 'Ed25519');
  });

  const bytes = (length: number): KeyMaterial => {
    return { kind: 'bytes', bytes: Buffer.alloc(length) };
  };
  const tiny: KeyMaterial = {
    ...{ kind: 'rsa-private', modulus: 3233n, privateExponent: 2753n, publicExponent: 17n },
    ...{ p: 61n, q: 53n, primeExponentP: 53n, primeExponentQ: 49n, crtCoefficient: 38n },
  };
  const scalar: KeyMaterial = { kind: 'ec-private', curve: 'P256', d: 5n };
  for (const [title, algorithm, keyFormatType, material, reason] of [
    ['an RSA key of 12 bits', 'RSA', 'TransparentRSAPrivateKey', tiny, 'Unsupported'],
    ['a post-quantum key in another format', 'MLDSA_44', 'Raw', bytes(2560), 'Unsupported'],
    ['a post-quantum key that is none', 'MLDSA_44', 'PKCS8', bytes(2626), 'MalformedObject'],
    ['a scalar that says ML-KEM', 'MLKEM_512', 'TransparentECPrivateKey', scalar, 'Unsupported'],
    ['what nobody makes pairs of', 'CoverCrypt', 'CoverCryptSecretKey', bytes(1), 'Unsupported'],
  ] as const) {
    it(`refuses ${title}`, () => {
      assert.throws(() => kindOfPair(algorithm, { keyFormatType, material }), { reason });
    });
  }

  it('refuses an unknown curve', async () => {
    const kind: PairKind = { kind: 'curve', curve: 'K163', cryptographicAlgorithm: 'ECDH' };
    await assert.rejects(generateKeyPair(kind), { reason: 'Unsupported', message: /K163/ });
  });
});
