// A batch grows while it is quick, and shrinks before others wait for it too long.
import assert from 'node:assert/strict';
import { FIRST_BATCH_SIZE, nextBatchSize } from '../../src/run/batch-size.js';

/** The sizes of batches one after the other, if a key takes so long. */
function sizesAt(msAKey: number): readonly number[] {
  const sizes = [FIRST_BATCH_SIZE];
  for (let batch = 0; batch < 5; batch += 1) {
    const size = sizes.at(-1) ?? 0;
    sizes.push(nextBatchSize(size, size, size * msAKey));
  }
  return sizes;
}

describe('nextBatchSize', () => {
  for (const [title, msAKey, sizes] of [
    ['doubles while batches are quick, up to a limit', 1, [64, 128, 256, 256, 256, 256]],
    [
      'stops growing when twice as many keys would take too long',
      10,
      [64, 128, 128, 128, 128, 128],
    ],
    ['stays where a batch takes about as long as it may', 30, [64, 64, 64, 64, 64, 64]],
    ['halves while batches are slow, down to a limit', 1000, [64, 32, 16, 16, 16, 16]],
  ] as const) {
    it(title, () => {
      assert.deepEqual(sizesAt(msAKey), sizes);
    });
  }

  it('learns nothing of a batch that was cut short', () => {
    assert.equal(nextBatchSize(64, 3, 1), 64);
    assert.equal(nextBatchSize(64, 63, 100_000), 64);
  });
});
