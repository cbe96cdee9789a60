// Binary TTLV of structures and byte strings against the vector of storage format §3.6 and the padding
// rule of KMIP 2.1 §9.1.1.4.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeByteString, encodeStructure, TAGS } from '../../src/kmip/ttlv.js';

const KEY = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex');

describe('kmip/ttlv', () => {
  it('encodes the transparent key of storage format §3.6', () => {
    const material = encodeStructure(TAGS.KeyMaterial, [encodeByteString(TAGS.Key, KEY)]);
    assert.equal(
      material.toString('hex'),
      '420043010000001842003f08000000100102030405060708090a0b0c0d0e0f10',
    );
  });

  it('pads a byte string with zeros to eight bytes, and counts the value alone', () => {
    const table: [bytes: string, item: string][] = [
      ['', '42003f0800000000'],
      ['ff', '42003f0800000001ff00000000000000'],
      ['ffffffffffffffff', '42003f0800000008ffffffffffffffff'],
      ['ffffffffffffffffff', '42003f0800000009ffffffffffffffffff00000000000000'],
    ];
    for (const [bytes, item] of table) {
      assert.equal(encodeByteString(TAGS.Key, Buffer.from(bytes, 'hex')).toString('hex'), item);
    }
  });

  it('counts the padding of its items in the length of a structure', () => {
    const padded = encodeByteString(TAGS.Key, Buffer.of(1));
    const structure = encodeStructure(TAGS.KeyMaterial, [padded, padded]);
    assert.equal(structure.readUInt32BE(4), 32);
    assert.equal(structure.length, 40);
    assert.equal(encodeStructure(TAGS.KeyMaterial, []).toString('hex'), '4200430100000000');
  });

  it('keeps the bytes of any value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const item = encodeByteString(TAGS.Key, bytes);
        assert.equal(item.length % 8, 0);
        assert.equal(item.readUInt32BE(4), bytes.length);
        assert.deepEqual([...item.subarray(8, 8 + bytes.length)], [...bytes]);
        assert.ok(item.subarray(8 + bytes.length).every((byte) => byte === 0));
      }),
    );
  });
});
