// A rotation run: what it rotates, in what order, what stops it, and what it reports when others write
// to the same rows or the store fails.
import assert from 'node:assert/strict';
import { exitCodeOfReport, summaryOf, type RunReport } from '../src/report/run-report.js';
import { rotateDue } from '../src/run.js';
import type { Store } from '../src/store/store.js';
import { contextOf, ALL, runDue, runOne } from './support/run.js';
import { insertRows, rowOf, rowsOf, storeWith, withStore } from './support/store.js';
import { aSymmetricKey, DAY, JANUARY } from './support/symmetric-keys.js';
import { describeOnSqlite, type TestDatabase } from './support/databases.js';
import { failWrites, setAttributes } from './support/meddle.js';
import { outcomesOf } from './support/reports.js';
import { sql } from './support/sql.js';
import { valuesOf } from './support/values-of.js';

const NOW = JANUARY + 40 * DAY;

const storesIn =
  (database: TestDatabase) =>
  (...rows: ReturnType<typeof aSymmetricKey>[]) =>
    storeWith(database, rows);

const keys = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    aSymmetricKey({ uid: `key-${index}`, initialDate: JANUARY + index }),
  );

const outcomes = (report: RunReport) => report.results.map(({ uid, outcome }) => [uid, outcome]);

describeOnSqlite('rotateDue', (database) => {
  const storeOf = storesIn(database);

  it('rotates what is due, the longest overdue first, and finds nothing left', async () => {
    const path = await storeOf(
      ...keys(3).reverse(),
      aSymmetricKey({ uid: 'later', intervalSeconds: 50 * DAY }),
    );
    const report = await runDue(path, NOW);
    assert.deepEqual(outcomes(report), [
      ['key-0', 'rotated'],
      ['key-1', 'rotated'],
      ['key-2', 'rotated'],
    ]);
    assert.equal(exitCodeOfReport(report), 0);
    assert.deepEqual((await runDue(path, NOW)).results, []);
    const again = await runDue(path, NOW + 30 * DAY);
    assert.equal(summaryOf(again).rotated, 4);
  });

  it('writes the log in the transaction of each rotation, and failures in one of their own', async () => {
    const path = await storeOf(
      aSymmetricKey({ uid: 'good' }),
      aSymmetricKey({ uid: 'odd' }, { RotateInterval: 'x' }),
    );
    const report = await runDue(path, NOW);
    assert.equal(exitCodeOfReport(report), 4);
    const log = await sql(path, `SELECT * FROM kms_rotation_log WHERE uid <> '' ORDER BY uid`);
    const told = (names: readonly string[]) => log.map((row) => names.map((name) => row[name]));
    const replacementUid = report.results.find(({ uid }) => uid === 'good')?.replacementUid;
    assert.deepEqual(told(['uid', 'outcome', 'reason', 'replacement_uid']), [
      ['good', 'rotated', null, replacementUid],
      ['odd', 'failed', 'Undecidable', null],
    ]);
    const [whose] = told(['run_id', 'host', 'os_user', 'version', 'at']);
    const at = '2026-02-19T08:00:00Z';
    assert.deepEqual(whose, [report.runId, 'test-host', 'tester', '0.0.0', at]);
  });

  it('goes on after one that fails, whatever is wrong with it', async () => {
    const path = await storeOf(
      aSymmetricKey({ uid: 'bad-json' }, {}, { attributes: '{' }),
      aSymmetricKey({ uid: 'bad-object' }, {}, { object: '[]' }),
      aSymmetricKey({ uid: 'bad-owner' }, {}, { owner: null }),
      aSymmetricKey({ uid: 'bad-link' }, { Link: 'x' }),
      aSymmetricKey({ uid: 'no-date' }, { InitialDate: null }),
      aSymmetricKey({ uid: 'good' }),
    );
    const report = await runDue(path, NOW);
    assert.deepEqual(outcomesOf(report), {
      'bad-json': 'Undecidable',
      'no-date': 'Undecidable',
      'bad-object': 'MalformedObject',
      'bad-owner': 'MalformedObject',
      'bad-link': 'MalformedObject',
      good: 'rotated',
    });
  });

  for (const batchSize of [1, 2, 64]) {
    it(`stops at --max-keys with batches of ${batchSize}: failures do not count, the rest is told`, async () => {
      const path = await storeOf(
        aSymmetricKey({ uid: 'odd' }, { RotateInterval: 'x' }),
        ...keys(5),
      );
      const report = await runDue(path, NOW, { maxKeys: 3, batchSize });
      const { rotated, failed, notAttempted, due } = summaryOf(report);
      assert.deepEqual([rotated, failed, notAttempted, due], [3, 1, 2, 6]);
    });
  }

  it('rotates with several batches in work at once, and reports in the order of the plan', async () => {
    const path = await storeOf(...keys(30));
    const report = await runDue(path, NOW, { batchSize: 4, concurrency: 4 });
    assert.equal(report.error, null);
    const expected = keys(30).map(({ id }) => [id, 'rotated']);
    assert.deepEqual(outcomes(report), expected);
    assert.equal((await rowsOf(path)).length, 60);
  });

  it('rotates no more than --max-keys whatever is in work at once', async () => {
    const path = await storeOf(aSymmetricKey({ uid: 'odd' }, { RotateInterval: 'x' }), ...keys(20));
    const report = await runDue(path, NOW, { maxKeys: 7, batchSize: 3, concurrency: 4 });
    const { rotated, failed, notAttempted } = summaryOf(report);
    assert.deepEqual([rotated, failed, notAttempted], [7, 1, 13]);
    assert.equal((await rowsOf(path)).length, 21 + 7);
  });

  it('gives each shard its own keys, and all shards together all of them', async () => {
    const path = await storeOf(...keys(30));
    const rotated: string[] = [];
    for (const index of [0, 1, 2]) {
      const filters = { tags: [], shard: { index, of: 3 } };
      const { results, notAttempted } = await runDue(path, NOW, { filters });
      assert.ok(results.length > 0 && notAttempted === 0);
      rotated.push(...results.map(({ uid }) => uid));
    }
    const all = keys(30).map(({ id }) => id);
    assert.deepEqual(rotated.sort(), all.sort());
  });

  it('ends with 5 if a limit left keys, with 0 if it left none', async () => {
    const path = await storeOf(...keys(4));
    assert.equal(exitCodeOfReport(await runDue(path, NOW, { maxKeys: 2 })), 5);
    assert.equal(exitCodeOfReport(await runDue(path, NOW, { maxKeys: 2 })), 0);
  });

  it('begins no batch after --max-duration or a signal', async () => {
    const path = await storeOf(...keys(4));
    let ms = 0;
    const late = await runDue(path, NOW, {
      batchSize: 1,
      maxDurationSeconds: 10,
      monotonicMs: () => (ms += 1500),
    });
    assert.ok(summaryOf(late).notAttempted > 0 && summaryOf(late).rotated > 0);
    let asked = 0;
    const stopped = await runDue(path, NOW, {
      batchSize: 1,
      stopRequested: () => Promise.resolve((asked += 1) > 1),
    });
    assert.equal(summaryOf(stopped).rotated, 1);
    assert.equal(exitCodeOfReport(stopped), 5);
  });

  it('writes nothing in a dry run, over a store opened for reading, and foresees failures', async () => {
    const path = await storeOf(...keys(2), aSymmetricKey({ uid: 'set', keyset: true }));
    const contents = async () => [
      ...[await rowsOf(path), await sql(path, `SELECT * FROM kms_rotation_log WHERE uid <> ''`)],
    ];
    const before = await contents();
    const report = await runDue(path, NOW, { dryRun: true });
    assert.deepEqual(valuesOf(report.results, 'uid', 'outcome', 'replacementUid'), [
      ['key-0', 'would-rotate', null],
      ['set', 'would-rotate', 'set@1'],
      ['key-1', 'would-rotate', null],
    ]);
    assert.equal(exitCodeOfReport(report), 0);
    assert.deepEqual(await contents(), before);
    await insertRows(path, [aSymmetricKey({ uid: 'odd' }, { RotateInterval: 'x' })]);
    assert.equal(exitCodeOfReport(await runDue(path, NOW, { dryRun: true })), 4);
  });

  it('fails a keyset member that is due but not the latest, or whose next uid is taken', async () => {
    const path = await storeOf(
      aSymmetricKey({ uid: 'left', keyset: true }),
      aSymmetricKey(
        { uid: 'left@1', intervalSeconds: null },
        { RotateName: 'left', RotateGeneration: 1 },
      ),
      aSymmetricKey({ uid: 'taken', keyset: true }),
      aSymmetricKey({ uid: 'taken@1', intervalSeconds: null }),
    );
    const report = await runDue(path, NOW);
    assert.deepEqual(
      report.results.map(({ uid, error }) => [uid, error?.reason, error?.hint]),
      [
        [
          'left',
          'KeysetConflict',
          'kms doctor --only keyset-heads says why, and --fix repairs it; or exclude this one from runs: kms policy set --no-automatic left@0',
        ],
        [
          'taken',
          'KeysetConflict',
          'kms doctor --only uid-in-the-way says more: remove the object that has it with the server, or exclude this one from runs: kms policy set --no-automatic taken',
        ],
      ],
    );
  });

  it('reports what another run rotated meanwhile as skipped, and what is no longer due not at all', async () => {
    const path = await storeOf(...keys(3));
    const report = await withStore(path, (store) => {
      let loads = 0;
      const meddling = {
        ...store,
        load: async (uids: readonly string[]) => {
          loads += 1;
          if (loads === 1) {
            await runOne(path, 'key-0', NOW);
            await setAttributes(path, 'key-1', { RotateAutomatic: false });
          }
          return store.load(uids);
        },
      };
      return rotateDue(contextOf(meddling, NOW), ALL);
    });
    assert.deepEqual(outcomes(report), [
      ['key-0', 'skipped'],
      ['key-2', 'rotated'],
    ]);
    assert.equal(exitCodeOfReport(report), 0);
  });

  for (const [times, outcome] of [
    [2, 'rotated'],
    [3, 'ConcurrentChange'],
  ] as const) {
    it(`loads again when a row was changed ${times} times under it: ${outcome}`, async () => {
      const path = await storeOf(...keys(2));
      const report = await withStore(path, (store) => {
        let applied = 0;
        const apply = async (...[units, watch]: Parameters<typeof store.apply>) => {
          applied += 1;
          if (applied <= times) {
            await setAttributes(path, 'key-0', { Comment: `change ${applied}` });
          }
          return store.apply(units, watch);
        };
        return rotateDue(contextOf({ ...store, apply }, NOW), ALL);
      });
      assert.deepEqual(outcomesOf(report), { 'key-0': outcome, 'key-1': 'rotated' });
      const { attributes } = await rowOf(path, 'key-0');
      assert.match(attributes, new RegExp(`change ${times}`), 'the other writer’s change is kept');
    });
  }

  it('goes on when the database refuses one key, which it reports, and whose turn comes again', async () => {
    const path = await storeOf(...keys(4));
    await failWrites(path, { event: 'UPDATE', table: 'objects', uid: 'key-2' });
    for (const batchSize of [64, 1]) {
      const report = await runDue(path, NOW, { batchSize });
      assert.equal(report.error, null);
      assert.equal(exitCodeOfReport(report), 4);
      const [failed, ...others] = report.results.filter(({ outcome }) => outcome === 'failed');
      assert.deepEqual([failed?.uid, failed?.error?.reason, others], ['key-2', 'RowRefused', []]);
      assert.match(failed?.error?.hint ?? '', /nothing of it was written/);
      assert.equal(summaryOf(report).rotated, batchSize === 64 ? 3 : 0);
    }
    const log = await sql(path, `SELECT reason FROM kms_rotation_log WHERE uid = 'key-2'`);
    assert.deepEqual(log, [{ reason: 'RowRefused' }], 'a row for the streak');
    const rows = (await rowsOf(path)).filter(({ state }) => state === 'Active');
    assert.ok(rows.some(({ id }) => id === 'key-2'));
    assert.equal(rows.length, 4);
  });

  it('reports as rotated what was committed before the store failed, and the error', async () => {
    const path = await storeOf(...keys(4));
    const report = await withStore(path, (store) => {
      let applied = 0;
      const apply: Store['apply'] = async (units, watch) => {
        applied += 1;
        if (applied === 3) await sql(path, 'DROP TABLE kms_rotation_log');
        return store.apply(units, watch);
      };
      return rotateDue(contextOf({ ...store, apply }, NOW), { ...ALL, batchSize: 1 });
    });
    assert.deepEqual(outcomes(report), [
      ['key-0', 'rotated'],
      ['key-1', 'rotated'],
    ]);
    assert.equal(report.error?.reason, 'StoreFailure');
    assert.equal(summaryOf(report).notAttempted, 2);
    assert.equal(exitCodeOfReport(report), 3);
  });
});

