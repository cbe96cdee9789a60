// Wrapping keys of the stores that the real server wrote, rotated on request or left alone, and checked by an unwrapping
// that shares nothing with src. Whole runs are in golden.test.ts.
import assert from 'node:assert/strict';
import { describeGolden, goldenCopy } from '../support/golden.js';
import { runDue, runOne } from '../support/run.js';
import { adopt } from '../support/store.js';
import { faultsAfter } from '../support/wrapping/faults.js';
import { unwrapStore, type UnwrappedStore } from '../support/wrapping/unwrap-store.js';

/** 2026-02-20T08:00:00Z */
const NOW = 1_771_574_400;

describeGolden('wrapped objects of the golden stores', () => {
  it('takes no key for a server’s own because it wraps the replacement of an import (design §3.1)', async () => {
    const url = await adopt(goldenCopy('store.sqlite'));
    const before = await unwrapStore(url);
    for (const uid of ['kek-dep-kwp', 'kek']) {
      const unsaid = { serverKek: { uid: null, mayBeRotated: false } };
      const report = await runOne(url, uid, NOW, unsaid);
      assert.equal(report.results[0]?.outcome, 'rotated', report.results[0]?.error?.message);
    }
    const after = await unwrapStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.deepEqual(after.underRetired, []);
  });

  it('leaves stale dependants as they are if told so', async () => {
    const url = await adopt(goldenCopy('store-rotated.sqlite'));
    await runDue(url, NOW, { rewrapStaleDependants: false });
    const { underRetired } = await unwrapStore(url);
    assert.deepEqual(underRetired, ['kek-dep-bob', 'kek-nested-dep']);
  });

  it('re-wraps what hangs on a wrapping key that is rotated on request', async () => {
    const url = await adopt(goldenCopy('store.sqlite'));
    const before = await unwrapStore(url);
    for (const uid of ['kek', 'kek-not-due', 'kek-nested']) {
      const report = await runOne(url, uid, NOW);
      assert.equal(report.results[0]?.outcome, 'rotated', report.results[0]?.error?.message);
    }
    const after = await unwrapStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.deepEqual(after.underRetired, []);
  });
});

describeGolden('the key encryption key of a server', () => {
  const KEK = { uid: 'server-kek', mayBeRotated: true };

  it('is left alone, and all that it wraps, unless told otherwise (design §3.1)', async () => {
    const url = await adopt(goldenCopy('kek.sqlite'));
    const before = await unwrapStore(url);
    for (const serverKek of [
      { uid: null, mayBeRotated: false },
      { uid: 'server-kek', mayBeRotated: false },
      { uid: 'server-kek-misspelt', mayBeRotated: false },
    ]) {
      const report = await runDue(url, NOW, { serverKek });
      const result = report.results.find(({ uid }) => uid === 'server-kek');
      assert.equal(result?.error?.reason, 'KeyEncryptionKey');
    }
    const after = await unwrapStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.equal(after.objects.get('server-kek')?.state, 'Active');
  });

  it('takes all that it wraps to its successor, which nothing wraps (storage format §8.4)', async () => {
    const url = await adopt(goldenCopy('kek.sqlite'));
    const before = await unwrapStore(url);
    const report = await runDue(url, NOW, { serverKek: KEK });
    const result = report.results.find(({ uid }) => uid === 'server-kek');
    assert.equal(result?.outcome, 'rotated', result?.error?.message);
    const after = await unwrapStore(url);
    assert.deepEqual(after.problems, []);
    assert.deepEqual(after.underRetired, []);
    assert.deepEqual(faultsAfter(before, after), []);
    const successor = result.replacementUid!;
    assert.equal(after.objects.get(successor)?.wrappingKeyUid, null);
    const under = (store: UnwrappedStore, uid: string) =>
      [...store.objects.values()].filter((one) => one.wrappingKeyUid === uid).length;
    assert.equal(under(after, 'server-kek'), 0);
    assert.ok(under(after, successor) >= under(before, 'server-kek'));
  });
});
