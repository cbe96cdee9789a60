// Whole runs over the stores that the real server wrote.
import assert from 'node:assert/strict';
import { summaryOf } from '../../src/report/run-report.js';
import { collect, explainedCandidates } from '../../src/survey/survey.js';
import { describeEachGolden, goldenStore } from '../support/golden.js';
import { relinking } from '../support/relinked.js';
import { runDue } from '../support/run.js';
import { adopt, rowsOf, withStore } from '../support/store.js';

/** 2026-02-20T08:00:00Z */
const NOW = 1_771_574_400;

/** How many objects are due at that time, by the golden README. */
const DUE = { store: 61, 'store-rotated': 30, kek: 8, crash: 6 } as const;

describeEachGolden('a run over the golden stores', (database) => {
  for (const [name, due] of Object.entries(DUE)) {
    // The other two were made on SQLite alone.
    if (database.kind !== 'sqlite' && !name.startsWith('store')) continue;
    it(`finds the ${due} due objects of ${name}, by either rule, with our index and without`, async () => {
      const path = await goldenStore(database, name);
      for (const prepare of [() => undefined, () => adopt(path)]) {
        await prepare();
        for (const firstDeadline of ['offset', 'offset+interval'] as const) {
          const report = await runDue(path, NOW, { dryRun: true, firstDeadline });
          assert.equal(summaryOf(report).due, due);
        }
      }
    });

    it(`rotates ${name} and leaves nothing due but what says NoPrivateKey or KeysetConflict`, async () => {
      const path = await adopt(await goldenStore(database, name));
      const first = await runDue(path, NOW);
      const failures = first.results.filter(({ outcome }) => outcome === 'failed');
      for (const { error } of failures) {
        assert.ok(['NoPrivateKey', 'KeysetConflict'].includes(error?.reason ?? ''), error?.message);
      }
      const again = await runDue(path, NOW);
      assert.deepEqual(
        again.results.map(({ uid }) => uid).sort(),
        failures.map(({ uid }) => uid).sort(),
      );
      assert.equal(summaryOf(again).rotated, 0);
    });
  }

  it('rotates all that is due, each once, and touches nothing but these, what they wrap, and the keys of certificates', async () => {
    const path = await adopt(await goldenStore(database, 'store'));
    const before = await rowsOf(path);
    const report = await runDue(path, NOW);
    const rotated = report.results.filter(({ outcome }) => outcome === 'rotated');
    const after = new Map((await rowsOf(path)).map((row) => [row.id, row]));
    const touched = new Set(rotated.flatMap(({ uid, publicKeyUid }) => [uid, publicKeyUid ?? uid]));
    assert.equal(after.size, before.length + touched.size);
    const wraps = new Set(
      rotated
        .filter(({ dependantsRewrapped }) => dependantsRewrapped > 0)
        .flatMap(({ uid, publicKeyUid }) => [uid, publicKeyUid ?? uid]),
    );
    for (const row of before) {
      if (touched.has(row.id) || wraps.has(row.wrapping_key_id ?? '')) continue;
      const [from] = relinking(row, after.get(row.id)!) ?? [];
      if (touched.has(from ?? '')) continue;
      assert.deepEqual(after.get(row.id), row);
    }
  });

  it('gives every object with a policy its verdict', async () => {
    const path = await goldenStore(database, 'store');
    const terms = { now: NOW, withinSeconds: 0, firstDeadline: 'offset' } as const;
    const evaluated = await withStore(
      path,
      (store) => collect(explainedCandidates(store, terms, { tags: [] })),
      'read',
    );
    const verdicts = new Map(
      evaluated.map(({ candidate, evaluation }) => [candidate.row.id, evaluation.eligibility]),
    );
    for (const [uid, verdict] of [
      ['aes256', 'due'],
      ['later', 'not-due'],
      ['interval-0', 'not-armed'],
      ['opted-out', 'opted-out'],
      ['pre-active', 'not-active'],
      ['destroyed', 'not-active'],
      ['keyset-rotated', 'already-replaced'],
      ['kek', 'due'],
      ['kek-dep-due', 'due'],
      ['rsa2048', 'due'],
      ['rsa-kek', 'due'],
      ['cert-self', 'due'],
    ] as const) {
      assert.equal(verdicts.get(uid), verdict, uid);
    }
    assert.equal(verdicts.has('no-policy'), false);
  });
});
