// A run that is stopped early: by --max-keys, by --max-duration, by a first SIGTERM or SIGINT (the batch is
// finished, the report printed, exit code 5), or by a second signal, which ends it at once (design §5).
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { runOn } from '../support/binary.js';
import { rotateOf } from '../support/documents.js';
import { needThoroughRun } from '../support/effort.js';
import { interrupted } from '../support/interrupt.js';
import { insertRows, sql, storeWith } from '../support/sqlite.js';
import { aSymmetricKey, symmetricKeys } from '../support/symmetric-keys.js';
import { valuesOf } from '../support/values-of.js';

const MANY = 500;

const storeOf = (count: number) => storeWith(symmetricKeys(count));

function count(store: string, condition: string): number {
  return sql<{ n: number }>(store, `SELECT count(*) AS n FROM ${condition}`)[0]!.n;
}

function assertConsistent(store: string, rotated: number): void {
  assert.equal(count(store, `objects WHERE state = 'Deactivated'`), rotated);
  assert.equal(count(store, `objects WHERE state = 'Active'`), MANY);
  assert.equal(count(store, 'objects'), MANY + rotated);
  assert.equal(count(store, 'tags'), MANY + rotated);
  assert.equal(count(store, `kms_rotation_log WHERE uid <> ''`), rotated);
  assert.deepEqual(sql(store, 'PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
}

describe('a limit of a run', () => {
  it('--max-keys rotates so many, the longest overdue first, and says that keys are left', async () => {
    const store = await storeOf(0);
    const ages = [3, 1, 2];
    insertRows(
      store,
      ages.map((age) => aSymmetricKey({ uid: `age-${age}`, initialDate: 1_600_000_000 - age })),
    );
    const { code, stdout } = await runOn(store, ['rotate', 'due', '--max-keys', '2', '--json']);
    assert.equal(code, 5);
    const report = rotateOf(stdout);
    assert.deepEqual(valuesOf(report.results, 'uid'), ['age-3', 'age-2']);
    assert.deepEqual([report.summary['due'], report.summary['notAttempted']], [3, 1]);
    assert.equal((await runOn(store, ['rotate', 'due', '--max-keys', '2'])).code, 0);
  });

  it('--max-keys exits with 4, the more serious, if one of them failed', async () => {
    const store = await storeOf(2);
    insertRows(store, [aSymmetricKey({ uid: 'bad' }, { RotateInterval: 'often' })]);
    assert.equal((await runOn(store, ['rotate', 'due', '--max-keys', '1'])).code, 4);
  });

  it('--max-duration 0s begins nothing', async () => {
    const store = await storeOf(2);
    const { code, stdout } = await runOn(store, ['rotate', 'due', '--max-duration', '0s']);
    assert.equal(code, 5);
    assert.match(stdout, /2 still due/);
    assert.equal(count(store, 'objects'), 2);
  });

  it('that leaves nothing due is none', async () => {
    const store = await storeOf(2);
    const { code } = await runOn(store, [
      'rotate',
      'due',
      '--max-keys',
      '2',
      '--max-duration',
      '1h',
    ]);
    assert.equal(code, 0);
  });
});

describe('a signal during a run', function () {
  this.timeout(60_000);
  if (!existsSync('/proc/self/status')) {
    it('needs /proc');
    return;
  }

  for (const [signal, flags] of [
    ['SIGTERM', []],
    ['SIGINT', []],
    ['SIGTERM', ['--concurrency', '3', '--batch', '20']],
  ] as const) {
    const what = ['what is in work', ...flags].join(' ');
    it(`finishes ${what} on a first ${signal}, reports it, and exits with 5`, async () => {
      const store = await storeOf(MANY);
      const { code, stdout, stderr } = await interrupted(
        store,
        ['rotate', 'due', '--json', ...flags],
        [signal],
      );
      assert.deepEqual([code, stderr], [5, '']);
      const { summary, results, error } = rotateOf(stdout);
      const rotated = summary['rotated'] ?? NaN;
      assert.ok(rotated > 0 && rotated < MANY, `${rotated} rotated`);
      assert.equal(summary['notAttempted'], MANY - rotated);
      assert.equal(results.length, rotated);
      assert.equal(error, null);
      assertConsistent(store, rotated);
    });
  }

  it('tells in words what is rotated and how much is left', async () => {
    const store = await storeOf(MANY);
    const { code, stdout } = await interrupted(store, ['rotate', 'due'], ['SIGTERM']);
    assert.equal(code, 5);
    const rotated = count(store, `kms_rotation_log WHERE uid <> ''`);
    assert.ok(
      stdout.endsWith(`${rotated} rotated, ${MANY - rotated} still due\n`),
      stdout.slice(-99),
    );
  });

  for (const [first, second, code] of [
    ['SIGTERM', 'SIGTERM', 143],
    ['SIGINT', 'SIGINT', 130],
    ['SIGTERM', 'SIGINT', 130],
    ['SIGINT', 'SIGTERM', 143],
  ] as const) {
    it(`ends at once with ${code} on ${first} and then ${second}, the store consistent`, async function () {
      if (first !== second) needThoroughRun(this);
      const store = await storeOf(MANY);
      const ended = await interrupted(store, ['rotate', 'due', '--json'], [first, second]);
      assert.equal(ended.code, code);
      assert.equal(ended.stdout, '');
      assertConsistent(store, count(store, `kms_rotation_log WHERE uid <> ''`));
      if (first !== second) return;
      const next = await runOn(store, ['rotate', 'due', '--quiet']);
      assert.equal(next.code, 0);
      assertConsistent(store, MANY);
    });
  }
});
