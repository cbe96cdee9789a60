// Wrapping keys from KeyObjects and key material: what each kind contains, checked with vectors, and which are refused
// by name.
import assert from 'node:assert/strict';
import { createECDH, createPrivateKey, createPublicKey } from 'node:crypto';
import { ECIES_CURVES, type EciesCurve } from '../../../src/crypto/wrapping/ecies.js';
import { transparentMaterialOf } from '../../../src/crypto/keys/transparent-material.js';
import {
  wipeWrappingKey,
  wrappingKeyFromMaterial,
  wrappingKeyFromKeyObject,
  type WrappingKey,
} from '../../../src/crypto/wrapping/wrapping-key.js';
import { unwrapBytes } from '../../../src/crypto/wrapping/wrapping.js';
import vectors from '../vectors/wrapping.json' with { type: 'json' };
import { freshPair } from '../../support/fresh-keys.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const NO_PARAMETERS = { blockCipherMode: null, paddingMethod: null, hashingAlgorithm: null };

/** Returns a private KeyObject on a curve from its scalar. */
function ecKey(curve: EciesCurve, scalar: Buffer) {
  const ecdh = createECDH(ECIES_CURVES[curve].name);
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const size = (point.length - 1) / 2;
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  const padded = Buffer.concat([Buffer.alloc(size - scalar.length), scalar]);
  const [d, ...xy] = [padded, x, y].map((part) => part.toString('base64url'));
  const key = { kty: 'EC', crv: curve, d: d!, x: xy[0]!, y: xy[1]! };
  return createPrivateKey({ key, format: 'jwk' });
}

