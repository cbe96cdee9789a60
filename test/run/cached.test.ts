// A lookup is made once, however many ask for it; a failure is not kept.
import assert from 'node:assert/strict';
import { cached } from '../../src/run/cached.js';

/** A lookup that returns its number, and fails the first times. */
function counting(failures = 0) {
  let number = 0;
  return cached(async () => {
    const own = (number += 1);
    await new Promise(setImmediate);
    if (own <= failures) throw new Error(`failure ${own}`);
    return own;
  });
}

describe('cached', () => {
  it('looks up once for all who ask, at once or later', async () => {
    const { get } = counting();
    assert.deepEqual(await Promise.all([get(), get()]), [1, 1]);
    assert.equal(await get(), 1);
  });

  it('fails for all who wait for a failed lookup, and tries again for who asks later', async () => {
    const { get } = counting(1);
    const failed = await Promise.allSettled([get(), get()]);
    assert.deepEqual(
      failed.map((one) => one.status === 'rejected' && String(one.reason)),
      ['Error: failure 1', 'Error: failure 1'],
    );
    assert.deepEqual([await get(), await get()], [2, 2]);
  });

  it('looks up again once it is invalidated', async () => {
    const { get, invalidate } = counting();
    await get();
    invalidate();
    assert.deepEqual([await get(), await get()], [2, 2]);
  });

  it('does not forget a newer lookup when one fails that was invalidated while it was under way', async () => {
    const { get, invalidate } = counting(1);
    const first = get();
    invalidate();
    const second = get();
    await assert.rejects(first, /failure 1/);
    assert.deepEqual([await second, await get()], [2, 2]);
  });
});
