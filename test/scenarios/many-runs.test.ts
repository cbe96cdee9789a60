// Many runs at once, processes of the built program that know nothing of each other: every key is rotated
// once, and what they report adds up (design §9).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { runApartOn, runOn } from '../support/binary.js';
import { describeEachDatabase, describeOnSqlite } from '../support/databases.js';
import { rotateOf } from '../support/documents.js';
import { needThoroughRun, tries } from '../support/effort.js';
import { armed, misreported, violations } from '../support/invariants.js';
import { insertDuePairs, insertMixedKeys } from '../support/mixed-keys.js';
import { newStorePath } from '../support/store.js';
import { readStore } from '../support/store-contents.js';
import { valuesOf } from '../support/values-of.js';
import { logFaults } from '../support/written-chains.js';
import { manyKilled } from '../torture/disturb.js';

const PROCESSES = tries(4, 8);
const PAIRS = 24;

describeEachDatabase(`${PROCESSES} processes at once`, (database) => {
  const KEYS = Number(process.env['KMS_TEST_MANY_KEYS'] ?? 120);

  it(`give each of ${KEYS} keys one replacement, and none of them fails`, async function () {
    this.timeout(300_000);
    const store = await newStorePath(database);
    await insertMixedKeys(store, KEYS - PAIRS);
    await insertDuePairs(store, PAIRS);
    const before = await readStore(store);
    // Its log tells what an unexpected error was.
    const argv = ['rotate', 'due', '--json', '--log-format', 'json', '--log-level', 'error'];
    const ended = await Promise.all(
      Array.from({ length: PROCESSES }, () => runApartOn(store, argv)),
    );
    assert.deepEqual(
      valuesOf(ended, 'code', 'stderr'),
      ended.map(() => [0, '']),
    );
    const reports = ended.map(({ stdout }) => rotateOf(stdout));
    const now = await readStore(store);
    assert.deepEqual(
      reports
        .flatMap(({ error, results }) => [error, ...results.map((result) => result.error)])
        .filter((error) => error !== null),
      [],
    );
    assert.deepEqual(violations(before, now), []);
    assert.deepEqual(await logFaults(store, 0), []);
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

describeEachDatabase('8 processes at once of which some are killed', (database) => {
  it('leave a log that is whole, and every key untouched or wholly rotated', async function () {
    needThoroughRun(this);
    this.timeout(180_000);
    await manyKilled(database, { keys: 60, random: Math.random });
  });
});

describeOnSqlite(`${PROCESSES} processes at once`, (database) => {
  it('that are limited end with 5 while keys are left, and none of them rotates more than it may', async function () {
    this.timeout(60_000);
    const store = await newStorePath(database);
    await insertMixedKeys(store, 120);
    const before = await readStore(store);
    const argv = ['rotate', 'due', '--max-keys', '10', '--batch', '4', '--json'];
    const ended = await Promise.all(
      Array.from({ length: PROCESSES }, () => runApartOn(store, argv)),
    );
    const reports = ended.map(({ stdout }) => rotateOf(stdout));
    const now = await readStore(store);
    assert.deepEqual(violations(before, now), []);
    assert.deepEqual(misreported(reports, before, now), []);
    // At most 80 of the 120 are rotated: whatever a process met, some were left.
    assert.deepEqual(new Set(ended.map(({ code }) => code)), new Set([5]));
    for (const { error, summary } of reports) {
      assert.equal(error, null);
      assert.ok((summary['rotated'] ?? 0) <= 10 && (summary['notAttempted'] ?? 0) > 0);
    }
    assert.ok(now.objects.size > before.objects.size);
  });

  it('share the work by --shard: each takes its own keys, all of them, and no other', async function () {
    this.timeout(60_000);
    const SHARDS = 3;
    const store = await newStorePath(database);
    await insertMixedKeys(store, 60);
    const before = await readStore(store);
    const due = armed(before);
    const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
    const rotate = (shard: number) =>
      runApartOn(store, ['rotate', 'due', '--shard', `${shard}/${SHARDS}`, '--json']);
    const ended = await Promise.all(shards.map(rotate));
    for (const [shard, { code, stdout }] of ended.entries()) {
      const { results } = rotateOf(stdout);
      assert.deepEqual(
        [code, new Set(results.map(({ outcome }) => outcome))],
        [0, new Set(['rotated'])],
      );
      assert.deepEqual(
        valuesOf(results, 'uid').sort(),
        due.filter((uid) => shardOf(uid, SHARDS) === shard).sort(),
      );
    }
    const now = await readStore(store);
    assert.deepEqual(violations(before, now), []);
    assert.equal(now.objects.size, 2 * before.objects.size);
    assert.equal((await runOn(store, ['due', 'list', '--check'])).code, 1);
  });
});

/** As kms-scheduling(7) says it, by other means. */
function shardOf(uid: string, shards: number): number {
  const hash = createHash('sha256').update(Buffer.from(uid, 'utf8')).digest('hex');
  return parseInt(hash.slice(0, 8), 16) % shards;
}
