// Hooks of whole runs: each event is told after its commit, at least once whatever is killed, by one run alone, and
// one that hangs delays no other.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Destination } from '../../src/notify/destination.js';
import { createNotifierFor } from '../../src/notify/notifier.js';
import { exitCodeOfReport, type RunReport } from '../../src/report/run-report.js';
import { LEASE_SECONDS } from '../../src/store/own/outbox-rows.js';
import { startBinary } from '../support/binary.js';
import { describeOnSqlite } from '../support/databases.js';
import { aRecorder, aScript, hooksOf } from '../support/hooks.js';
import { entriesOf } from '../support/outbox.js';
import { until } from '../support/poll.js';
import { runDue } from '../support/run.js';
import { sql } from '../support/sql.js';
import { storeWith, withStore } from '../support/store.js';
import { aSymmetricKey, DAY, JANUARY, symmetricKeys } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

const NOW = JANUARY + 40 * DAY;
const keys = (count: number) => symmetricKeys(count);

const uidsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id).sort();

/** A run as commands make it, with these hooks and a clock of the test's. */
async function runWith(
  url: string,
  destinations: readonly Destination[],
  now = NOW,
  changes: Parameters<typeof runDue>[2] = {},
): Promise<RunReport> {
  const runId = randomUUID();
  const notifier = createNotifierFor({ usable: destinations, waiting: [], problems: [] }, 7 * DAY, {
    ...{ runId, host: 'test-host', version: '0.0.0', store: () => 'kms', now: () => now },
    monotonicMs: () => performance.now(),
    stopRequested: () => Promise.resolve(false),
    onHookOutput: () => undefined,
    onUnexpected: () => undefined,
  });
  return withStore(url, (store) =>
    runDue(url, now, {
      runId,
      enqueueEvent: notifier.enqueueEvent,
      deliver: () => notifier.deliver(store),
      ...changes,
    }),
  );
}

