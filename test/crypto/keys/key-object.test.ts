// KeyObjects from stored material and back: every pair of the golden stores that is not post-quantum, every curve and
// every DER format; and material that is refused.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import {
  isKeyObjectPair,
  privateKeyObject,
  publicKeyObject,
} from '../../../src/crypto/keys/key-object.js';
import { transparentMaterialOf } from '../../../src/crypto/keys/transparent-material.js';
import { linkTo } from '../../../src/kmip/attributes.js';
import { decodeKeyMaterial, type KeyMaterial } from '../../../src/kmip/key-material.js';
import type { ManagedObject } from '../../../src/kmip/managed-object.js';
import { describeGolden, goldenObjects, GOLDEN_SQLITE } from '../../support/golden.js';
import { freshPair } from '../../support/fresh-keys.js';

const CURVES: [curve: string, openssl: string, algorithm: string, point: number][] = [
  ['P192', 'prime192v1', 'ECDH', 25],
  ['P224', 'secp224r1', 'ECDH', 29],
  ['P256', 'prime256v1', 'ECDH', 33],
  ['P384', 'secp384r1', 'EC', 49],
  ['P521', 'secp521r1', 'ECDSA', 67],
  ['SECP224K1', 'secp224k1', 'ECDH', 29],
  ['SECP256K1', 'secp256k1', 'ECDH', 33],
  ['CURVE25519', 'x25519', 'ECDH', 32],
  ['CURVE448', 'x448', 'ECDH', 56],
  ['CURVEED25519', 'ed25519', 'Ed25519', 32],
  ['CURVEED448', 'ed448', 'Ed448', 57],
];

const PRIVATE = 'TransparentECPrivateKey';
const PUBLIC = 'TransparentECPublicKey';

function pairOn(openssl: string): { privateKey: KeyObject; publicKey: KeyObject } {
  // A curve is named in two ways, and node:crypto has a type for each.
  return /^(x|ed)\d/.test(openssl) ? freshPair(openssl) : freshPair('ec', { namedCurve: openssl });
}

const bytes = (buffer: Buffer): KeyMaterial => ({ kind: 'bytes', bytes: buffer });

