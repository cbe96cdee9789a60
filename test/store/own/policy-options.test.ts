// Options of policies: a rotation moves them to the replacement, in its own transaction.
import assert from 'node:assert/strict';
import { NO_OPTIONS, type PolicyOptions } from '../../../src/rotation/policy-options.js';
import { failWrites } from '../../support/meddle.js';
import { describeEachDatabase } from '../../support/databases.js';
import { runDue } from '../../support/run.js';
import { sql } from '../../support/sql.js';
import {
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  withStore,
} from '../../support/store.js';

const NOW = JANUARY + 365 * DAY;

const WEEK: PolicyOptions = { beforeEndSeconds: 7 * DAY, overlapSeconds: null };

describeEachDatabase('policy options', (database) => {
  async function storeWithOptions(...uids: string[]): Promise<string> {
    const url = await newStorePath(database);
    await insertRows(
      url,
      uids.map((uid) => aSymmetricKey({ uid })),
    );
    await give(url, ...uids.map((uid) => ({ uid, options: WEEK })));
    return url;
  }

  it('are written in place of those that an object had; none leaves no row', async () => {
    const url = await storeWithOptions('one', 'two');
    const overlapping = { beforeEndSeconds: null, overlapSeconds: DAY };
    await give(url, { uid: 'one', options: overlapping }, { uid: 'two', options: NO_OPTIONS });
    await withStore(url, async (store) => {
      assert.deepEqual(
        [...(await store.policyOptions(['one', 'two', 'three']))],
        [['one', overlapping]],
      );
      assert.deepEqual((await store.load(['one']))[0]?.options, overlapping);
    });
    assert.equal((await sql(url, 'SELECT * FROM kms_rotation_options')).length, 1);
  });

  it('move to the replacement with the rotation, or stay with what could not be rotated', async () => {
    const url = await storeWithOptions('one', 'two');
    await failWrites(url, { event: 'UPDATE', table: 'objects', uid: 'two' });
    const { results } = await runDue(url, NOW);
    const replacement = results.find(({ uid }) => uid === 'one')?.replacementUid ?? '';
    await withStore(url, async (store) => {
      const options = await store.policyOptions(['one', 'two', replacement]);
      assert.deepEqual(
        options,
        new Map([
          ['two', WEEK],
          [replacement, WEEK],
        ]),
      );
    });
  });
});

/** As a change of policies does. */
async function give(
  url: string,
  ...options: readonly { readonly uid: string; readonly options: PolicyOptions }[]
): Promise<void> {
  await withStore(url, async (store) => {
    const unit = { changes: [], rewrapping: null, ownRows: [], options };
    const { outcomes } = await store.apply([unit]);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['written'],
    );
  });
}
