// Runs that others are told of, on every database: what is told is written with what it tells of, and no receiver
// delays or fails a rotation.
import assert from 'node:assert/strict';
import type { KmsEvent } from '../../src/report/events.js';
import {
  ACCEPTED,
  unavailable,
  type Destination,
  type Message,
} from '../../src/notify/destination.js';
import { matchesFilter } from '../../src/notify/event-filter.js';
import { exitCodeOfReport } from '../../src/report/run-report.js';
import { describeOnSqlite } from '../support/databases.js';
import { aDestination, entriesOf } from '../support/outbox.js';
import { sql } from '../support/sql.js';
import { openSuiteStore } from '../support/suite-store.js';
import { runNotifying } from '../support/notified-runs.js';
import { aSymmetricKey, DAY, insertRows, JANUARY, rowsOf, withStore } from '../support/store.js';
import { valuesOf } from '../support/values-of.js';
import { logRowsOf } from '../support/written-chains.js';

const LATER = JANUARY + 365 * DAY;

const EVERY = ['rotated', 'failed', 'warning', 'mended', 'finished'] as const;

function hearing(heard: KmsEvent[], changes: Partial<Destination> = {}): Destination {
  return aDestination({
    accepts: (event) => matchesFilter({ events: EVERY }, event),
    send: ({ events }: Message) => {
      heard.push(...events);
      return Promise.resolve(ACCEPTED);
    },
    ...changes,
  });
}

const aBadKey = () => aSymmetricKey({ uid: 'bad' }, {}, { object: '{"SymmetricKey": {}}' });