describeOnSqlite('rotateOne', (database) => {
  const storeOf = storesIn(database);

  it('leaves the replacement without an interval when told to disarm', async () => {
    const path = await storeOf(aSymmetricKey());
    const report = await runOne(path, 'key-1', NOW, { disarm: true });
    assert.equal(report.results[0]?.nextDeadline, null);
    assert.deepEqual((await runDue(path, NOW + 900 * DAY)).results, []);
  });

  for (const [state, outcome] of [
    ['Active', 'rotated'],
    ['Deactivated', 'rotated'],
    ['Compromised', 'rotated'],
    ['PreActive', 'failed'],
    ['Destroyed', 'failed'],
    ['Destroyed_Compromised', 'failed'],
  ] as const) {
    it(`meets a ${state} key: ${outcome}`, async () => {
      const path = await storeOf(aSymmetricKey({}, { State: state }, { state }));
      const { results } = await runOne(path, 'key-1', JANUARY + DAY);
      assert.equal(results[0]?.outcome, outcome);
      if (outcome === 'failed') return;
      const replaced = await rowOf(path, 'key-1');
      assert.equal(replaced.state, state === 'Compromised' ? state : 'Deactivated');
    });
  }

  it('refuses one that is replaced, and a member that is not the latest', async () => {
    const path = await storeOf(aSymmetricKey({ uid: 'set', keyset: true }), aSymmetricKey());
    await runOne(path, 'key-1', NOW);
    await runOne(path, 'set', NOW);
    await setAttributes(path, 'set', { Link: undefined });
    await sql(path, `UPDATE kms_rotation_log SET uid = 'forgotten' WHERE uid = 'set'`);
    const reasons = [];
    for (const uid of ['key-1', 'set@0']) {
      reasons.push((await runOne(path, uid, NOW)).results[0]?.error?.reason);
    }
    assert.deepEqual(reasons, ['AlreadyReplaced', 'NotLatestOfKeyset']);
    assert.equal((await rowsOf(path)).length, 4);
  });

  it('knows from the log that one is replaced whose link a server has written over', async () => {
    const path = await storeOf(aSymmetricKey());
    await runOne(path, 'key-1', NOW);
    await setAttributes(path, 'key-1', { Link: undefined });
    const { results } = await runOne(path, 'key-1', NOW);
    assert.equal(results[0]?.error?.reason, 'AlreadyReplaced');
  });
});
