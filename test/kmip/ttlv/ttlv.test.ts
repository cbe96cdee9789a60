// A Key Value as binary TTLV: the vectors of storage format §3.6 and §5.6, and the plaintext of every row
// of the golden stores that the server wrapped under TTLVEncoding with an AES key of the store.
import assert from 'node:assert/strict';
import { createDecipheriv } from 'node:crypto';
import { linkTo } from '../../../src/kmip/attributes.js';
import type { JsonObject } from '../../../src/kmip/json.js';
import { decodeKeyMaterial, type KeyMaterial } from '../../../src/kmip/key-material.js';
import type { ManagedObject } from '../../../src/kmip/managed-object.js';
import {
  decodeKeyValueMaterial,
  encodeKeyValue,
  encodeTtlvKeyMaterial,
} from '../../../src/kmip/ttlv/ttlv.js';
import { describeGolden, exampleText, goldenObjects } from '../../support/golden.js';

const AES: KeyMaterial = {
  kind: 'bytes',
  bytes: Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex'),
};
const SCALAR: KeyMaterial = { kind: 'ec-private', curve: 'P256', d: 5n };
const SCALAR_TTLV =
  '4200430100000020' + '42007505000000040000000700000000' + '42002e04000000080000000000000005';

describe('ttlv', () => {
  it('encodes the transparent key of storage format §3.6', () => {
    assert.equal(
      encodeTtlvKeyMaterial('TransparentSymmetricKey', AES).toString('hex'),
      '420043010000001842003f08000000100102030405060708090a0b0c0d0e0f10',
    );
  });

  it('encodes material of a format that is bytes as one Byte String (§5.4)', () => {
    const encoded = encodeKeyValue('Raw', AES, null);
    assert.equal(
      encoded.toString('hex'),
      `42004501000000184200430800000010${AES.bytes.toString('hex')}`,
    );
    assert.deepEqual(decodeKeyValueMaterial('Raw', encoded), AES);
  });

  it('gives an RSA private key the numbers that it has, in the server’s order', () => {
    const numbers = { modulus: 3233n, publicExponent: 17n, privateExponent: 2753n };
    const exponents = { primeExponentP: 53n, primeExponentQ: 49n };
    const primes = { p: 61n, q: 53n, ...exponents, crtCoefficient: 38n };
    const none = Object.fromEntries(Object.keys(primes).map((name) => [name, null]));
    for (const material of [
      { kind: 'rsa-private', ...numbers, ...primes },
      { kind: 'rsa-private', ...numbers, ...none },
    ] as KeyMaterial[]) {
      const encoded = encodeKeyValue('TransparentRSAPrivateKey', material, null);
      assert.deepEqual(decodeKeyValueMaterial('TransparentRSAPrivateKey', encoded), material);
    }
    assert.equal(
      encodeTtlvKeyMaterial('TransparentRSAPublicKey', {
        kind: 'rsa-public',
        modulus: 3233n,
        publicExponent: 17n,
      }).toString('hex'),
      '4200430100000020' + '42005204000000080000000000000ca1' + '42006c04000000080000000000000011',
    );
  });

  it('gives back a copy of the bytes, not a view', () => {
    const encoded = encodeKeyValue('Raw', AES, null);
    const material = decodeKeyValueMaterial('Raw', encoded);
    encoded.fill(0);
    assert.deepEqual(material, AES);
  });

  it('refuses a format that does not hold the material, and a curve without a number', () => {
    const other: KeyMaterial = { ...SCALAR, curve: 'BRAINPOOLP256R1' };
    assert.throws(() => encodeKeyValue('PKCS8', SCALAR, null), { reason: 'Unsupported' });
    assert.throws(() => encodeKeyValue('TransparentECPrivateKey', other, null), {
      reason: 'Unsupported',
      message: /BRAINPOOLP256R1/,
    });
  });

  const wrapped = (material: string) =>
    `42004501${(material.length / 2).toString(16).padStart(8, '0')}${material}`;
  const EC_PRIVATE = 'TransparentECPrivateKey';
  const replaced = (was: string, is: string) => wrapped(SCALAR_TTLV.replace(was, is));
  const twice =
    '4200430100000030' +
    '42007505000000040000000700000000' +
    '42002e04000000080000000000000005'.repeat(2);
  for (const [title, format, hex] of [
    ['no item', EC_PRIVATE, ''],
    ['bytes that are no TTLV', EC_PRIVATE, '00112233445566778899'],
    ['material without its key value', EC_PRIVATE, SCALAR_TTLV],
    ['two key values', EC_PRIVATE, wrapped(SCALAR_TTLV).repeat(2)],
    ['a key value that is no structure', 'Raw', '4200450800000000'],
    ['an empty key value', 'Raw', wrapped('')],
    ['attributes without material', 'Raw', wrapped('4201250100000000')],
    ['attributes twice', 'Raw', wrapped(`4200430800000000${'4201250100000000'.repeat(2)}`)],
    ['a scalar where a point should be', 'TransparentECPublicKey', wrapped(SCALAR_TTLV)],
    ['a structure where bytes should be', 'PKCS8', wrapped(SCALAR_TTLV)],
    ['bytes where a structure should be', 'TransparentSymmetricKey', wrapped('4200430800000000')],
    ['a number twice', EC_PRIVATE, wrapped(twice)],
    ['an unknown curve', EC_PRIVATE, replaced('0000000700000000', '0000ff0700000000')],
    ['a negative scalar', EC_PRIVATE, replaced('0000000000000005', 'fffffffffffffffb')],
    ['a scalar of another type', EC_PRIVATE, replaced('42002e04', '42002e03')],
  ] as const) {
    it(`refuses ${title}, without a byte of it in the error`, () => {
      assert.throws(
        () => decodeKeyValueMaterial(format, Buffer.from(hex, 'hex')),
        /^MalformedTtlv: KeyValue[.A-Za-z]* must be [A-Za-z ,-]*( above 0)?$/,
      );
    });
  }

  describeGolden('on the golden stores', () => {
    it('encodes the P-256 key of storage format §5.6 with its attributes', () => {
      const [, vector] = /KeyValue TTLV=([0-9a-f]+)/.exec(exampleText('C2-ttlv-wrap-vectors.txt'))!;
      const example = JSON.parse(exampleText('C2-ec-private-small.object.json')) as {
        PrivateKey: { KeyBlock: { KeyValue: { KeyMaterial: JsonObject; Attributes: JsonObject } } };
      };
      const { KeyMaterial: json, Attributes: attributes } = example.PrivateKey.KeyBlock.KeyValue;
      const material = decodeKeyMaterial('TransparentECPrivateKey', json, 'material');
      const encoded = encodeKeyValue('TransparentECPrivateKey', material, attributes);
      assert.equal(encoded.toString('hex'), vector);
      assert.deepEqual(decodeKeyValueMaterial('TransparentECPrivateKey', encoded), material);
    });

    for (const [store, least] of [
      ['store', 4],
      ['store-rotated', 6],
      ['kek', 4],
    ] as const) {
      it(`gives back the very bytes that the server wrapped, in ${store}.sqlite`, () => {
        const objects = goldenObjects(store);
        let compared = 0;
        for (const object of objects) {
          const plaintext = plaintextOf(object, objects);
          if (plaintext === null) continue;
          const { keyFormatType } = object.keyBlock!;
          const material = decodeKeyValueMaterial(keyFormatType, plaintext);
          const attributes = innerAttributes(object);
          const encoded = encodeKeyValue(keyFormatType, material, attributes);
          assert.ok(encoded.equals(plaintext), object.uniqueIdentifier);
          compared += 1;
        }
        assert.ok(compared >= least, String(compared));
      });
    }
  });
});

