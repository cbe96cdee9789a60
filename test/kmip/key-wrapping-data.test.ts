// Key Wrapping Data: what a row says of its wrapping, and the same written back (storage format §5.1,
// §6.8), also for every wrapped row of the golden stores.
import assert from 'node:assert/strict';
import { isJsonArray, parseJson, type JsonObject, type JsonValue } from '../../src/kmip/json.js';
import {
  decodeKeyWrappingData,
  encodeKeyWrappingData,
  withWrapping,
  type WrappingParameters,
} from '../../src/kmip/key-wrapping-data.js';
import { asMap } from '../../src/kmip/members.js';
import { describeGolden, goldenRows, GOLDEN_SQLITE } from '../support/golden.js';

const AT = 'object.SymmetricKey.KeyBlock';
const NO_PARAMETERS: WrappingParameters = {
  blockCipherMode: null,
  paddingMethod: null,
  hashingAlgorithm: null,
};

const block = (
  data: JsonObject = {},
  key: JsonObject = {},
  keyValue: JsonValue = [87, 39],
): JsonObject => ({
  KeyFormatType: 'Raw',
  KeyValue: keyValue,
  CryptographicLength: 256,
  KeyWrappingData: {
    WrappingMethod: 'Encrypt',
    EncryptionKeyInformation: { UniqueIdentifier: 'kek-eu', ...key },
    ...data,
  },
});

const decode = (keyBlock: JsonObject) => decodeKeyWrappingData(keyBlock, AT)!;

/** The Key Block of every wrapped row of a golden store. */
function wrappedBlocks(store: (typeof GOLDEN_SQLITE)[number]) {
  const rows = goldenRows(store).filter(({ wrappingKeyId }) => wrappingKeyId !== null);
  return rows.map(({ id, object }) => {
    const [inner] = Object.values(parseJson(object).value as JsonObject);
    return { uid: id, keyBlock: asMap(asMap(inner, id)['KeyBlock'], id) };
  });
}

