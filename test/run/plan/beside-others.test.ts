// A run beside others passes over what they have rotated, and says so of each key; a query is made only once it met them.
import assert from 'node:assert/strict';
import { KmsError } from '../../../src/errors.js';
import { skippedResult } from '../../../src/report/rotation-result.js';
import { beside } from '../../../src/run/plan/beside-others.js';
import type { Batch } from '../../../src/run/rotate-batch.js';

const NOTHING = { notices: [], lateDependants: [], interrupted: false, error: null };

/** What a batch makes of its keys: those of `skipped` were rotated by others. */
function worked(uids: readonly string[], skipped: readonly string[] = []): Batch {
  const results = uids.map((uid) => {
    const result = skippedResult(uid, 'plain');
    return skipped.includes(uid) ? result : { ...result, outcome: 'rotated' as const };
  });
  return { ...NOTHING, results, finished: uids.length };
}

/** A run in whose store others have rotated these, and what was asked and worked on. */
function aRun(rotated: readonly string[], order: readonly string[] = []) {
  const asked: (readonly string[])[] = [];
  const loaded: (readonly string[])[] = [];
  const store = {
    rotatedSince: (uids: readonly string[]) => {
      asked.push(uids);
      return Promise.resolve(new Set(uids.filter((uid) => rotated.includes(uid))));
    },
  };
  const others = beside(
    { store },
    order.map((uid) => ({ uid })),
  );
  const work = (uids: readonly string[]) => {
    loaded.push(uids);
    return Promise.resolve(worked(uids, rotated));
  };
  return { asked, loaded, batch: (...uids: string[]) => others.leaving(uids, work) };
}

describe('a run beside others', () => {
  it('asks nothing while it meets nobody', async () => {
    const { asked, loaded, batch } = aRun([]);
    await batch('a');
    await batch('b');
    assert.deepEqual([asked, loaded], [[], [['a'], ['b']]]);
  });

  it('passes over what others have rotated, once it met such, and goes back to asking nothing', async () => {
    const { asked, loaded, batch } = aRun(['a', 'b', 'd']);
    await batch('a');
    const all = await batch('b');
    assert.deepEqual([all.finished, all.results], [1, [skippedResult('b', null)]]);
    const some = await batch('c', 'd', 'e');
    assert.equal(some.finished, 3);
    assert.deepEqual(
      some.results.map(({ uid, outcome }) => [uid, outcome]),
      [
        ['c', 'rotated'],
        ['d', 'skipped'],
        ['e', 'rotated'],
      ],
    );
    await batch('f');
    await batch('g');
    assert.deepEqual(asked, [['b'], ['c', 'd', 'e'], ['f']]);
    assert.deepEqual(loaded, [['a'], ['c', 'e'], ['f'], ['g']]);
  });

  it('asks for keys of later batches too, and asks no more for those that others have rotated', async () => {
    const rotated = ['a', 'b', 'c', 'd'];
    const { asked, loaded, batch } = aRun(rotated, ['a', 'b', 'c', 'd', 'e', 'f']);
    await batch('a');
    await batch('b');
    const passed = await batch('c', 'd');
    assert.deepEqual([passed.finished, passed.results.length], [2, 2]);
    // Somebody may have rotated it in the meantime.
    rotated.push('f');
    await batch('e', 'f');
    assert.deepEqual(asked, [
      ['b', 'c', 'd', 'e', 'f'],
      ['e', 'f'],
    ]);
    assert.deepEqual(loaded, [['a'], ['e']]);
  });

  it('leaves an error to whoever loads the keys', async () => {
    const others = beside({
      store: { rotatedSince: () => Promise.reject(new KmsError('StoreUnreachable', 'gone')) },
    });
    const work = (uids: readonly string[]) => Promise.resolve(worked(uids, ['a']));
    await others.leaving(['a'], work);
    assert.deepEqual(await others.leaving(['b'], work), worked(['b']));
  });
});
