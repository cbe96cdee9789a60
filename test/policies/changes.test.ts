// Changes of policies beside others who write to the same rows.
import assert from 'node:assert/strict';
import { DEFAULT_END_OPTIONS } from '../../src/rotation/ends.js';
import { exitCodeOfChanges, type PolicyReport } from '../../src/policies/change-report.js';
import { changePolicies } from '../../src/policies/changes.js';
import { planPolicies } from '../../src/policies/policy-plan.js';
import type { Store } from '../../src/store/store.js';
import { describeOnSqlite } from '../support/databases.js';
import { setAttributes } from '../support/meddle.js';
import { contextOf } from '../support/run.js';
import { sql } from '../support/sql.js';
import { rowsOf, storeWith, withStore } from '../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { valuesOf } from '../support/values-of.js';

describeOnSqlite('changes of policies', (database) => {
  /** Gives all keys an interval of a day, while `meddle` comes between each load and its write. */
  async function change(
    url: string,
    meddle: () => Promise<void>,
    stopRequested = () => Promise.resolve(false),
  ): Promise<PolicyReport> {
    return withStore(url, async (store) => {
      const between: Store = {
        ...store,
        apply: async (units, watch) => {
          await meddle();
          return store.apply(units, watch);
        },
      };
      const terms = { now: JANUARY, firstDeadline: 'offset', ends: DEFAULT_END_OPTIONS } as const;
      const plan = await planPolicies(store, pages(url), terms, () => ({
        desiredPolicy: { kind: 'set', change: { intervalSeconds: DAY } },
        rules: [],
        conflicting: [],
        named: true,
      }));
      return changePolicies(
        { ...contextOf(between, JANUARY), store: between, stopRequested },
        plan,
      );
    });
  }
  async function* pages(url: string) {
    yield (await rowsOf(url)).map(({ id }) => id);
  }
  const attributesOf = async (url: string, uid: string) =>
    JSON.parse((await rowsOf(url)).find(({ id }) => id === uid)?.attributes ?? '{}') as {
      readonly Comment?: string;
      readonly RotateInterval?: number;
    };
  const storeOf = (...uids: readonly string[]) =>
    storeWith(
      database,
      uids.map((uid) => aSymmetricKey({ uid, intervalSeconds: null })),
    );

  it('are made upon what somebody else has written meanwhile', async () => {
    const url = await storeOf('a', 'b');
    let times = 0;
    const report = await change(url, async () => {
      times += 1;
      if (times === 1) await setAttributes(url, 'a', { Comment: 'theirs' });
    });
    assert.deepEqual([report.changed.length, report.failed], [2, []]);
    const { Comment, RotateInterval } = await attributesOf(url, 'a');
    assert.deepEqual([Comment, RotateInterval], ['theirs', DAY]);
    assert.equal((await sql(url, `SELECT * FROM kms_rotation_log WHERE uid <> ''`)).length, 2);
  });

  it('fail for a row that others change again and again, and for no other', async () => {
    const url = await storeOf('a', 'b');
    let times = 0;
    const report = await change(url, async () => {
      times += 1;
      await setAttributes(url, 'a', { Comment: `theirs ${times}` });
    });
    assert.deepEqual(valuesOf(report.changed, 'uid'), ['b']);
    assert.deepEqual(
      report.failed.map(({ uid, error }) => [uid, error.reason]),
      [['a', 'ConcurrentChange']],
    );
    assert.equal(exitCodeOfChanges(report), 4);
    assert.equal((await attributesOf(url, 'a')).RotateInterval, undefined);
  });

  it('that somebody else has made meanwhile are left alone', async () => {
    const url = await storeOf('a');
    let times = 0;
    const report = await change(url, async () => {
      times += 1;
      if (times > 1) return;
      const row = aSymmetricKey({ uid: 'a', intervalSeconds: DAY });
      await sql(
        url,
        'UPDATE objects SET attributes = ?, object = ? WHERE id = ?',
        ...[row.attributes, row.object, 'a'],
      );
    });
    assert.deepEqual([report.changed, report.failed, report.unchanged], [[], [], 1]);
    assert.equal((await sql(url, `SELECT * FROM kms_rotation_log WHERE uid <> ''`)).length, 0);
  });

  it('end after the batch in work at a first signal, and say what is left', async () => {
    const uids = Array.from({ length: 70 }, (_, index) => `k${index}`);
    const url = await storeOf(...uids);
    let asked = 0;
    const report = await change(
      url,
      () => Promise.resolve(),
      () => Promise.resolve((asked += 1) > 1),
    );
    assert.deepEqual([report.changed.length, report.notAttempted], [64, 6]);
    assert.equal(exitCodeOfChanges(report), 5);
  });
});
