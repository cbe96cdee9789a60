// Runs over random forests of wrapped objects: whatever is due, whatever breaks off the run, no key is lost
// and nothing is left under a retired key.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RunReport } from '../../src/report/run-report.js';
import { sqlite } from '../support/databases.js';
import { tries } from '../support/effort.js';
import { failWrites } from '../support/meddle.js';
import { runDue } from '../support/run.js';
import { sql } from '../support/sql.js';
import { insertRows, newStorePath } from '../support/store.js';
import { faultsAfter, replacementFaults } from '../support/wrapping/faults.js';
import { grow } from '../support/wrapping/forest.js';
import { NO_SERVER_KEK, NOW } from '../support/wrapping/forest-store.js';
import { needlessChanges } from '../support/wrapping/untouched.js';
import { unwrapStore, materialsIn, type UnwrappedStore } from '../support/wrapping/unwrap-store.js';
import { plant, type Plant } from '../support/wrapping/plant.js';

const FOREST = fc.array(plant, { minLength: 1, maxLength: 24 });

/** What a run may say of an object in a forest where every row can be read. */
const HONEST_REASONS = ['WrappingKeyNotActive'];

describe('a run over a random forest of wrapped objects', function () {
  this.timeout(180_000);

  it('keeps every material and leaves nothing under a retired key', async () => {
    let rotated = 0;
    let rewrapped = 0;
    let mended = 0;
    await fc.assert(
      fc.asyncProperty(FOREST, fc.integer({ min: 1, max: 8 }), async (plants, batchSize) => {
        const { url, before } = await planted(plants);
        const report = await runDue(url, NOW, { ...NO_SERVER_KEK, batchSize });
        await assertWhole(url, before, report);
        rotated += report.results.filter(({ outcome }) => outcome === 'rotated').length;
        rewrapped += report.results.reduce((sum, one) => sum + one.dependantsRewrapped, 0);
        mended += report.rewrappedDependants.length;
        const again = await runDue(url, NOW, NO_SERVER_KEK);
        assert.deepEqual(
          again.rewrappedDependants.filter(({ outcome }) => outcome === 'mended'),
          [],
        );
        assert.ok(again.results.every(({ outcome }) => outcome === 'failed'));
      }),
      { numRuns: tries(5, 10, 1000) },
    );
    assert.ok(rotated > 0 && rewrapped > 0 && mended > 0, `${rotated} ${rewrapped} ${mended}`);
  });

  it('keeps every material if told not to re-wrap', async () => {
    await fc.assert(
      fc.asyncProperty(FOREST, async (plants) => {
        const { url, before } = await planted(plants);
        await runDue(url, NOW, { ...NO_SERVER_KEK, rewrapStaleDependants: false });
        const after = await unwrapStore(url);
        assert.deepEqual(withoutMending(faultsAfter(before, after)), []);
      }),
      { numRuns: tries(3, 5, 500) },
    );
  });

  it('keeps every material, and what it rotates whole, for one owner or type alone', async () => {
    const filter = fc.constantFrom({ owner: 'bob@example.org' }, { objectType: 'SymmetricKey' });
    await fc.assert(
      fc.asyncProperty(FOREST, filter, async (plants, filters) => {
        const { url, before } = await planted(plants);
        const report = await runDue(url, NOW, {
          ...NO_SERVER_KEK,
          filters: { tags: [], ...filters },
        });
        const after = await unwrapStore(url);
        assert.deepEqual(withoutMending(faultsAfter(before, after)), []);
        assert.deepEqual(replacementFaults(before, after, report), []);
        assert.deepEqual(needlessChanges(before, after, report), []);
      }),
      { numRuns: tries(3, 5, 500) },
    );
  });

  it('rolls a broken rotation back whole, and the next run does all of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        FOREST,
        fc.nat(),
        fc.constantFrom('INSERT', 'UPDATE'),
        async (plants, number, event) => {
          const { url, before } = await planted(plants);
          const uids = [...before.objects.keys()];
          const uid = uids[number % Math.max(1, uids.length)];
          // A new object breaks off at its creation: an existing one has no INSERT.
          const trigger = event === 'UPDATE' && uid !== undefined ? { event, uid } : { event };
          await failWrites(url, { table: 'objects', ...trigger } as const);
          const broken = await runDue(url, NOW, NO_SERVER_KEK).catch(() => ({ results: [] }));
          assert.deepEqual(withoutMending(faultsAfter(before, await unwrapStore(url))), []);
          await sql(url, 'DROP TRIGGER crash');
          const report = await runDue(url, NOW, NO_SERVER_KEK);
          const done = broken.results.filter(({ outcome }) => outcome === 'rotated');
          const results = [...done, ...report.results];
          await assertWhole(url, before, { ...report, results });
        },
      ),
      { numRuns: tries(4, 10, 500) },
    );
  });
});

/** What a run that was broken off, or told not to mend, may leave for the next. */
function withoutMending(faults: readonly string[]): readonly string[] {
  return faults.filter((fault) => !fault.includes('still under'));
}

async function planted(plants: readonly Plant[]): Promise<{ url: string; before: UnwrappedStore }> {
  const forest = grow(plants);
  const url = await newStorePath(sqlite);
  await insertRows(url, forest.rows, []);
  const before = await unwrapStore(url);
  // The builder and what unwraps must agree, or neither proves anything.
  assert.deepEqual(materialsIn(before), forest.materials);
  return { url, before };
}

async function assertWhole(url: string, before: UnwrappedStore, report: RunReport): Promise<void> {
  assert.equal(report.error, null);
  for (const { uid, error } of report.results.filter(({ outcome }) => outcome === 'failed')) {
    assert.ok(HONEST_REASONS.includes(error?.reason ?? ''), `${uid}: ${error?.message ?? ''}`);
  }
  assert.deepEqual(
    report.rewrappedDependants.filter(({ outcome }) => outcome !== 'mended'),
    [],
  );
  const after = await unwrapStore(url);
  assert.deepEqual(faultsAfter(before, after), []);
  assert.deepEqual(replacementFaults(before, after, report), []);
  assert.deepEqual(needlessChanges(before, after, report), []);
}
