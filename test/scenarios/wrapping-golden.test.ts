// Runs over the stores that the real server wrote, judged by an unwrapping that shares nothing with src.
import assert from 'node:assert/strict';
import { createDecipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { summaryOf } from '../../src/report/run-report.js';
import { describeEachGolden, goldenPath, goldenStore } from '../support/golden.js';
import { runDue, runOne } from '../support/run.js';
import { adopt, rowsOf } from '../support/store.js';
import { faultsAfter, replacementFaults } from '../support/wrapping/faults.js';
import { needlessChanges } from '../support/wrapping/untouched.js';
import { judgeStore, materialsIn, type Judgement } from '../support/wrapping/judge.js';

/** 2026-02-20T08:00:00Z */
const NOW = 1_771_574_400;

/** What the server left under a retired key: another owner's, and one under a key that is wrapped itself. */
const LEFT_BY_THE_SERVER = {
  store: [],
  'store-rotated': ['kek-dep-bob', 'kek-nested-dep'],
  kek: [],
  crash: [],
} as const;

describeEachGolden('wrapped objects of the golden stores after a run', (database) => {
  for (const [name, left] of Object.entries(LEFT_BY_THE_SERVER)) {
    // The other two were made on SQLite alone.
    if (database.kind !== 'sqlite' && !name.startsWith('store')) continue;
    const known = name.startsWith('store') ? database.name : name;

    it(`${name}: each is whole, under an Active key, and opens what it encrypted; a second run changes no row`, async () => {
      const url = await adopt(await goldenStore(database, name));
      const before = await judgeStore(url);
      const report = await runDue(url, NOW);
      assert.equal(report.error, null);
      const after = await judgeStore(url);
      assert.deepEqual(after.problems, []);
      assert.deepEqual(after.underRetired, []);
      assert.deepEqual(faultsAfter(before, after), []);
      assert.deepEqual(replacementFaults(before, after, report), []);
      assert.deepEqual(needlessChanges(before, after, report), []);
      const mended = report.rewrappedDependants.filter(({ outcome }) => outcome === 'mended');
      assert.deepEqual(mended.map(({ uid }) => uid).sort(), left);
      assertCiphertextsOpen(after, known);
      const rows = await rowsOf(url);
      const again = await runDue(url, NOW);
      assert.equal(summaryOf(again).rotated, 0);
      assert.deepEqual(again.rewrappedDependants, []);
      assert.deepEqual(await rowsOf(url), rows);
    });
  }

  it('takes no key for a server’s own because it wraps the replacement of an import (design §3.1)', async () => {
    const url = await adopt(await goldenStore(database, 'store'));
    const before = await judgeStore(url);
    for (const uid of ['kek-dep-kwp', 'kek']) {
      const unsaid = { serverKek: { uid: null, mayBeRotated: false } };
      const report = await runOne(url, uid, NOW, unsaid);
      assert.equal(report.results[0]?.outcome, 'rotated', report.results[0]?.error?.message);
    }
    const after = await judgeStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.deepEqual(after.underRetired, []);
  });

  it('leaves orphans as they are if told not to mend', async () => {
    const url = await adopt(await goldenStore(database, 'store-rotated'));
    await runDue(url, NOW, { rewrapStaleDependants: false });
    const { underRetired } = await judgeStore(url);
    assert.deepEqual(underRetired, LEFT_BY_THE_SERVER['store-rotated']);
  });

  it('re-wraps what hangs on a wrapping key that is rotated on request', async () => {
    const url = await adopt(await goldenStore(database, 'store'));
    const before = await judgeStore(url);
    for (const uid of ['kek', 'kek-not-due', 'kek-nested']) {
      const report = await runOne(url, uid, NOW);
      assert.equal(report.results[0]?.outcome, 'rotated', report.results[0]?.error?.message);
    }
    const after = await judgeStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.deepEqual(after.underRetired, []);
  });
});

describeEachGolden('the key encryption key of a server', (database) => {
  if (database.kind !== 'sqlite') return;
  const KEK = { uid: 'server-kek', mayBeRotated: true };

  it('is left alone, and all that it wraps, unless told otherwise (design §3.1)', async () => {
    const url = await adopt(await goldenStore(database, 'kek'));
    const before = await judgeStore(url);
    for (const serverKek of [
      { uid: null, mayBeRotated: false },
      { uid: 'server-kek', mayBeRotated: false },
      { uid: 'server-kek-misspelt', mayBeRotated: false },
    ]) {
      const report = await runDue(url, NOW, { serverKek });
      const result = report.results.find(({ uid }) => uid === 'server-kek');
      assert.equal(result?.error?.reason, 'KeyEncryptionKey');
    }
    const after = await judgeStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.equal(after.objects.get('server-kek')?.state, 'Active');
  });

  it('takes all that it wraps to its successor, which nothing wraps (storage format §8.4)', async () => {
    const url = await adopt(await goldenStore(database, 'kek'));
    const before = await judgeStore(url);
    const report = await runDue(url, NOW, { serverKek: KEK });
    const result = report.results.find(({ uid }) => uid === 'server-kek');
    assert.equal(result?.outcome, 'rotated', result?.error?.message);
    const after = await judgeStore(url);
    assert.deepEqual(after.problems, []);
    assert.deepEqual(after.underRetired, []);
    assert.deepEqual(faultsAfter(before, after), []);
    const successor = result.replacementUid!;
    assert.equal(after.objects.get(successor)?.wrappingKeyUid, null);
    const under = (judged: Judgement, uid: string) =>
      [...judged.objects.values()].filter((one) => one.wrappingKeyUid === uid).length;
    assert.equal(under(after, 'server-kek'), 0);
    assert.ok(under(after, successor) >= under(before, 'server-kek'));
  });
});

/** Opens what keys of the store encrypted before the run. */
function assertCiphertextsOpen(judgement: Judgement, known: string): void {
  const { ciphertexts = {} } = JSON.parse(
    readFileSync(goldenPath(`known-${known}.json`), 'utf8'),
  ) as { readonly ciphertexts?: Readonly<Record<string, Readonly<Record<string, string>>>> };
  const materials = materialsIn(judgement);
  for (const [uid, { plaintext, data, iv, tag, error }] of Object.entries(ciphertexts)) {
    if (error !== undefined) continue;
    const hex = (text = '') => Buffer.from(text, 'hex');
    const key = hex(materials.get(uid));
    const cipher = createDecipheriv(`aes-${(8 * key.length) as 256}-gcm`, key, hex(iv));
    cipher.setAuthTag(hex(tag));
    const opened = Buffer.concat([cipher.update(hex(data)), cipher.final()]);
    assert.equal(opened.toString('hex'), plaintext?.toLowerCase(), uid);
  }
}
