// Items of binary TTLV: the examples of KMIP 2.1 §9.1.2, padding, and reading back what was written.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  encodeItem,
  readItems,
  signedNumber,
  type Item,
} from '../../../src/kmip/ttlv/ttlv-items.js';

const TAG = 0x420020;
const hex = (item: Item) => encodeItem(item).toString('hex').toUpperCase();

describe('ttlv items', () => {
  it('encodes the examples of KMIP 2.1 §9.1.2', () => {
    const table: [Item, string][] = [
      [{ tag: TAG, type: 'integer', value: 8 }, '42002002000000040000000800000000'],
      [
        { tag: TAG, type: 'long-integer', value: 123456789000000000n },
        '420020030000000801B69B4BA5749200',
      ],
      [
        { tag: TAG, type: 'big-integer', value: 1234567890000000000000000000n },
        '42002004000000100000000003FD35EB6BC2DF4618080000',
      ],
      [{ tag: TAG, type: 'enumeration', value: 255 }, '4200200500000004000000FF00000000'],
      [{ tag: TAG, type: 'boolean', value: true }, '42002006000000080000000000000001'],
      [
        { tag: TAG, type: 'text', value: 'Hello World' },
        '420020070000000B48656C6C6F20576F726C640000000000',
      ],
      [{ tag: TAG, type: 'bytes', value: Buffer.of(1, 2, 3) }, '42002008000000030102030000000000'],
      [{ tag: TAG, type: 'date-time', value: 1205495800 }, '42002009000000080000000047DA67F8'],
      [{ tag: TAG, type: 'interval', value: 864000 }, '4200200A00000004000D2F0000000000'],
      [
        {
          tag: TAG,
          type: 'structure',
          items: [
            { tag: 0x420004, type: 'enumeration', value: 254 },
            { tag: 0x420005, type: 'integer', value: 255 },
          ],
        },
        '42002001000000204200040500000004000000FE000000004200050200000004000000FF00000000',
      ],
    ];
    for (const [item, expected] of table) assert.equal(hex(item), expected);
  });

  it('gives a big integer as many words as its sign needs (storage format §5.5)', () => {
    const words = (value: bigint) =>
      encodeItem({ tag: TAG, type: 'big-integer', value }).readUInt32BE(4) / 8;
    assert.equal(words(0n), 1);
    assert.equal(words(2n ** 63n - 1n), 1);
    assert.equal(words(2n ** 63n), 2);
    assert.equal(words(-(2n ** 63n)), 1);
    assert.equal(words(-(2n ** 63n) - 1n), 2);
  });

  it('reads numbers back, whatever their sign', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }), (value) => {
        const [item] = readItems(encodeItem({ tag: TAG, type: 'big-integer', value }), 'it');
        assert.equal(item?.tag, TAG);
        assert.equal(item.type, 'big-integer');
        assert.equal(signedNumber(item.value), value);
      }),
    );
  });

  it('reads items that follow each other, their values without the padding', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (values) => {
        const bytes = Buffer.concat(
          values.map((value) => encodeItem({ tag: TAG, type: 'bytes', value })),
        );
        const read = readItems(bytes, 'it').map(({ value }) => [...value]);
        assert.deepEqual(
          read,
          values.map((value) => [...value]),
        );
      }),
    );
  });

  const malformed: [title: string, bytes: string][] = [
    ['half a header', '42002002'],
    ['a value cut off', '4200200200000004000000'],
    ['padding cut off', '42002008000000030102030000'],
    ['padding that is not zero', '42002008000000030102030000000001'],
    ['a length past the end', '42002008ffffffff0102030000000000'],
    ['an unknown type', '4200200f000000040000000800000000'],
    ['an Integer of eight bytes', '42002002000000080000000000000008'],
    ['a Big Integer of four bytes', '42002004000000040000000800000000'],
    ['a Big Integer without bytes', '4200200400000000'],
  ];
  for (const [title, bytes] of malformed) {
    it(`refuses ${title}, and quotes nothing of it`, () => {
      assert.throws(
        () => readItems(Buffer.from(bytes, 'hex'), 'KeyValue'),
        /^MalformedTtlv: KeyValue must be (whole )?items[a-z ]*(TTLV|types|zeros)?$/,
      );
    });
  }
});
