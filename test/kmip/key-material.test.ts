// Key material from JSON and back: every unwrapped key of the golden stores, and each strictness of
// storage format §2.2 and §2.3.
import assert from 'node:assert/strict';
import type { JsonValue } from '../../src/kmip/json.js';
import {
  decodeKeyMaterial,
  encodeKeyMaterial,
  type KeyMaterial,
} from '../../src/kmip/key-material.js';
import { describeGolden, exampleText, goldenObjects, GOLDEN_SQLITE } from '../support/golden.js';

const decode = (format: string, value: JsonValue) => decodeKeyMaterial(format, value, 'material');

describe('key material', () => {
  it('reads bytes in the forms of their formats (storage format §2.3)', () => {
    const bytes: KeyMaterial = { kind: 'bytes', bytes: Buffer.of(0, 255, 16) };
    for (const format of ['Raw', 'PKCS8', 'PKCS1', 'ECPrivateKey', 'X509', 'Opaque']) {
      assert.deepEqual(decode(format, [0, 255, 16]), bytes);
      assert.deepEqual(encodeKeyMaterial(format, bytes), [0, 255, 16]);
    }
    assert.deepEqual(decode('TransparentSymmetricKey', { Key: [0, 255, 16] }), bytes);
    assert.deepEqual(encodeKeyMaterial('TransparentSymmetricKey', bytes), { Key: [0, 255, 16] });
    assert.deepEqual(decode('Raw', { Key: [0, 255, 16] }), bytes);
  });

  it('takes an RSA private key without its optional numbers, and writes none', () => {
    const material = decode('TransparentRSAPrivateKey', { Modulus: [1, [3233]] });
    assert.equal(material.kind, 'rsa-private');
    assert.deepEqual(encodeKeyMaterial('TransparentRSAPrivateKey', material), {
      Modulus: [1, [3233]],
    });
  });

  it('takes a curve by its number too', () => {
    const material = decode('TransparentECPrivateKey', { RecommendedCurve: 7, D: [1, [5]] });
    assert.deepEqual(material, { kind: 'ec-private', curve: 'P256', d: 5n });
  });

  const malformed: [title: string, format: string, value: JsonValue, path: string][] = [
    ['hex', 'Raw', '0102', 'material'],
    ['a byte above 255', 'PKCS8', [1, 256], 'material[1]'],
    ['a negative byte', 'PKCS8', [-1], 'material[0]'],
    ['half a byte', 'PKCS8', [1.5], 'material[0]'],
    ['bytes in a map', 'PKCS8', { Key: [1] }, 'material'],
    ['a ByteString', 'Raw', { ByteString: [1] }, 'material'],
    ['bare bytes', 'TransparentSymmetricKey', [1], 'material'],
    ['a null next to the key', 'TransparentSymmetricKey', { Key: [1], X: null }, 'material'],
    ['a key in hex', 'TransparentSymmetricKey', { Key: '01' }, 'material.Key'],
    ['no modulus', 'TransparentRSAPrivateKey', {}, 'material.Modulus'],
    ['a null prime', 'TransparentRSAPrivateKey', { Modulus: [1, [6]], P: null }, 'material.P'],
    ['a modulus of 0', 'TransparentRSAPrivateKey', { Modulus: [0, []] }, 'material.Modulus'],
    ['no exponent', 'TransparentRSAPublicKey', { Modulus: [1, [6]] }, 'material.PublicExponent'],
    [
      'a private number in a public key',
      'TransparentRSAPublicKey',
      { Modulus: [1, [6]], PublicExponent: [1, [3]], PrivateExponent: [1, [3]] },
      'material',
    ],
    ['no curve', 'TransparentECPrivateKey', { D: [1, [5]] }, 'material.RecommendedCurve'],
    [
      'a negative scalar',
      'TransparentECPrivateKey',
      { RecommendedCurve: 'P256', D: [-1, [5]] },
      'material.D',
    ],
    [
      'a point in hex',
      'TransparentECPublicKey',
      { RecommendedCurve: 'P256', QString: '02' },
      'material.QString',
    ],
  ];
  for (const [title, format, value, path] of malformed) {
    it(`refuses ${title} in a ${format}`, () => {
      assert.throws(() => decode(format, value), { name: 'MalformedMember', path });
    });
  }

  it('refuses by name formats that it does not know the inside of', () => {
    for (const format of ['TransparentDSAPrivateKey', 'ConfigurableKEMSecretKey']) {
      assert.throws(() => decode(format, {}), {
        reason: 'Unsupported',
        message: new RegExp(format),
      });
    }
  });

  it('refuses to write material under a format that does not hold it', () => {
    const scalar: KeyMaterial = { kind: 'ec-private', curve: 'P256', d: 5n };
    for (const format of ['PKCS8', 'TransparentECPublicKey', 'TransparentSymmetricKey']) {
      assert.throws(() => encodeKeyMaterial(format, scalar), { reason: 'Unsupported' });
    }
  });

  describeGolden('on the golden stores', () => {
    for (const store of GOLDEN_SQLITE) {
      it(`gives back the JSON of every unwrapped key of ${store}.sqlite, member by member`, () => {
        const formats = new Set<string>();
        for (const { keyBlock, uniqueIdentifier } of goldenObjects(store)) {
          const json = keyBlock?.keyMaterial ?? null;
          if (keyBlock === null || json === null) continue;
          const material = decode(keyBlock.keyFormatType, json);
          const written = encodeKeyMaterial(keyBlock.keyFormatType, material);
          assert.equal(JSON.stringify(written), JSON.stringify(json), uniqueIdentifier);
          formats.add(keyBlock.keyFormatType);
        }
        assert.ok(formats.size > 2, [...formats].join(' '));
      });
    }

    it('gives back the toy RSA numbers of the examples', () => {
      const object = JSON.parse(exampleText('D1-rsa-private-toy.object.json')) as {
        PrivateKey: { KeyBlock: { KeyValue: { KeyMaterial: JsonValue } } };
      };
      const json = object.PrivateKey.KeyBlock.KeyValue.KeyMaterial;
      const material = decode('TransparentRSAPrivateKey', json);
      assert.deepEqual(material, {
        kind: 'rsa-private',
        modulus: 3233n,
        privateExponent: 2753n,
        publicExponent: 17n,
        p: 61n,
        q: 53n,
        primeExponentP: 53n,
        primeExponentQ: 49n,
        crtCoefficient: 38n,
      });
      assert.equal(
        JSON.stringify(encodeKeyMaterial('TransparentRSAPrivateKey', material)),
        JSON.stringify(json),
      );
    });
  });
});
