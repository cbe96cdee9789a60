// One batch of rotations: what is reported and logged when the run is over in its midst, or the store fails.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import { beginRun, type RunContext } from '../../src/run/context.js';
import { prepareDue } from '../../src/run/prepare.js';
import { rotateBatch, type Batch } from '../../src/run/rotate-batch.js';
import type { Store } from '../../src/store/store.js';
import { setAttributes } from '../support/meddle.js';
import { contextOf } from '../support/run.js';
import { insertRows, newStorePath, sql } from '../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY, withStore } from '../support/store.js';

const NOW = JANUARY + 40 * DAY;
const ODD = aSymmetricKey({ uid: 'odd' }, { RotateInterval: 'x' });

/** Rotates all of these in one batch, with a store that `changed` makes of the real one. */
async function batchOf(
  path: string,
  uids: readonly string[],
  changed: (store: Store) => Store,
  changes: Partial<RunContext> = {},
): Promise<Batch> {
  return withStore(path, (store) => {
    const run = beginRun(contextOf(changed(store), NOW, changes), null);
    return rotateBatch(run, uids, (candidate, context) => prepareDue(candidate, context, run));
  });
}

const outcomes = ({ results }: Batch) => results.map(({ uid, outcome }) => [uid, outcome]);

const logged = (path: string) =>
  sql(path, `SELECT uid, outcome FROM kms_rotation_log WHERE uid <> '' ORDER BY uid`);

describe('rotateBatch', () => {
  it('leaves what met a conflict when the run is over, and reports and logs the failures before it', async () => {
    const path = await newStorePath();
    insertRows(path, [ODD, aSymmetricKey({ uid: 'key-1' }), aSymmetricKey({ uid: 'key-2' })]);
    const changedMeanwhile = (store: Store): Store => ({
      ...store,
      apply: async (units, watch) => {
        await setAttributes(path, 'key-1', { Comment: 'theirs' });
        return store.apply(units, watch);
      },
    });
    const stopRequested = () => Promise.resolve(true);
    const batch = await batchOf(path, ['key-1', 'odd', 'key-2'], changedMeanwhile, {
      stopRequested,
    });
    assert.deepEqual(outcomes(batch), [
      ['odd', 'failed'],
      ['key-2', 'rotated'],
    ]);
    assert.deepEqual([batch.interrupted, batch.finished, batch.error], [true, 2, null]);
    assert.deepEqual(logged(path), [
      { uid: 'key-2', outcome: 'rotated' },
      { uid: 'odd', outcome: 'failed' },
    ]);
  });

  it('counts as finished what is due no more, though it has no result', async () => {
    const path = await newStorePath();
    insertRows(path, [aSymmetricKey({ uid: 'key-1' }), aSymmetricKey({ uid: 'later' })]);
    await setAttributes(path, 'later', { RotateInterval: 900 * DAY });
    const batch = await batchOf(path, ['key-1', 'later'], (store) => store);
    assert.deepEqual(outcomes(batch), [['key-1', 'rotated']]);
    assert.equal(batch.finished, 2);
  });

  it('returns as its error that failures could not be recorded, with the results', async () => {
    const path = await newStorePath();
    insertRows(path, [ODD, aSymmetricKey({ uid: 'key-1' })]);
    const failure = new KmsError('StoreFull', 'the disk is full');
    const batch = await batchOf(path, ['odd', 'key-1'], (store) => ({
      ...store,
      updateConditions: () => Promise.reject(failure),
    }));
    assert.equal(batch.error, failure);
    assert.deepEqual(outcomes(batch), [
      ['odd', 'failed'],
      ['key-1', 'rotated'],
    ]);
  });

  it('keeps what is committed when loading again after a conflict fails', async () => {
    const path = await newStorePath();
    insertRows(path, [aSymmetricKey({ uid: 'key-1' }), aSymmetricKey({ uid: 'key-2' })]);
    const failure = new KmsError('StoreUnreachable', 'the server is gone');
    let loads = 0;
    const batch = await batchOf(path, ['key-1', 'key-2'], (store) => ({
      ...store,
      load: (uids, options) => {
        loads += 1;
        return loads === 1 ? store.load(uids, options) : Promise.reject(failure);
      },
      apply: async (units, watch) => {
        await setAttributes(path, 'key-1', { Comment: 'theirs' });
        return store.apply(units, watch);
      },
    }));
    assert.deepEqual(outcomes(batch), [['key-2', 'rotated']]);
    assert.deepEqual([batch.error, batch.finished, batch.interrupted], [failure, 1, false]);
  });
});