describe('key wrapping data', () => {
  describe('decodeKeyWrappingData', () => {
    it('is null for a key that is not wrapped', () => {
      assert.equal(decodeKeyWrappingData({ KeyValue: { KeyMaterial: [1] } }, AT), null);
      assert.equal(decodeKeyWrappingData({ KeyWrappingData: null }, AT), null);
    });

    it('reads uid, ciphertext, encoding and parameters', () => {
      const parameters = { BlockCipherMode: 'GCM', CryptographicAlgorithm: 'AES', TagLength: 16 };
      const data = decode(
        block({ EncodingOption: 'NoEncoding' }, { CryptographicParameters: parameters }),
      );
      assert.deepEqual(data, {
        wrappingKeyUid: 'kek-eu',
        hasCiphertext: true,
        ciphertext: Buffer.from([87, 39]),
        encoding: 'NoEncoding',
        parameters: { ...NO_PARAMETERS, blockCipherMode: 'GCM' },
        cryptographicParameters: parameters,
      });
    });

    it('takes an absent encoding as TTLVEncoding (KMIP 2.1 §11.16)', () => {
      assert.equal(decode(block()).encoding, 'TTLVEncoding');
      assert.equal(decode(block({ EncodingOption: null })).encoding, 'TTLVEncoding');
    });

    it('leaves open what the parameters do not tell, and takes null as absent', () => {
      assert.deepEqual(decode(block()).parameters, NO_PARAMETERS);
      assert.equal(decode(block()).cryptographicParameters, null);
      const nulls = { CryptographicParameters: { BlockCipherMode: null } };
      assert.deepEqual(decode(block({}, nulls)).parameters, NO_PARAMETERS);
    });

    it('takes enumerations by number', () => {
      const numbers = { BlockCipherMode: 0x8000000d, PaddingMethod: 8, HashingAlgorithm: 6 };
      const data = decode(block({ EncodingOption: 1 }, { CryptographicParameters: numbers }));
      assert.equal(data.encoding, 'NoEncoding');
      assert.deepEqual(data.parameters, {
        blockCipherMode: 'LegacyNISTKeyWrap',
        paddingMethod: 'PKCS1v15',
        hashingAlgorithm: 'SHA256',
      });
    });

    it('has no ciphertext where a destroyed key keeps the data (storage format §2.6)', () => {
      const data = decode(block({}, {}, { KeyMaterial: [] }));
      assert.deepEqual([data.hasCiphertext, data.ciphertext], [false, null]);
    });

    it('names a wrapping method other than Encrypt, and a MAC over the wrapped key', () => {
      const unsupported = (data: JsonObject) => decode(block(data)).parameters.unsupported;
      assert.equal(unsupported({ WrappingMethod: 'MACSign' }), 'wrapping method MACSign');
      assert.equal(unsupported({ WrappingMethod: 3 }), 'wrapping method EncryptThenMACSign');
      assert.match(unsupported({ MacSignature: [1] }) ?? '', /MAC/);
      assert.equal(unsupported({ MacSignature: null, WrappingMethod: null }), undefined);
      assert.equal(unsupported({ MacSignatureKeyInformation: {} }), undefined);
    });

    const parameters = (value: JsonValue) => block({}, { CryptographicParameters: value });
    const key = '.EncryptionKeyInformation';
    const inKey = `${key}.CryptographicParameters`;
    for (const [title, keyBlock, path] of [
      ['data that is no map', { KeyWrappingData: 'kek' }, ''],
      ['data without a key', { KeyWrappingData: {} }, key],
      ['a key without a uid', block({ [key.slice(1)]: {} }), `${key}.UniqueIdentifier`],
      ['an unknown encoding', block({ EncodingOption: 'XML' }), '.EncodingOption'],
      ['parameters that are no map', parameters('GCM'), inKey],
      ['a mode that is no name', parameters({ BlockCipherMode: [9] }), `${inKey}.BlockCipherMode`],
    ] as const) {
      it(`refuses ${title}`, () => {
        const malformed = { name: 'MalformedMember', path: `${AT}.KeyWrappingData${path}` };
        assert.throws(() => decode(keyBlock), malformed);
      });
    }

    it('refuses ciphertext that is no bytes', () => {
      const malformed = { name: 'MalformedMember', path: `${AT}.KeyValue[1]` };
      assert.throws(() => decode(block({}, {}, [87, 256])), malformed);
    });
  });

  describe('encodeKeyWrappingData', () => {
    const wrapping = { wrappingKeyUid: 'kek', encoding: 'NoEncoding' } as const;

    it('writes no parameters where there are none', () => {
      assert.deepEqual(encodeKeyWrappingData({ ...wrapping, parameters: NO_PARAMETERS }), {
        WrappingMethod: 'Encrypt',
        EncryptionKeyInformation: { UniqueIdentifier: 'kek' },
        EncodingOption: 'NoEncoding',
      });
    });

    it('keeps what a replaced key says beside the parameters, which win', () => {
      const encoded = encodeKeyWrappingData({
        ...wrapping,
        parameters: { ...NO_PARAMETERS, blockCipherMode: 'AESKeyWrapPadding' },
        cryptographicParameters: { CryptographicAlgorithm: 'AES', BlockCipherMode: 'NISTKeyWrap' },
      });
      assert.deepEqual(asMap(encoded['EncryptionKeyInformation'], ''), {
        UniqueIdentifier: 'kek',
        CryptographicParameters: {
          BlockCipherMode: 'AESKeyWrapPadding',
          CryptographicAlgorithm: 'AES',
        },
      });
    });
  });

  describe('withWrapping', () => {
    const other = { ciphertext: Buffer.from([1, 2, 3]), wrappingKeyUid: 'kek@1' };

    it('replaces ciphertext and uid, that of a key for MACs too, and nothing else', () => {
      const before = block({
        Unknown: { a: null },
        MacSignatureKeyInformation: { UniqueIdentifier: 'kek-eu', CryptographicParameters: {} },
      });
      const after = withWrapping(before, { ...other, blockCipherMode: null });
      const expected = JSON.stringify(before)
        .replaceAll('kek-eu', 'kek@1')
        .replace('[87,39]', '[1,2,3]');
      assert.equal(JSON.stringify(after), expected);
      assert.notEqual(JSON.stringify(before), expected, 'the block given is left as it was');
    });

    it('writes the name of a mode that fits the bytes, and keeps one that fits as it is', () => {
      const modeAfter = (mode: JsonValue, fits: string | null) => {
        const before = block({}, { CryptographicParameters: { BlockCipherMode: mode } });
        return decode(withWrapping(before, { ...other, blockCipherMode: fits }));
      };
      const named = modeAfter('NISTKeyWrap', 'AESKeyWrapPadding').cryptographicParameters;
      assert.deepEqual(named, { BlockCipherMode: 'AESKeyWrapPadding' });
      const kept = modeAfter(9, 'GCM').cryptographicParameters;
      assert.deepEqual(kept, { BlockCipherMode: 9 });
      assert.equal(modeAfter('GCM', null).parameters.blockCipherMode, 'GCM');
      const added = decode(withWrapping(block(), { ...other, blockCipherMode: 'GCM' }));
      assert.deepEqual(added.cryptographicParameters, { BlockCipherMode: 'GCM' });
    });
  });

  describeGolden('on the golden stores', () => {
    for (const store of GOLDEN_SQLITE) {
      it(`writes every row of ${store}.sqlite just as the server did`, () => {
        const blocks = wrappedBlocks(store);
        assert.ok(blocks.length > 0);
        for (const { uid, keyBlock } of blocks) {
          const data = decode(keyBlock);
          const [ours, theirs] = [encodeKeyWrappingData(data), keyBlock['KeyWrappingData']];
          assert.equal(JSON.stringify(ours), JSON.stringify(theirs), uid);
          assert.equal(data.hasCiphertext, isJsonArray(keyBlock['KeyValue']), uid);
          if (data.ciphertext === null) continue;
          const { ciphertext, wrappingKeyUid, parameters } = data;
          const { blockCipherMode } = parameters;
          const same = withWrapping(keyBlock, { ciphertext, wrappingKeyUid, blockCipherMode });
          assert.equal(JSON.stringify(same), JSON.stringify(keyBlock), uid);
        }
      });
    }
  });
});