describe('KeyObjects of key material', () => {
  for (const [curve, openssl, algorithm, length] of CURVES) {
    it(`reads a pair on ${curve} from its transparent numbers`, () => {
      for (let round = 0; round < 4; round += 1) {
        const pair = pairOn(openssl);
        const d = transparentMaterialOf(pair.privateKey, PRIVATE);
        const q = transparentMaterialOf(pair.publicKey, PUBLIC);
        assert.equal(d.kind === 'ec-private' && d.curve, curve);
        assert.equal(q.kind === 'ec-public' && q.q.length, length);
        const privateKey = privateKeyObject(algorithm, PRIVATE, d);
        const publicKey = publicKeyObject(algorithm, PUBLIC, q);
        assert.ok(publicKey.equals(pair.publicKey));
        assert.ok(createPublicKey(privateKey).equals(pair.publicKey));
        assert.ok(isKeyObjectPair(privateKey, publicKey));
        assert.ok(!isKeyObjectPair(privateKey, pairOn(openssl).publicKey));
      }
    });

    it(`reads a pair on ${curve} from its DER`, () => {
      const pair = pairOn(openssl);
      const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
      const spki = pair.publicKey.export({ format: 'der', type: 'spki' });
      const privateKey = privateKeyObject(algorithm, 'PKCS8', bytes(pkcs8));
      assert.deepEqual(
        transparentMaterialOf(privateKey, PRIVATE),
        transparentMaterialOf(pair.privateKey, PRIVATE),
      );
      for (const format of ['PKCS8', 'X509']) {
        assert.ok(isKeyObjectPair(privateKey, publicKeyObject(algorithm, format, bytes(spki))));
      }
    });
  }

  it('reads raw private bytes that begin with zeros', () => {
    for (const [curve, , algorithm] of CURVES) {
      const key = privateKeyObject(algorithm, PRIVATE, { kind: 'ec-private', curve, d: 5n });
      assert.deepEqual(transparentMaterialOf(key, PRIVATE), { kind: 'ec-private', curve, d: 5n });
    }
  });

  it('reads an RSA pair from its numbers and from its DER, whatever its size and exponent', () => {
    for (const [modulusLength, publicExponent] of [
      [1024, 3],
      [1536, 17],
      [2048, 65537],
    ] as const) {
      const pair = freshPair('rsa', { modulusLength, publicExponent });
      const d = transparentMaterialOf(pair.privateKey, 'TransparentRSAPrivateKey');
      const n = transparentMaterialOf(pair.publicKey, 'TransparentRSAPublicKey');
      const privateKeys = [
        privateKeyObject('RSA', 'TransparentRSAPrivateKey', d),
        ...(['pkcs8', 'pkcs1'] as const).map((type) =>
          privateKeyObject(
            'RSA',
            type.toUpperCase(),
            bytes(pair.privateKey.export({ format: 'der', type })),
          ),
        ),
      ];
      const publicKeys = [
        publicKeyObject('RSA', 'TransparentRSAPublicKey', n),
        publicKeyObject(
          'RSA',
          'PKCS8',
          bytes(pair.publicKey.export({ format: 'der', type: 'spki' })),
        ),
        publicKeyObject(
          'RSA',
          'PKCS1',
          bytes(pair.publicKey.export({ format: 'der', type: 'pkcs1' })),
        ),
      ];
      for (const privateKey of privateKeys) {
        assert.ok(privateKey.equals(pair.privateKey));
        for (const publicKey of publicKeys) assert.ok(isKeyObjectPair(privateKey, publicKey));
      }
    }
  });

  it('reads a SEC1 key', () => {
    const { privateKey } = pairOn('prime256v1');
    const sec1 = privateKey.export({ format: 'der', type: 'sec1' });
    assert.ok(privateKeyObject('ECDH', 'ECPrivateKey', bytes(sec1)).equals(privateKey));
  });

  it('does not change the caller’s material', () => {
    const pkcs8 = pairOn('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
    const before = Buffer.from(pkcs8);
    privateKeyObject('Ed25519', 'PKCS8', bytes(pkcs8));
    assert.deepEqual(pkcs8, before);
  });

  it('ignores a public key inside a private one', () => {
    const [one, other] = [pairOn('prime256v1'), pairOn('prime256v1')];
    const der = one.privateKey.export({ format: 'der', type: 'pkcs8' });
    const point = other.publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
    point.copy(der, der.length - 65);
    const liar = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    assert.ok(createPublicKey(liar).equals(other.publicKey), 'node:crypto believes it');
    const key = privateKeyObject('ECDH', 'PKCS8', bytes(der));
    assert.ok(isKeyObjectPair(key, one.publicKey));
    assert.ok(!isKeyObjectPair(key, other.publicKey));
  });

  describe('refuses', () => {
    const rsa = transparentMaterialOf(
      freshPair('rsa', { modulusLength: 1024 }).privateKey,
      'TransparentRSAPrivateKey',
    );
    assert.equal(rsa.kind, 'rsa-private');
    const scalar = (curve: string, d: bigint): KeyMaterial => ({ kind: 'ec-private', curve, d });
    const point = (curve: string, hex: string): KeyMaterial => ({
      kind: 'ec-public',
      curve,
      q: Buffer.from(hex, 'hex'),
    });
    const RSA_PRIVATE = 'TransparentRSAPrivateKey';
    const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

    const privates: [title: string, string, string, KeyMaterial, reason: string][] = [
      ['DER that does not parse', 'RSA', 'PKCS8', bytes(Buffer.of(48, 1)), 'MalformedObject'],
      ['no bytes at all', 'RSA', 'PKCS8', bytes(Buffer.alloc(0)), 'MalformedObject'],
      ['a scalar of the order', 'ECDH', PRIVATE, scalar('P256', p256Order), 'MalformedObject'],
      ['a scalar past the curve', 'ECDH', PRIVATE, scalar('P256', 2n ** 256n), 'MalformedObject'],
      ['a raw key too long', 'ECDH', PRIVATE, scalar('CURVE25519', 2n ** 256n), 'MalformedObject'],
      ['an unknown curve', 'ECDH', PRIVATE, scalar('K163', 5n), 'Unsupported'],
      ['an EC key that says RSA', 'RSA', PRIVATE, scalar('P256', 5n), 'MalformedObject'],
      [
        'an Ed25519 key that says ECDH',
        'ECDH',
        PRIVATE,
        scalar('CURVEED25519', 5n),
        'MalformedObject',
      ],
      ['an RSA key that says ECDH', 'ECDH', RSA_PRIVATE, rsa, 'MalformedObject'],
      [
        'primes of another modulus',
        'RSA',
        RSA_PRIVATE,
        { ...rsa, p: rsa.p! + 2n },
        'MalformedObject',
      ],
      [
        'an exponent of another key',
        'RSA',
        RSA_PRIVATE,
        { ...rsa, privateExponent: rsa.privateExponent! + 2n },
        'MalformedObject',
      ],
      ['a wrong CRT number', 'RSA', RSA_PRIVATE, { ...rsa, crtCoefficient: 1n }, 'MalformedObject'],
      ['missing primes', 'RSA', RSA_PRIVATE, { ...rsa, p: null }, 'Unsupported'],
      ['a public key', 'ECDH', PUBLIC, point('P256', '02'), 'MalformedObject'],
      ['a format that holds anything', 'RSA', 'Opaque', bytes(Buffer.of(1)), 'Unsupported'],
      [
        'a key of DSA',
        'DSA',
        'PKCS8',
        bytes(
          freshPair('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey.export({
            format: 'der',
            type: 'pkcs8',
          }),
        ),
        'Unsupported',
      ],
      [
        'an RSA key bound to PSS, which the store cannot say',
        'RSA',
        'PKCS8',
        bytes(
          freshPair('rsa-pss', { modulusLength: 1024 }).privateKey.export({
            format: 'der',
            type: 'pkcs8',
          }),
        ),
        'Unsupported',
      ],
      [
        'a curve that the format has not',
        'ECDH',
        'PKCS8',
        bytes(pairOn('brainpoolP256r1').privateKey.export({ format: 'der', type: 'pkcs8' })),
        'Unsupported',
      ],
    ];
    for (const [title, algorithm, format, material, reason] of privates) {
      it(title, () => {
        assert.throws(() => privateKeyObject(algorithm, format, material), { reason });
      });
    }

    const publics: [title: string, string, string, KeyMaterial, reason: string][] = [
      [
        'a point that is on no curve',
        'ECDH',
        PUBLIC,
        point('P256', `02${'ff'.repeat(32)}`),
        'MalformedObject',
      ],
      ['a point cut off', 'ECDH', PUBLIC, point('P256', '0201'), 'MalformedObject'],
      [
        'raw bytes too short',
        'ECDH',
        PUBLIC,
        point('CURVE25519', '00'.repeat(31)),
        'MalformedObject',
      ],
      ['a private key', 'ECDH', PRIVATE, scalar('P256', 5n), 'MalformedObject'],
      ['an unknown public curve', 'ECDH', PUBLIC, point('B163', '02'), 'Unsupported'],
      ['a raw public key', 'ECDH', 'Raw', bytes(Buffer.of(1)), 'Unsupported'],
    ];
    for (const [title, algorithm, format, material, reason] of publics) {
      it(title, () => {
        assert.throws(() => publicKeyObject(algorithm, format, material), { reason });
      });
    }
  });

  describeGolden('on the golden stores', () => {
    for (const store of GOLDEN_SQLITE) {
      it(`reads every unwrapped pair of ${store}.sqlite, and recognises the public key`, () => {
        const objects = goldenObjects(store);
        let pairs = 0;
        for (const object of objects) {
          const plainPrivateKey = keyOf(object, 'PrivateKey');
          if (plainPrivateKey === null) continue;
          const uid = linkTo(object.attributes, 'PublicKeyLink');
          const other = objects.find(({ uniqueIdentifier }) => uniqueIdentifier === uid);
          const plainPublicKey = keyOf(other!, 'PublicKey')!;
          const privateKey = privateKeyObject(...plainPrivateKey);
          const publicKey = publicKeyObject(...plainPublicKey);
          assert.ok(isKeyObjectPair(privateKey, publicKey), object.uniqueIdentifier);
          pairs += 1;
          for (const [key, [, format, material]] of [
            [privateKey, plainPrivateKey],
            [publicKey, plainPublicKey],
          ] as const) {
            if (format === 'PKCS8') continue;
            assert.deepEqual(transparentMaterialOf(key, format), material, object.uniqueIdentifier);
          }
        }
        assert.ok(pairs >= (store === 'kek' ? 1 : 2), String(pairs));
      });
    }
  });
});

type FormattedKeyMaterial = [algorithm: string | null, format: string, material: KeyMaterial];

/** Selects unwrapped keys of pairs that are neither destroyed nor post-quantum. */
function keyOf(
  object: ManagedObject,
  type: 'PrivateKey' | 'PublicKey',
): FormattedKeyMaterial | null {
  const { keyBlock, state } = object;
  const json = keyBlock?.keyMaterial ?? null;
  if (object.objectType !== type || json === null || state === 'Destroyed') return null;
  const { cryptographicAlgorithm: algorithm, keyFormatType: format } = keyBlock!;
  if (/^(ML|SLH|X25519)/.test(algorithm ?? '')) return null;
  return [algorithm, format, decodeKeyMaterial(format, json, 'material')];
}
