// Many runs at once, processes of the built program that know nothing of each other: every key is rotated
// once, and what they report adds up (design §9).
import assert from 'node:assert/strict';
import { runOn } from '../support/binary.js';
import { describeEachDatabase } from '../support/databases.js';
import { rotateOf } from '../support/documents.js';
import { misreported, violations } from '../support/invariants.js';
import { insertDuePairs, insertMixedKeys } from '../support/mixed-keys.js';
import { newStorePath } from '../support/store.js';
import { readStore } from '../support/store-contents.js';

const PROCESSES = 8;
const PAIRS = 100;

describeEachDatabase(`${PROCESSES} processes at once`, (database) => {
  const KEYS = Number(
    process.env['KMS_TEST_MANY_KEYS'] ?? (database.name === 'sqlite' ? 2000 : 400),
  );

  it(`give each of ${KEYS} keys one replacement, and none of them fails`, async function () {
    this.timeout(300_000);
    const store = await newStorePath(database);
    await insertMixedKeys(store, KEYS - PAIRS);
    await insertDuePairs(store, PAIRS);
    const before = await readStore(store);
    const ended = await Promise.all(
      Array.from({ length: PROCESSES }, () => runOn(store, ['rotate', 'due', '--json'])),
    );
    const reports = ended.map(({ stdout }) => rotateOf(stdout));
    const now = await readStore(store);
    assert.deepEqual(
      reports
        .flatMap(({ error, results }) => [error, ...results.map((result) => result.error)])
        .filter((error) => error !== null),
      [],
    );
    assert.deepEqual(
      ended.map(({ code, stderr }) => [code, stderr]),
      ended.map(() => [0, '']),
    );
    assert.deepEqual(violations(before, now), []);
    assert.deepEqual(misreported(reports, before, now), []);
    assert.equal(now.objects.size, 2 * before.objects.size);
    const totals = (what: string) =>
      reports.reduce((sum, { summary }) => sum + (summary[what] ?? 0), 0);
    assert.deepEqual([totals('rotated'), totals('failed'), totals('notAttempted')], [KEYS, 0, 0]);
    for (const { outcome, skippedBecause } of reports.flatMap(({ results }) => results)) {
      assert.equal(skippedBecause, outcome === 'skipped' ? 'rotated-by-another-run' : null);
    }
  });
});