/** The plaintext of a row wrapped by RFC 5649 under TTLVEncoding, as node:crypto opens it; else null. */
function plaintextOf(object: ManagedObject, objects: readonly ManagedObject[]): Buffer | null {
  const inner = Object.values(JSON.parse(object.row.object) as Record<string, Wrapped>)[0];
  const { KeyValue: ciphertext, KeyWrappingData: data } = inner?.KeyBlock ?? {};
  if (!Array.isArray(ciphertext) || data?.EncodingOption !== 'TTLVEncoding') return null;
  const { UniqueIdentifier, CryptographicParameters } = data.EncryptionKeyInformation;
  if (CryptographicParameters?.BlockCipherMode !== 'AESKeyWrapPadding') return null;
  const wrapping = objects.find(({ uniqueIdentifier }) => uniqueIdentifier === UniqueIdentifier);
  const { Key: key } = wrapping?.keyBlock?.keyMaterial as { Key: number[] };
  const iv = Buffer.from('A65959A6', 'hex');
  const decipher = createDecipheriv('id-aes256-wrap-pad', Buffer.from(key), iv);
  return Buffer.concat([decipher.update(Buffer.from(ciphertext)), decipher.final()]);
}

interface Wrapped {
  readonly KeyBlock?: {
    readonly KeyValue?: number[] | object;
    readonly KeyWrappingData?: {
      readonly EncodingOption?: string;
      readonly EncryptionKeyInformation: {
        readonly UniqueIdentifier: string;
        readonly CryptographicParameters?: { readonly BlockCipherMode?: string };
      };
    };
  };
}

/** What the server put inside at the wrapping, from what the column says now (storage format §5.4). */
function innerAttributes({ attributes, state }: ManagedObject): JsonObject {
  const rotated = linkTo(attributes, 'ReplacedObjectLink') !== null;
  // The policy of a key that was never rotated was set after it was made; a replacement inherits one flag.
  const kept = Object.entries(attributes.members).filter(
    ([name]) =>
      name !== 'DeactivationDate' &&
      (!name.startsWith('Rotate') || (rotated && name === 'RotateAutomatic')),
  );
  const members = Object.fromEntries(kept) as Record<string, JsonObject[keyof JsonObject]>;
  const list = (name: string) => members[name] as readonly JsonObject[];
  return {
    ...members,
    // One that was retired says inside that it is Active, and what it was last changed at.
    ...(state === 'Active' ? {} : { State: 'Active', LastChangeDate: members['InitialDate'] }),
    Link: list('Link').filter(
      ({ LinkType }) => LinkType !== 'WrappingKeyLink' && LinkType !== 'ReplacementObjectLink',
    ),
    Attribute: list('Attribute').filter(({ AttributeName }) => AttributeName !== 'wrapping_key_id'),
  };
}