describeOnSqlite('hooks', (database) => {
  const storeOf = (rows: ReturnType<typeof keys>) => storeWith(database, rows);

  it('of two runs at once are run once for each event', async () => {
    const rows = keys(20);
    const url = await storeOf(rows);
    const recorder = aRecorder();
    const hooks = hooksOf({ rotated: [recorder.path] });
    const reports = await Promise.all([
      runWith(url, hooks, NOW, { batchSize: 3 }),
      runWith(url, hooks, NOW, { batchSize: 3 }),
    ]);
    const accepted = reports.reduce((sum, { deliveries }) => sum + deliveries.accepted, 0);
    assert.equal(accepted, rows.length);
    assert.deepEqual(recorder.uids(), uidsOf(rows));
  }).timeout(60_000);

  it('that waited are run once by two runs at once', async () => {
    const rows = keys(20);
    const url = await storeOf(rows);
    const recorder = aRecorder();
    const hooks = hooksOf({ rotated: [recorder.path] });
    const killed = () => Promise.reject(new Error('killed'));
    await assert.rejects(runWith(url, hooks, NOW, { deliver: killed }), /killed/);
    const after = NOW + LEASE_SECONDS;
    await Promise.all([runWith(url, hooks, after), runWith(url, hooks, after)]);
    await runWith(url, hooks, after + 1);
    assert.deepEqual(recorder.uids(), uidsOf(rows));
  }).timeout(60_000);

  it('are run for each event of their kind, and what they did is in the report', async () => {
    const rows = keys(5);
    const url = await storeOf([...rows, aSymmetricKey({ uid: 'odd' }, { RotateInterval: 'x' })]);
    const [onRotated, onFailed, onFinished] = [aRecorder(), aRecorder(), aRecorder()];
    const hooks = hooksOf({
      rotated: [onRotated.path],
      failed: [onFailed.path],
      finished: [onFinished.path],
    });
    const report = await runWith(url, hooks);
    assert.deepEqual(report.deliveries.problems, []);
    assert.deepEqual([report.deliveries.accepted, exitCodeOfReport(report)], [7, 4]);
    assert.deepEqual(onRotated.uids(), uidsOf(rows));
    assert.deepEqual(onFailed.uids(), ['odd']);
    assert.deepEqual(onFinished.uids(), ['']);
  });

  it('find what they are called for committed', async () => {
    const url = await storeOf(keys(1));
    const seen: string[] = [];
    const [hook] = hooksOf({ rotated: ['true'] });
    const looking: Destination = {
      ...hook!,
      send: async (message, signal) => {
        const rows = await sql<{ state: string }>(
          url,
          `SELECT state FROM objects WHERE id = 'key-0'`,
        );
        seen.push(...rows.map(({ state }) => state));
        return hook!.send(message, signal);
      },
    };
    await runWith(url, [looking]);
    assert.deepEqual(seen, ['Deactivated']);
  });

  it('that a kill between commit and hook has kept from running are run by the next run, once', async () => {
    const rows = keys(3);
    const url = await storeOf(rows);
    const recorder = aRecorder();
    const hooks = hooksOf({ rotated: [recorder.path] });
    const killed = () => Promise.reject(new Error('killed'));
    await assert.rejects(runWith(url, hooks, NOW, { deliver: killed }), /killed/);
    assert.deepEqual(recorder.uids(), []);
    const after = NOW + LEASE_SECONDS;
    assert.equal((await runWith(url, hooks, after)).deliveries.accepted, 3);
    assert.equal((await runWith(url, hooks, after + DAY)).deliveries.accepted, 0);
    assert.deepEqual(recorder.uids(), uidsOf(rows));
  });

  it('of a process that is killed while they run are run again by the next run', async () => {
    const url = await storeOf([aSymmetricKey({ uid: 'due' })]);
    const folder = temporaryFolder();
    const hanging = aScript(`touch '${join(folder, 'begun')}'; sleep 600`);
    const env = { KMS_DATABASE_URL: url, KMS_HOOKS_ON_ROTATED: hanging };
    const { child, ended } = startBinary(['rotate', 'due'], { env });
    await until('the hook runs', () => readdirSync(folder).includes('begun'));
    child.kill('SIGKILL');
    await ended;
    const [entry] = await entriesOf(url);
    assert.deepEqual([entry?.state, entry?.attempts], ['waiting', 1]);
    const recorder = aRecorder();
    const later = Math.floor(Date.now() / 1000) + 2 * LEASE_SECONDS;
    const report = await runWith(url, hooksOf({ rotated: [recorder.path] }), later);
    assert.equal(report.deliveries.accepted, 1);
    assert.deepEqual(recorder.uids(), ['due']);
  }).timeout(60_000);

  it('that hang delay no other: this one ends only when all others have', async () => {
    const rows = keys(12);
    const url = await storeOf(rows);
    const folder = temporaryFolder();
    const script = aScript(
      `if [ "$KMS_UID" = key-0 ]; then
         while [ "$(ls '${folder}' | wc -l)" -lt ${rows.length} ]; do sleep 0.1; done
       else touch "${folder}/$KMS_UID"; fi`,
    );
    const finished = aScript(`touch '${folder}/finished'`);
    const hooks = hooksOf({ rotated: [script], finished: [finished] }, { concurrency: 2 });
    const report = await runWith(url, hooks);
    assert.deepEqual(report.deliveries.problems, []);
    assert.equal(report.deliveries.accepted, rows.length + 1);
  }).timeout(60_000);

  it('that fail are counted, end a run with 6, and are run again by a later one', async () => {
    const url = await storeOf(keys(1));
    const failing = hooksOf({ rotated: [aScript('exit 7')] });
    const report = await runWith(url, failing);
    assert.equal(report.deliveries.failed, 1);
    assert.deepEqual(report.deliveries.problems, [
      { destination: 'hook on_rotated', message: 'exit code 7' },
    ]);
    assert.equal(exitCodeOfReport(report), 6);
    assert.equal(exitCodeOfReport(await runWith(url, failing)), 0);
    const recorder = aRecorder();
    const later = await runWith(url, hooksOf({ rotated: [recorder.path] }), NOW + 600);
    assert.equal(later.deliveries.accepted, 1);
    assert.deepEqual(recorder.uids(), ['key-0']);
  });
});
