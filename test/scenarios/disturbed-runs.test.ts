// Whom a run meets on a server: somebody who drags it into a deadlock, somebody who keeps a row locked. What
// passes is tried again; what does not fails the key that it is about, the others are rotated, and nothing is done
// by half (design §5, §9).
import assert from 'node:assert/strict';
import { exitCodeOfReport, summaryOf, type RunReport } from '../../src/report/run-report.js';
import { rotateDue } from '../../src/run.js';
import { openStore } from '../../src/store/open.js';
import { describeEachDatabase, type TestDatabase } from '../support/databases.js';
import { untilBlocked, whileLocked } from '../support/hold.js';
import { rotationsSince, violations } from '../support/invariants.js';
import { insertMixedKeys } from '../support/mixed-keys.js';
import { ALL, contextOf } from '../support/run.js';
import { JANUARY, newStorePath } from '../support/store.js';
import { arrow, readStore } from '../support/store-contents.js';

const KEYS = 200;

/** Late in the order of a plan. */
const LATE_KEY = 'tagged-30';

/** Not the first of its batch: a transaction that waits for it holds others already. */
const EARLY_KEY = 'granted-40';

async function aStore(database: TestDatabase) {
  const store = await newStorePath(database);
  await insertMixedKeys(store, KEYS);
  return { store, before: await readStore(store) };
}

async function runInProcess(store: string, busyTimeoutMs: number): Promise<RunReport> {
  const opened = await openStore(store, { mode: 'write', busyTimeoutMs });
  try {
    return await rotateDue(contextOf(opened, JANUARY), ALL);
  } finally {
    await opened.close();
  }
}

describeEachDatabase('a run that is disturbed', (database) => {
  if (database.kind === 'sqlite') return;

  it('begins a transaction again that was the victim of a deadlock', async function () {
    this.timeout(60_000);
    const { store, before } = await aStore(database);
    const report = await whileLocked(store, EARLY_KEY, async (holder) => {
      await holder.beTheStronger();
      const running = runInProcess(store, 20_000);
      await untilBlocked(store);
      // Waits for what the run holds, which waits for what this one holds.
      await holder.query(`UPDATE objects SET state = state WHERE id LIKE 'granted-%'`);
      await holder.query('ROLLBACK');
      return running;
    });
    assert.equal(exitCodeOfReport(report), 0, report.error?.message);
    assert.equal(summaryOf(report).rotated, KEYS);
    assert.deepEqual(violations(before, await readStore(store)), []);
  });

  it('ends with 3 when somebody keeps a row locked, with all others of its batch and after it rotated', async function () {
    this.timeout(60_000);
    const { store, before } = await aStore(database);
    const report = await whileLocked(store, LATE_KEY, () => runInProcess(store, 1000));
    assert.equal(report.error, null);
    assert.equal(exitCodeOfReport(report), 3);
    const now = await readStore(store);
    assert.deepEqual(violations(before, now), []);
    assert.deepEqual(
      report.results
        .filter(({ outcome }) => outcome === 'rotated')
        .map(({ uid, replacementUid }) => arrow(uid, replacementUid))
        .sort(),
      rotationsSince(before, now),
    );
    const failed = report.results.filter(({ outcome }) => outcome === 'failed');
    assert.deepEqual(
      failed.map(({ uid, error }) => [uid, error?.reason]),
      [[LATE_KEY, 'RowLocked']],
    );
    assert.equal(summaryOf(report).rotated, KEYS - 1);
  });
});
