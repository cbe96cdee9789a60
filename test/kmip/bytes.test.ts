// Byte strings in the store's JSON (storage format §2.2).
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeBytes, encodeBytes } from '../../src/kmip/bytes.js';
import type { JsonValue } from '../../src/kmip/json.js';

describe('bytes', () => {
  it('reads back what it writes, an array of integers', () => {
    assert.deepEqual(encodeBytes(Buffer.from('00ff10', 'hex')), [0, 255, 16]);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.deepEqual(decodeBytes(encodeBytes(bytes), 'x'), Buffer.from(bytes));
      }),
    );
  });

  const malformed: readonly [value: JsonValue | undefined, path: string][] = [
    [undefined, 'x'],
    ['00ff', 'x'],
    [{ ByteString: [0] }, 'x'],
    [[0, 256], 'x[1]'],
    [[-1], 'x[0]'],
    [[0, 1, 1.5], 'x[2]'],
    [['1'], 'x[0]'],
    [[null], 'x[0]'],
  ];
  for (const [value, path] of malformed) {
    it(`refuses ${JSON.stringify(value)}, naming the place and not the value`, () => {
      assert.throws(() => decodeBytes(value, 'x'), { name: 'MalformedMember', path });
    });
  }
});
