// Whole runs over the stores that the real server wrote, each object opened by what shares nothing with src.
import assert from 'node:assert/strict';
import { createDecipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { summaryOf, type RunReport } from '../../src/report/run-report.js';
import { collect, explainedCandidates } from '../../src/survey/survey.js';
import {
  describeEachGolden,
  describeGolden,
  goldenCopy,
  goldenPath,
  goldenStore,
} from '../support/golden.js';
import { relinking } from '../support/relinked.js';
import { runDue } from '../support/run.js';
import { adopt, rowsOf, withStore } from '../support/store.js';
import { faultsAfter, replacementFaults } from '../support/wrapping/faults.js';
import { unwrapStore, materialsIn, type UnwrappedStore } from '../support/wrapping/unwrap-store.js';
import { needlessChanges } from '../support/wrapping/untouched.js';
import { plannedKeys } from '../../src/survey/planned-keys.js';

/** 2026-02-20T08:00:00Z */
const NOW = 1_771_574_400;

/** How many objects are due at that time, by the golden README; and what the server left under a retired key. */
const STORES = {
  store: [61, []],
  // Another owner's, and one under a key that is wrapped itself.
  'store-rotated': [30, ['kek-dep-bob', 'kek-nested-dep']],
  kek: [8, []],
  crash: [6, []],
} as const;

describeEachGolden('a run over the golden stores', (database) => {
  for (const [name, [due, leftByTheServer]] of Object.entries(STORES)) {
    // The other two were made on SQLite alone.
    if (database.kind !== 'sqlite' && !name.startsWith('store')) continue;
    it(`finds the ${due} due objects of ${name}, by either rule, with our index and without`, async () => {
      const path = await goldenStore(database, name);
      for (const prepare of [() => undefined, () => adopt(path)]) {
        await prepare();
        for (const firstDeadline of ['offset', 'offset+interval'] as const) {
          const terms = { now: NOW, withinSeconds: 0, firstDeadline };
          const planned = await withStore(
            path,
            (store) => collect(plannedKeys(store, terms, { tags: [] })),
            'read',
          );
          assert.equal(planned.length, due);
        }
      }
    });

    it(`rotates ${name}: all is whole and opens what it encrypted, and a second run changes no row`, async function () {
      this.timeout(180_000);
      const path = await adopt(await goldenStore(database, name));
      const before = await unwrapStore(path);
      const report = await runDue(path, NOW);
      assert.equal(report.error, null);
      const after = await unwrapStore(path);
      assert.deepEqual([after.problems, after.underRetired], [[], []]);
      assert.deepEqual(faultsAfter(before, after), []);
      assert.deepEqual(replacementFaults(before, after, report), []);
      assert.deepEqual(needlessChanges(before, after, report), []);
      const mended = report.rewrappedDependants.filter(({ outcome }) => outcome === 'mended');
      assert.deepEqual(mended.map(({ uid }) => uid).sort(), leftByTheServer);
      assertCiphertextsOpen(after, name.startsWith('store') ? database.name : name);
      const failures = report.results.filter(({ outcome }) => outcome === 'failed');
      for (const { error } of failures) {
        assert.ok(['NoPrivateKey', 'KeysetConflict'].includes(error?.reason ?? ''), error?.message);
      }
      const rows = await rowsOf(path);
      const again = await runDue(path, NOW);
      const uids = ({ results }: Pick<RunReport, 'results'>) =>
        results.map(({ uid }) => uid).sort();
      assert.deepEqual(uids(again), uids({ results: failures }));
      assert.deepEqual([summaryOf(again).rotated, again.rewrappedDependants], [0, []]);
      assert.deepEqual(await rowsOf(path), rows);
    });
  }
});

describeGolden('a run over the golden stores', () => {
  it('rotates all that is due, each once, and touches nothing but these, what they wrap, and the keys of certificates', async () => {
    const path = await adopt(goldenCopy('store.sqlite'));
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

  it('says of every object with a policy whether it is due, and else why not', async () => {
    const path = goldenCopy('store.sqlite');
    const terms = { now: NOW, withinSeconds: 0, firstDeadline: 'offset' } as const;
    const evaluated = await withStore(
      path,
      (store) => collect(explainedCandidates(store, terms, { tags: [] })),
      'read',
    );
    const found = new Map(
      evaluated.map(({ candidate, evaluation }) => [candidate.row.id, evaluation.eligibility]),
    );
    for (const [uid, expected] of [
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
      assert.equal(found.get(uid), expected, uid);
    }
    assert.equal(found.has('no-policy'), false);
  });
});

/** Opens what keys of the store encrypted before the run. */
function assertCiphertextsOpen(unwrapped: UnwrappedStore, known: string): void {
  const { ciphertexts = {} } = JSON.parse(
    readFileSync(goldenPath(`known-${known}.json`), 'utf8'),
  ) as { readonly ciphertexts?: Readonly<Record<string, Readonly<Record<string, string>>>> };
  const materials = materialsIn(unwrapped);
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