describe('wrapping keys', () => {
  describe('wrappingKeyFromKeyObject', () => {
    for (const { curve, scalar, point } of vectors.ecies) {
      it(`contains scalar and compressed point of a key on ${curve}`, () => {
        const key = ecKey(curve as EciesCurve, hex(scalar));
        const wrappingKey = { kind: 'ecies', curve, point: hex(point) };
        assert.deepEqual(wrappingKeyFromKeyObject(key), { ...wrappingKey, scalar: hex(scalar) });
        const publicKey = createPublicKey(key);
        assert.deepEqual(wrappingKeyFromKeyObject(publicKey), { ...wrappingKey, scalar: null });
      });
    }

    it('keeps leading zeros of a scalar', () => {
      for (const curve of Object.keys(ECIES_CURVES) as EciesCurve[]) {
        const key = wrappingKeyFromKeyObject(ecKey(curve, Buffer.from([1, 2, 3])));
        assert.ok(key.kind === 'ecies' && key.scalar !== null);
        assert.equal(BigInt(`0x${key.scalar.toString('hex')}`), 0x010203n, curve);
      }
    });

    for (const { curve, privateKey, publicKey, plaintext, ciphertext } of vectors.sealedBox) {
      it(`unwraps with a key on ${curve} what libsodium sealed for it`, () => {
        const crv = curve;
        const d = hex(privateKey).toString('base64url');
        const x = hex(publicKey).toString('base64url');
        const key = createPrivateKey({ key: { kty: 'OKP', crv, d, x }, format: 'jwk' });
        const wrappingKey = wrappingKeyFromKeyObject(key);
        const unwrapped = unwrapBytes(wrappingKey, NO_PARAMETERS, hex(ciphertext));
        assert.equal(unwrapped.plaintext.toString('hex'), plaintext);
        const plainKey = wrappingKeyFromKeyObject(createPublicKey(key));
        assert.deepEqual(plainKey, { ...wrappingKey, privateKey: null });
      });
    }

    it('contains the public key of an RSA private key', () => {
      const pair = freshPair('rsa', { modulusLength: 1024 });
      const key = wrappingKeyFromKeyObject(pair.privateKey);
      assert.ok(key.kind === 'rsa' && key.privateKey === pair.privateKey);
      assert.ok(key.publicKey.equals(pair.publicKey));
      const plainKey = wrappingKeyFromKeyObject(pair.publicKey);
      assert.ok(plainKey.kind === 'rsa' && plainKey.privateKey === null);
    });

    const refused = {
      P192: () => freshPair('ec', { namedCurve: 'prime192v1' }),
      P224: () => freshPair('ec', { namedCurve: 'secp224r1' }),
      SECP256K1: () => freshPair('ec', { namedCurve: 'secp256k1' }),
      x448: () => freshPair('x448'),
      ed448: () => freshPair('ed448'),
      'rsa-pss': () => freshPair('rsa-pss', { modulusLength: 1024 }),
    };
    for (const [name, generate] of Object.entries(refused)) {
      it(`refuses ${name} by name`, () => {
        const { publicKey, privateKey } = generate();
        for (const key of [publicKey, privateKey]) {
          assert.throws(() => wrappingKeyFromKeyObject(key), {
            reason: 'UnsupportedWrapping',
            message: new RegExp(name),
          });
        }
      });
    }
  });

  describe('wrappingKeyFromMaterial', () => {
    const bytes = Buffer.alloc(32, 7);

    it('uses the bytes of a symmetric key, in a copy, as an AES key', () => {
      for (const format of ['TransparentSymmetricKey', 'Raw']) {
        for (const algorithm of ['AES', 'ChaCha20', null]) {
          const material = { kind: 'bytes', bytes: Buffer.from(bytes) } as const;
          const key = wrappingKeyFromMaterial(algorithm, format, material);
          material.bytes.fill(0);
          assert.deepEqual(key, { kind: 'aes', key: bytes });
        }
      }
    });

    const rsa = freshPair('rsa', { modulusLength: 1024 });
    const p256 = freshPair('ec', { namedCurve: 'P-256' });
    const ed25519 = freshPair('ed25519');

    it('reads the private or the public key of a pair in DER, under the same format name', () => {
      const pairKeys: readonly [
        algorithm: string,
        format: string,
        bytes: Buffer,
        of: WrappingKey,
      ][] = [rsa, p256, ed25519].flatMap(({ privateKey, publicKey }, place) => {
        const algorithm = ['RSA', 'ECDH', 'Ed25519'][place]!;
        const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
        const spki = publicKey.export({ format: 'der', type: 'spki' });
        return [
          [algorithm, 'PKCS8', pkcs8, wrappingKeyFromKeyObject(privateKey)],
          [algorithm, 'PKCS8', spki, wrappingKeyFromKeyObject(publicKey)],
          [algorithm, 'X509', spki, wrappingKeyFromKeyObject(publicKey)],
        ];
      });
      const pkcs1 = { format: 'der', type: 'pkcs1' } as const;
      const sec1 = p256.privateKey.export({ format: 'der', type: 'sec1' });
      for (const [algorithm, format, plainKey, expected] of [
        ...pairKeys,
        ['RSA', 'PKCS1', rsa.privateKey.export(pkcs1), wrappingKeyFromKeyObject(rsa.privateKey)],
        ['RSA', 'PKCS1', rsa.publicKey.export(pkcs1), wrappingKeyFromKeyObject(rsa.publicKey)],
        ['EC', 'ECPrivateKey', sec1, wrappingKeyFromKeyObject(p256.privateKey)],
      ] as const) {
        const key = wrappingKeyFromMaterial(algorithm, format, { kind: 'bytes', bytes: plainKey });
        if (key.kind !== 'rsa' || expected.kind !== 'rsa') {
          assert.deepEqual(key, expected, `${algorithm} ${format}`);
          continue;
        }
        assert.ok(key.publicKey.equals(expected.publicKey));
        assert.equal(key.privateKey === null, expected.privateKey === null);
      }
    });

    it('reads the private or the public key of a pair in transparent numbers', () => {
      for (const [format, key, algorithm] of [
        ['TransparentRSAPrivateKey', rsa.privateKey, 'RSA'],
        ['TransparentRSAPublicKey', rsa.publicKey, 'RSA'],
        ['TransparentECPrivateKey', p256.privateKey, 'ECDH'],
        ['TransparentECPublicKey', p256.publicKey, 'ECDH'],
        ['TransparentECPrivateKey', ed25519.privateKey, 'Ed25519'],
        ['TransparentECPublicKey', ed25519.publicKey, 'Ed25519'],
      ] as const) {
        const wrappingKey = wrappingKeyFromMaterial(
          algorithm,
          format,
          transparentMaterialOf(key, format),
        );
        const expected = wrappingKeyFromKeyObject(key);
        assert.equal(wrappingKey.kind, expected.kind);
        if (wrappingKey.kind !== 'rsa') assert.deepEqual(wrappingKey, expected, format);
      }
    });

    it('refuses keys that cannot wrap, by name', () => {
      for (const [algorithm, format] of [
        ['MLKEM_768', 'PKCS8'],
        ['X25519MLKEM768', 'Raw'],
        ['RSA', 'Raw'],
        ['AES', 'PKCS8'],
      ] as const) {
        assert.throws(() => wrappingKeyFromMaterial(algorithm, format, { kind: 'bytes', bytes }), {
          reason: 'UnsupportedWrapping',
          message: new RegExp(algorithm),
        });
      }
      const p192 = { kind: 'ec-private', curve: 'P192', d: 5n } as const;
      assert.throws(() => wrappingKeyFromMaterial('ECDH', 'TransparentECPrivateKey', p192), {
        reason: 'UnsupportedWrapping',
        message: /P192/,
      });
    });

    it('throws a KmsError for bytes that are no key', () => {
      for (const noKey of [bytes, Buffer.alloc(0), Buffer.from('3003020100', 'hex')]) {
        const material = { kind: 'bytes', bytes: noKey } as const;
        for (const format of ['PKCS8', 'PKCS1', 'X509', 'ECPrivateKey']) {
          assert.throws(() => wrappingKeyFromMaterial('RSA', format, material), {
            name: 'KmsError',
          });
        }
      }
    });
  });

  it('are wiped if they are bytes', () => {
    const aes = { kind: 'aes', key: Buffer.alloc(32, 7) } as const;
    const ecies = wrappingKeyFromKeyObject(ecKey('P-256', Buffer.from([1])));
    const box = wrappingKeyFromKeyObject(freshPair('ed25519').privateKey);
    for (const key of [aes, ecies, box]) wipeWrappingKey(key);
    assert.deepEqual(aes.key, Buffer.alloc(32));
    assert.ok(ecies.kind === 'ecies' && ecies.scalar?.equals(Buffer.alloc(32)));
    assert.ok(box.kind === 'sealed-box' && box.privateKey?.equals(Buffer.alloc(32)));
  });
});
