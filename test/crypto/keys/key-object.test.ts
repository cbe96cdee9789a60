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
const RSA_PRIVATE = 'TransparentRSAPrivateKey';
const SMALL = { modulusLength: 1024 };

function pairOn(openssl: string): { privateKey: KeyObject; publicKey: KeyObject } {
  // A curve is named in two ways, and node:crypto has a type for each.
  return /^(x|ed)\d/.test(openssl) ? freshPair(openssl) : freshPair('ec', { namedCurve: openssl });
}

const bytes = (buffer: Buffer): KeyMaterial => ({ kind: 'bytes', bytes: buffer });
const der = (key: KeyObject, type: 'pkcs8' | 'spki' | 'pkcs1' | 'sec1' = 'pkcs8') =>
  bytes(key.export({ format: 'der', type } as { format: 'der'; type: 'pkcs1' }));

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
      const privateKey = privateKeyObject(algorithm, 'PKCS8', der(pair.privateKey));
      const material = transparentMaterialOf(pair.privateKey, PRIVATE);
      assert.deepEqual(transparentMaterialOf(privateKey, PRIVATE), material);
      for (const format of ['PKCS8', 'X509']) {
        const publicKey = publicKeyObject(algorithm, format, der(pair.publicKey, 'spki'));
        assert.ok(isKeyObjectPair(privateKey, publicKey));
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
    for (const [size, publicExponent] of Object.entries({ 1024: 3, 1536: 17, 2048: 65537 })) {
      const pair = freshPair('rsa', { modulusLength: Number(size), publicExponent });
      const d = transparentMaterialOf(pair.privateKey, RSA_PRIVATE);
      const n = transparentMaterialOf(pair.publicKey, 'TransparentRSAPublicKey');
      const publicKeys = [
        publicKeyObject('RSA', 'TransparentRSAPublicKey', n),
        publicKeyObject('RSA', 'PKCS8', der(pair.publicKey, 'spki')),
        publicKeyObject('RSA', 'PKCS1', der(pair.publicKey, 'pkcs1')),
      ];
      for (const privateKey of [
        privateKeyObject('RSA', RSA_PRIVATE, d),
        privateKeyObject('RSA', 'PKCS8', der(pair.privateKey)),
        privateKeyObject('RSA', 'PKCS1', der(pair.privateKey, 'pkcs1')),
      ]) {
        assert.ok(privateKey.equals(pair.privateKey));
        for (const publicKey of publicKeys) assert.ok(isKeyObjectPair(privateKey, publicKey));
      }
    }
  });

  it('reads a SEC1 key', () => {
    const { privateKey } = pairOn('prime256v1');
    const sec1 = der(privateKey, 'sec1');
    assert.ok(privateKeyObject('ECDH', 'ECPrivateKey', sec1).equals(privateKey));
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
    const rsa = transparentMaterialOf(freshPair('rsa', SMALL).privateKey, RSA_PRIVATE);
    assert.equal(rsa.kind, 'rsa-private');
    const [p, privateExponent] = [rsa.p! + 2n, rsa.privateExponent! + 2n];
    const dsa = freshPair('dsa', { ...SMALL, divisorLength: 160 }).privateKey;
    const scalar = (curve: string, d: bigint): KeyMaterial => ({ kind: 'ec-private', curve, d });
    const point = (curve: string, hex: string): KeyMaterial => {
      return { kind: 'ec-public', curve, q: Buffer.from(hex, 'hex') };
    };
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    type Case = [title: string, algorithm: string, format: string, material: KeyMaterial];
    const privates: Record<string, Case[]> = {
      MalformedObject: [
        ['DER that does not parse', 'RSA', 'PKCS8', bytes(Buffer.of(48, 1))],
        ['no bytes at all', 'RSA', 'PKCS8', bytes(Buffer.alloc(0))],
        ['a scalar of the order', 'ECDH', PRIVATE, scalar('P256', order)],
        ['a scalar past the curve', 'ECDH', PRIVATE, scalar('P256', 2n ** 256n)],
        ['a raw key too long', 'ECDH', PRIVATE, scalar('CURVE25519', 2n ** 256n)],
        ['an EC key that says RSA', 'RSA', PRIVATE, scalar('P256', 5n)],
        ['an Ed25519 key that says ECDH', 'ECDH', PRIVATE, scalar('CURVEED25519', 5n)],
        ['an RSA key that says ECDH', 'ECDH', RSA_PRIVATE, rsa],
        ['primes of another modulus', 'RSA', RSA_PRIVATE, { ...rsa, p }],
        ['an exponent of another key', 'RSA', RSA_PRIVATE, { ...rsa, privateExponent }],
        ['a wrong CRT number', 'RSA', RSA_PRIVATE, { ...rsa, crtCoefficient: 1n }],
        ['a public key', 'ECDH', PUBLIC, point('P256', '02')],
      ],
      Unsupported: [
        ['an unknown curve', 'ECDH', PRIVATE, scalar('K163', 5n)],
        ['missing primes', 'RSA', RSA_PRIVATE, { ...rsa, p: null }],
        ['a format that holds anything', 'RSA', 'Opaque', bytes(Buffer.of(1))],
        ['a key of DSA', 'DSA', 'PKCS8', der(dsa)],
        ['an RSA key bound to PSS', 'RSA', 'PKCS8', der(freshPair('rsa-pss', SMALL).privateKey)],
        ['a curve without a name', 'ECDH', 'PKCS8', der(pairOn('brainpoolP256r1').privateKey)],
      ],
    };
    const publics: Record<string, Case[]> = {
      MalformedObject: [
        ['a point on no curve', 'ECDH', PUBLIC, point('P256', `02${'ff'.repeat(32)}`)],
        ['a point cut off', 'ECDH', PUBLIC, point('P256', '0201')],
        ['raw bytes too short', 'ECDH', PUBLIC, point('CURVE25519', '00'.repeat(31))],
        ['a private key', 'ECDH', PRIVATE, scalar('P256', 5n)],
      ],
      Unsupported: [
        ['an unknown public curve', 'ECDH', PUBLIC, point('B163', '02')],
        ['a raw public key', 'ECDH', 'Raw', bytes(Buffer.of(1))],
      ],
    };
    for (const [read, table] of [
      [privateKeyObject, privates],
      [publicKeyObject, publics],
    ] as const) {
      for (const [reason, cases] of Object.entries(table)) {
        for (const [title, ...key] of cases) {
          it(`${title}: ${reason}`, () => {
            assert.throws(() => read(...key), { reason });
          });
        }
      }
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
