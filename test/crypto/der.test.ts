// DER elements (X.690): lengths in every form, minimal integers, and reading elements back.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  toBigEndian,
  der,
  DER,
  derBitString,
  derInteger,
  fromBigEndian,
  readDer,
} from '../../src/crypto/der.js';

describe('DER', () => {
  it('writes lengths in the fewest bytes (X.690 §10.1)', () => {
    const head = (length: number) =>
      der(DER.octetString, Buffer.alloc(length)).subarray(0, -length).toString('hex');
    assert.equal(der(DER.octetString).toString('hex'), '0400');
    assert.equal(head(127), '047f');
    assert.equal(head(128), '048180');
    assert.equal(head(255), '0481ff');
    assert.equal(head(256), '04820100');
    assert.equal(head(65536), '0483010000');
  });

  it('writes integers in the fewest bytes, with room for the sign (X.690 §8.3)', () => {
    const table: [bigint, string][] = [
      [0n, '020100'],
      [1n, '020101'],
      [127n, '02017f'],
      [128n, '02020080'],
      [256n, '02020100'],
    ];
    for (const [number, hex] of table) assert.equal(derInteger(number).toString('hex'), hex);
  });

  it('writes bit strings without unused bits', () => {
    assert.equal(derBitString(Buffer.of(0xff)).toString('hex'), '030200ff');
  });

  it('pads a number on the left and never truncates it', () => {
    assert.equal(toBigEndian(5n, 3).toString('hex'), '000005');
    assert.equal(toBigEndian(0x123n).toString('hex'), '0123');
    assert.equal(toBigEndian(0x123456n, 2).toString('hex'), '123456');
    assert.equal(toBigEndian(0n).length, 0);
    assert.equal(fromBigEndian(Buffer.alloc(0)), 0n);
    assert.equal(fromBigEndian(Buffer.of(1, 0)), 256n);
  });

  it('reads consecutive elements', () => {
    const elements = fc.array(
      fc.tuple(fc.constantFrom(0x02, 0x04, 0x30), fc.uint8Array({ maxLength: 300 })),
    );
    fc.assert(
      fc.property(elements, (written) => {
        const read = readDer(Buffer.concat(written.map(([tag, value]) => der(tag, value))));
        assert.deepEqual(
          read?.map(({ tag, value }) => [tag, [...value]]),
          written.map(([tag, value]) => [tag, [...value]]),
        );
      }),
    );
  });

  it('returns null for bytes that are not whole elements', () => {
    for (const hex of ['04', '0402ff', '048180', '0480', '04850000000001ff', '0484ffffffff00']) {
      assert.equal(readDer(Buffer.from(hex, 'hex')), null, hex);
    }
  });
});