describeOnSqlite('a run that sends notifications', (database) => {
  const opened = openSuiteStore(database);

  it('tells of each key that was rotated or could not be, and of its end', async () => {
    const { url, store } = opened();
    await insertRows(url, [aSymmetricKey({ tags: ['env:prod'] }), aBadKey()]);
    const heard: KmsEvent[] = [];
    const report = await runNotifying(store, LATER, [hearing(heard)]);
    assert.equal(report.deliveries.accepted, 3);
    assert.equal(exitCodeOfReport(report), 4);
    assert.deepEqual(heard.map(({ type, subject }) => `${type} ${subject ?? '–'}`).sort(), [
      'kms.failed bad',
      'kms.finished –',
      'kms.rotated key-1',
    ]);
    const rotated = heard.find(({ type }) => type === 'kms.rotated');
    assert.ok(rotated?.type === 'kms.rotated');
    const { owner, objectType, algorithm, tags, replacementUid } = rotated.data;
    assert.deepEqual(
      [owner, objectType, algorithm, tags, replacementUid],
      ['ops@example.org', 'SymmetricKey', 'AES', ['env:prod'], report.results[1]?.replacementUid],
    );
    const end = heard.find(({ type }) => type === 'kms.finished');
    assert.ok(end?.type === 'kms.finished');
    assert.deepEqual([end.data.exitCode, end.data.summary.rotated], [4, 1]);
    const newest = (await logRowsOf(url)).at(-1);
    assert.deepEqual(end.data.auditHeads, report.auditHeads);
    assert.deepEqual(
      [newest?.outcome, report.auditHeads.map(({ hash }) => hash)],
      ['chain-closed', [newest?.hash]],
    );
  });

  it('writes nothing to the outbox where nobody is to hear of anything', async () => {
    const { url, store } = opened();
    await insertRows(url, [aSymmetricKey(), aBadKey()]);
    await runNotifying(store, LATER, []);
    assert.deepEqual(await entriesOf(url), []);
  });

  it('tells nobody of a rotation that was not committed, and of each that was', async () => {
    const { url, store } = opened();
    await insertRows(url, [aSymmetricKey()]);
    const before = await rowsOf(url);
    const heard: KmsEvent[] = [];
    const enqueueEvent = () => [{ table: 'kms_rotation_outbox', row: { no_such_column: 1 } }];
    const { error, results } = await runNotifying(store, LATER, [hearing(heard)], {
      enqueueEvent,
    });
    assert.ok(error !== null);
    assert.deepEqual(results, []);
    assert.deepEqual(await rowsOf(url), before);
    assert.deepEqual(await sql(url, 'SELECT * FROM kms_rotation_log'), []);
    await runNotifying(store, LATER, [hearing(heard)]);
    assert.deepEqual(valuesOf(heard, 'type'), ['kms.rotated', 'kms.finished']);
  });

  it('is killed between commit and sending: the next run tells of it, once', async () => {
    const { url, store } = opened();
    await insertRows(url, [aSymmetricKey()]);
    const killed = { deliver: () => Promise.reject(new Error('killed')) };
    const heard: KmsEvent[] = [];
    await assert.rejects(runNotifying(store, LATER, [hearing(heard)], killed), /killed/);
    const next = LATER + 3600;
    await runNotifying(store, next, [hearing(heard)]);
    await runNotifying(store, next, [hearing(heard)]);
    const rotated = heard.filter(({ type }) => type === 'kms.rotated');
    assert.deepEqual(valuesOf(rotated, 'subject'), ['key-1']);
    assert.equal(new Set(heard.map(({ id }) => id)).size, heard.length);
  });

  it('ends with 6, all rotated, when a receiver is down, and with 0 when it is up again', async () => {
    const { url, store } = opened();
    await insertRows(url, [aSymmetricKey()]);
    const heard: KmsEvent[] = [];
    const down = { send: () => Promise.resolve(unavailable('it cannot be reached')) };
    const report = await runNotifying(store, LATER, [hearing(heard, down)]);
    assert.deepEqual(valuesOf(report.results, 'outcome'), ['rotated']);
    assert.equal(exitCodeOfReport(report), 6);
    // It waits; nothing was tried, so nothing failed.
    const soon = await runNotifying(store, LATER + 1, [hearing(heard, { accepts: () => false })]);
    assert.equal(exitCodeOfReport(soon), 0);
    const later = await runNotifying(store, LATER + 3600, [hearing(heard)]);
    assert.equal(exitCodeOfReport(later), 0);
    assert.equal(heard.filter(({ subject }) => subject === 'key-1').length, 1);
  });

  it('is not held up for long by a receiver that hangs, and rotates all the same', async () => {
    const { url } = opened();
    await insertRows(url, [aSymmetricKey()]);
    const hanging = { send: () => new Promise<never>(() => undefined), timeoutSeconds: 0.1 };
    const report = await withStore(url, (store) => {
      const began = performance.now();
      const run = runNotifying(store, LATER, [hearing([], hanging)]);
      return run.finally(() => {
        assert.ok(performance.now() - began < 8000);
      });
    });
    assert.deepEqual(valuesOf(report.results, 'outcome'), ['rotated']);
    assert.equal(exitCodeOfReport(report), 6);
  });

  it('leaves the sending to the next one after a first signal', async () => {
    const { url, store } = opened();
    await insertRows(url, [aSymmetricKey()]);
    const heard: KmsEvent[] = [];
    let asked = 0;
    const stopRequested = () => Promise.resolve((asked += 1) > 2);
    await runNotifying(store, LATER, [hearing(heard)], { stopRequested });
    assert.deepEqual(heard, []);
    const states = (await entriesOf(url)).map(({ state, attempts }) => [state, attempts]);
    assert.ok(states.length > 0);
    assert.ok(states.every(([state, attempts]) => state === 'waiting' && attempts === 0));
  });

  it('tells nothing in a dry run', async () => {
    const { url, store } = opened();
    await insertRows(url, [aSymmetricKey()]);
    const heard: KmsEvent[] = [];
    await runNotifying(store, LATER, [hearing(heard)], { dryRun: true });
    assert.deepEqual([heard, await entriesOf(url)], [[], []]);
  });
});
