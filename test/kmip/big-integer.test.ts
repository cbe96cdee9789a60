// Big integers in JSON against the examples of storage format §2.2, and there and back for any number.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeBigInteger, encodeBigInteger } from '../../src/kmip/big-integer.js';
import type { JsonValue } from '../../src/kmip/json.js';

describe('big integer', () => {
  it('writes sign and limbs, the least significant first (storage format §2.2)', () => {
    const table: [bigint, JsonValue][] = [
      [0n, [0, []]],
      [65537n, [1, [65537]]],
      [2n ** 32n - 1n, [1, [4294967295]]],
      [2n ** 32n, [1, [0, 1]]],
      [2n ** 64n + 5n, [1, [5, 0, 1]]],
      [-5n, [-1, [5]]],
    ];
    for (const [integer, json] of table) {
      assert.deepEqual(encodeBigInteger(integer), json);
      assert.equal(decodeBigInteger(json), integer);
    }
  });

  it('gives every number back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 2048n), max: 2n ** 2048n }), (integer) => {
        assert.equal(decodeBigInteger(encodeBigInteger(integer)), integer);
      }),
    );
  });

  it('tolerates zero limbs on top, and zero with a sign, as the server does', () => {
    assert.equal(decodeBigInteger([1, [7, 0, 0]]), 7n);
    assert.equal(decodeBigInteger([0, [0]]), 0n);
    assert.equal(decodeBigInteger([1, []]), 0n);
  });

  it('is null for what is no big integer', () => {
    const table: (JsonValue | undefined)[] = [
      undefined,
      null,
      7,
      '0x07',
      [],
      [1],
      [1, [1], 1],
      [2, [1]],
      [0, [1]],
      ['1', [1]],
      [1, 7],
      [1, ['7']],
      [1, [-1]],
      [1, [1.5]],
      [1, [2 ** 32]],
      [1, [7n]],
    ];
    for (const value of table) assert.equal(decodeBigInteger(value), null);
  });
});
