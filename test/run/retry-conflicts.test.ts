// What is tried again after a concurrent change, how often, and what is kept whatever happens.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import { concurrentChange, MAX_TRIES, retryConflicts } from '../../src/run/retry-conflicts.js';

const giveUp = (item: string) => `${item} given up`;

/** Items whose name ends in a number meet that many conflicts. */
async function tryAll(items: readonly string[], mayRetry?: () => Promise<boolean>) {
  const tries: string[] = [];
  const retried = await retryConflicts(
    items,
    (pending) => {
      tries.push(pending.join(' '));
      const isDone = (item: string) => Number(item.slice(1)) < tries.length;
      return Promise.resolve({
        done: pending.filter(isDone).map((item) => `${item} done`),
        conflicts: pending.filter((item) => !isDone(item)),
        error: null,
      });
    },
    { giveUp, ...(mayRetry === undefined ? {} : { mayRetry }) },
  );
  return { tries, ...retried };
}

describe('retryConflicts', () => {
  it('tries nothing where there is nothing to try', async () => {
    assert.deepEqual(await tryAll([]), { tries: [], done: [], interrupted: false, error: null });
  });

  it('tries again only what met a conflict', async () => {
    const { tries, done } = await tryAll(['a0', 'b1', 'c2']);
    assert.deepEqual(tries, ['a0 b1 c2', 'b1 c2', 'c2']);
    assert.deepEqual(done, ['a0 done', 'b1 done', 'c2 done']);
  });

  it(`gives up what met a conflict at each of ${MAX_TRIES} tries`, async () => {
    const { tries, done, interrupted, error } = await tryAll(['a0', `b${MAX_TRIES}`]);
    assert.equal(tries.length, MAX_TRIES);
    assert.deepEqual(done, ['a0 done', `b${MAX_TRIES} given up`]);
    assert.deepEqual([interrupted, error], [false, null]);
  });

  it('asks before each try but the first whether it may go on, and gives nothing up if it may not', async () => {
    let asked = 0;
    const mayRetry = () => Promise.resolve((asked += 1) < 2);
    const { tries, done, interrupted } = await tryAll(['a0', 'b1', 'c2'], mayRetry);
    assert.equal(tries.length, 2);
    assert.deepEqual(done, ['a0 done', 'b1 done']);
    assert.equal(interrupted, true);
  });

  it('does not ask when all is done', async () => {
    const { done, interrupted } = await tryAll(['a0'], () => Promise.reject(new Error('asked')));
    assert.deepEqual([done, interrupted], [['a0 done'], false]);
  });

  it('stops at the error of a try, and keeps what that try has done', async () => {
    const failure = new KmsError('StoreFailure', 'the database is gone');
    let tries = 0;
    const retried = await retryConflicts(
      ['a', 'b'],
      () => {
        tries += 1;
        return Promise.resolve({ done: ['a done'], conflicts: ['b'], error: failure });
      },
      { giveUp },
    );
    assert.deepEqual(retried, { done: ['a done'], interrupted: false, error: failure });
    assert.equal(tries, 1);
  });

  it('keeps what earlier tries have done when a later one throws', async () => {
    const thrown = new KmsError('StoreBusy', 'the database is locked');
    let tries = 0;
    const retried = await retryConflicts(
      ['a', 'b'],
      () => {
        tries += 1;
        if (tries > 1) throw thrown;
        return Promise.resolve({ done: ['a done'], conflicts: ['b'], error: null });
      },
      { giveUp },
    );
    assert.deepEqual(retried, { done: ['a done'], interrupted: false, error: thrown });
  });

  it('returns what nobody foresaw as Internal, with its cause', async () => {
    const bug = new TypeError('bug');
    const { error } = await retryConflicts(['a'], () => Promise.reject(bug), { giveUp });
    assert.deepEqual([error?.reason, error?.cause], ['Internal', bug]);
  });
});

describe('concurrentChange', () => {
  it('names the object, and how often it was tried', () => {
    const { reason, uid, message } = concurrentChange('key-1');
    assert.deepEqual([reason, uid], ['ConcurrentChange', 'key-1']);
    assert.equal(message, 'the row of "key-1" was changed by another process at each of 3 tries');
    assert.match(
      concurrentChange('key-1', 'the row of its key').message,
      /^the row of its key was/,
    );
  });
});
