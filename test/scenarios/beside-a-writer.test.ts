// A run beside somebody who writes to the same rows, as a living server does: no update of either is lost
// (design §9). What cannot be rotated for it fails with ConcurrentChange, and the next run does it.
import assert from 'node:assert/strict';
import { runApartOn, runOn } from '../support/binary.js';
import { describeEachDatabase } from '../support/databases.js';
import { rotateOf } from '../support/documents.js';
import { tries } from '../support/effort.js';
import { armed, misreported, violations } from '../support/invariants.js';
import { insertMixedKeys } from '../support/mixed-keys.js';
import { writeUntil } from '../support/server-writer.js';
import { newStorePath } from '../support/store.js';
import { linksOf, readStore } from '../support/store-contents.js';

const KEYS = tries(40, 80);

describeEachDatabase('a run beside a writer', (database) => {
  it('overwrites nothing that was written meanwhile, and is not overwritten', async function () {
    this.timeout(120_000);
    const store = await newStorePath(database);
    await insertMixedKeys(store, KEYS);
    const before = await readStore(store);
    let ended = false;
    const running = runApartOn(store, ['rotate', 'due', '--json']).finally(() => (ended = true));
    const { last, writes } = await writeUntil(store, armed(before), () => ended);
    const run = await running;
    assert.ok(writes > 0);
    const first = rotateOf(run.stdout);
    const failed = first.results.filter(({ outcome }) => outcome !== 'rotated');
    for (const { error } of failed) assert.equal(error?.reason, 'ConcurrentChange');
    assert.deepEqual([run.code, first.error], [failed.length > 0 ? 4 : 0, null]);
    const next = await runOn(store, ['rotate', 'due', '--json']);
    assert.equal(next.code, 0, next.stdout);
    // As if it had been written before any run began: what is carried over then must be so now.
    const asWritten = { ...before, objects: new Map([...before.objects, ...last]) };
    const now = await readStore(store);
    assert.deepEqual(violations(asWritten, now), []);
    assert.deepEqual(misreported([first, rotateOf(next.stdout)], before, now), []);
    assert.equal(now.objects.size, 2 * KEYS);
    for (const [uid, { column }] of now.objects) {
      if (before.objects.has(uid)) continue;
      const [replaced = ''] = linksOf(column, 'ReplacedObjectLink');
      assert.equal(column['Comment'], asWritten.objects.get(replaced)?.column['Comment']);
      assert.deepEqual(column['UsageLimits'], {
        UsageLimitsTotal: 1000,
        UsageLimitsCount: 1000,
        UsageLimitsUnit: 'Object',
      });
    }
  });
});
