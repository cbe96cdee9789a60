// Key blocks: plain, wrapped, destroyed, without a value; and the length of symmetric material
// (storage format §2.1, §2.3, §2.6, §5.1).
import assert from 'node:assert/strict';
import type { JsonObject, JsonValue } from '../../src/kmip/json.js';
import { decodeKeyBlock, symmetricMaterialLength } from '../../src/kmip/key-block.js';

const AT = 'object.SymmetricKey.KeyBlock';
const WRAPPING: JsonObject = {
  WrappingMethod: 'Encrypt',
  EncryptionKeyInformation: { UniqueIdentifier: 'kek-eu' },
  EncodingOption: 'NoEncoding',
};

const plain = (material: JsonValue, attributes?: JsonValue): JsonObject => ({
  KeyFormatType: 'TransparentSymmetricKey',
  KeyValue: {
    KeyMaterial: material,
    ...(attributes === undefined ? {} : { Attributes: attributes }),
  },
  CryptographicAlgorithm: 'AES',
  CryptographicLength: 128,
});

describe('key block', () => {
  it('reads a plain key with its embedded attributes', () => {
    const { attributes, ...read } = decodeKeyBlock(plain({ Key: [1, 2] }, { State: 'Active' }), AT);
    assert.deepEqual(read, {
      keyFormatType: 'TransparentSymmetricKey',
      cryptographicAlgorithm: 'AES',
      cryptographicLength: 128,
      keyMaterial: { Key: [1, 2] },
      keyWrappingData: null,
    });
    assert.equal(attributes?.state, 'Active');
  });

  it('does without embedded attributes, a value, an algorithm and a length', () => {
    assert.equal(decodeKeyBlock(plain([1]), AT).attributes, null);
    assert.deepEqual(decodeKeyBlock({ KeyFormatType: 'Raw' }, AT), {
      keyFormatType: 'Raw',
      cryptographicAlgorithm: null,
      cryptographicLength: null,
      keyMaterial: null,
      attributes: null,
      keyWrappingData: null,
    });
  });

  it('takes a ciphertext under wrapping data as wrapped, with no material of its own', () => {
    const block = decodeKeyBlock(
      { KeyFormatType: 'Raw', KeyValue: [87, 39], KeyWrappingData: WRAPPING },
      AT,
    );
    assert.equal(block.keyWrappingData?.wrappingKeyUid, 'kek-eu');
    assert.deepEqual(block.keyWrappingData.ciphertext, Buffer.from([87, 39]));
    assert.equal(block.keyMaterial, null);
    assert.equal(block.attributes, null);
  });

  it('takes wrapping data over empty material as destroyed (storage format §2.6)', () => {
    const block = decodeKeyBlock(
      { KeyFormatType: 'Raw', KeyValue: { KeyMaterial: [] }, KeyWrappingData: WRAPPING },
      AT,
    );
    assert.equal(block.keyWrappingData?.wrappingKeyUid, 'kek-eu');
    assert.equal(block.keyWrappingData.hasCiphertext, false);
    assert.deepEqual(block.keyMaterial, []);
  });

  const malformed: [title: string, block: JsonValue, path: string][] = [
    ['no map', [1], AT],
    ['no format', { KeyValue: { KeyMaterial: [1] } }, `${AT}.KeyFormatType`],
    ['an unknown number of a format', { KeyFormatType: 999 }, `${AT}.KeyFormatType`],
    ['a null value', { KeyFormatType: 'Raw', KeyValue: null }, `${AT}.KeyValue`],
    ['a text as value', { KeyFormatType: 'Raw', KeyValue: '0102' }, `${AT}.KeyValue`],
    [
      'a ciphertext without wrapping data',
      { KeyFormatType: 'Raw', KeyValue: [1] },
      `${AT}.KeyValue`,
    ],
    ['null attributes', plain([1], null), `${AT}.KeyValue.Attributes`],
    [
      'a wrong embedded attribute',
      plain([1], { State: 'Asleep' }),
      `${AT}.KeyValue.Attributes.State`,
    ],
    [
      'a length in words',
      { KeyFormatType: 'Raw', CryptographicLength: '128' },
      `${AT}.CryptographicLength`,
    ],
    [
      'wrapping data that is no map',
      { KeyFormatType: 'Raw', KeyValue: [1], KeyWrappingData: 'kek' },
      `${AT}.KeyWrappingData`,
    ],
  ];
  for (const [title, block, path] of malformed) {
    it(`refuses ${title}`, () => {
      assert.throws(() => decodeKeyBlock(block, AT), { name: 'MalformedMember', path });
    });
  }

  describe('symmetricMaterialLength', () => {
    it('counts the bytes of either form (storage format §2.3)', () => {
      assert.equal(symmetricMaterialLength(decodeKeyBlock(plain({ Key: [1, 2, 3] }), AT)), 3);
      assert.equal(symmetricMaterialLength(decodeKeyBlock(plain([1, 2]), AT)), 2);
    });

    it('refuses material that is neither', () => {
      for (const material of ['0102', { ByteString: [1] }, { Key: '01' }, 7, null]) {
        const block = decodeKeyBlock(plain(material), AT);
        assert.throws(() => symmetricMaterialLength(block), { name: 'MalformedMember' });
      }
    });
  });
});
