// Rotations that were committed and are gone, as after a failover to a replica that lagged: they are no successes any more.
import assert from 'node:assert/strict';
import { withLostCommits } from '../../src/run/lost-commits.js';
import { rotateDue } from '../../src/run.js';
import type { Store } from '../../src/store/store.js';
import { summaryOf } from '../../src/report/run-report.js';
import { sqlite } from '../support/databases.js';
import { ALL, contextOf } from '../support/run.js';
import { openSqlite, sql } from '../support/sql.js';
import { storeWith, withStore } from '../support/store.js';
import { DAY, JANUARY, symmetricKeys } from '../support/symmetric-keys.js';

const NOW = JANUARY + 40 * DAY;

/** Runs on a store that has lost what it committed of `key-0`, and a session if it says so. */
async function runThatLoses(hasLostSessions: boolean) {
  const url = await storeWith(sqlite, symmetricKeys(2));
  const told: string[] = [];
  const report = await withStore(url, (store: Store) => {
    const bare = openSqlite(url);
    const context = contextOf({ ...store, hasLostSessions: () => hasLostSessions }, NOW, {
      onResult: ({ uid, outcome }) => {
        told.push(`${uid} ${outcome}`);
        if (uid === 'key-1') bare.query(`DELETE FROM kms_rotation_log WHERE uid = 'key-0'`, []);
      },
    });
    return rotateDue(context, ALL).finally(() => {
      bare.close();
    });
  });
  return { url, report, told };
}

describe('withLostCommits', () => {
  it('makes failures of rotations that the database has lost, tells and records them', async () => {
    const { url, report, told } = await runThatLoses(true);
    const { rotated, failed } = summaryOf(report);
    assert.deepEqual([rotated, failed, report.error], [1, 1, null]);
    const [lost] = report.results.filter(({ error }) => error !== null);
    assert.deepEqual([lost?.uid, lost?.error?.reason], ['key-0', 'CommitLost']);
    assert.deepEqual(told, ['key-0 rotated', 'key-1 rotated', 'key-0 failed']);
    const rows = await sql(url, `SELECT uid FROM kms_rotation_log WHERE reason = 'CommitLost'`);
    assert.deepEqual(rows, [{ uid: 'key-0' }]);
  });

  it('does not look where no session was lost', async () => {
    const { report } = await runThatLoses(false);
    assert.equal(summaryOf(report).rotated, 2);
  });

  it('returns the very results if all of them are there', async () => {
    const url = await storeWith(sqlite, symmetricKeys(2));
    await withStore(url, async (store: Store) => {
      const context = contextOf({ ...store, hasLostSessions: () => true }, NOW);
      const { results } = await rotateDue(context, ALL);
      assert.equal(results.length, 2);
      assert.equal(await withLostCommits(context, results), results);
    });
  });
});
