// A run that did not come, as the other runs tell of it.
import assert from 'node:assert/strict';
import { ACCEPTED, type Destination } from '../../src/notify/destination.js';
import type { KmsEvent } from '../../src/report/events.js';
import { exitCodeOfReport } from '../../src/report/run-report.js';
import { rotateDue } from '../../src/run.js';
import { forgetRuns } from '../../src/run/record-missing-runs.js';
import type { RunContext } from '../../src/run/context.js';
import type { Store } from '../../src/store/store.js';
import { describeEachDatabase, describeOnSqlite } from '../support/databases.js';
import { notifierAt } from '../support/notified-runs.js';
import { aDestination } from '../support/outbox.js';
import { ALL, contextOf } from '../support/run.js';
import { openSuiteStore } from '../support/suite-store.js';
import { aSymmetricKey, DAY, insertRows, JANUARY, openForWriting } from '../support/store.js';

const HOUR = 3600;

function hearing(changes: Partial<Destination> = {}) {
  const heard: KmsEvent[] = [];
  const destination = aDestination({
    digest: true,
    accepts: ({ type }) => type === 'kms.condition',
    send: ({ events }) => {
      heard.push(...events);
      return Promise.resolve(ACCEPTED);
    },
    ...changes,
  });
  const words = () =>
    heard.map((event) =>
      event.type === 'kms.condition'
        ? `${event.data.condition.telling}: ${event.data.message}`
        : '',
    );
  return { words, destination };
}

/** A run of one of two shards, hourly. */
function runShard(
  store: Store,
  index: number,
  now: number,
  destinations: readonly Destination[] = [],
  changes: Partial<RunContext> = {},
) {
  const notifier = notifierAt(now, destinations);
  const context = contextOf(store, now, {
    cadenceSeconds: HOUR,
    enqueueEvent: notifier.enqueueEvent,
    deliver: () => notifier.deliver(store),
    ...changes,
  });
  return rotateDue(context, { ...ALL, filters: { tags: [], shard: { index, of: 2 } } });
}

const open = async (store: Store) =>
  (await store.openConditions()).map(({ kind, subject, failures }) => [kind, subject, failures]);

describeOnSqlite('a run that did not come', (database) => {
  const opened = openSuiteStore(database);

  it('is told of by another once it is two cadences late, then by the steps, and once when it came', async () => {
    const { store } = opened();
    const { words, destination } = hearing();
    await runShard(store, 0, JANUARY);
    for (let hour = 1; hour <= 2 * 24; hour += 1) {
      const report = await runShard(store, 1, JANUARY + hour * HOUR, [destination]);
      assert.equal(exitCodeOfReport(report), 0);
      assert.equal((await store.openConditions()).length, hour > 2 ? 1 : 0);
    }
    assert.deepEqual(await open(store), [['no-run', 'shard 0/2', 46]]);
    await runShard(store, 0, JANUARY + 2 * DAY + HOUR, [destination]);
    await runShard(store, 0, JANUARY + 2 * DAY + 2 * HOUR, [destination]);
    const why =
      'no good run for shard 0/2 came, though one is expected every 1h: the last was 2026-01-10T08:00:00Z';
    const came = 'over: a good run came after 1 d 22 h';
    assert.deepEqual(words(), [`new: ${why}`, `reminder: ${why}`, came]);
    assert.deepEqual(await open(store), []);
  });

  it('is not over by a run that comes and is not good', async () => {
    const { url, store } = opened();
    const start = JANUARY + 365 * DAY;
    await runShard(store, 0, start);
    await runShard(store, 1, start + 3 * HOUR);
    const uids = Array.from({ length: 10 }, (_, index) => `due-${index}`);
    await insertRows(
      url,
      uids.map((uid) => aSymmetricKey({ uid })),
    );
    const broken = { ...store, load: () => Promise.reject(new Error('broken')) };
    assert.notEqual((await runShard(broken, 0, start + 4 * HOUR)).error, null);
    assert.deepEqual(await open(store), [['no-run', 'shard 0/2', 2]]);
    await runShard(store, 0, start + 5 * HOUR);
    assert.deepEqual(await open(store), []);
  });

  it('is over, and told so, once somebody says that it is not expected, until one comes', async () => {
    const { store } = opened();
    const { words, destination } = hearing();
    await runShard(store, 0, JANUARY);
    await runShard(store, 1, JANUARY + DAY, [destination]);
    await forgetRuns(store, ['shard 0/2']);
    await runShard(store, 1, JANUARY + DAY + HOUR, [destination]);
    await runShard(store, 1, JANUARY + 2 * DAY, [destination]);
    assert.deepEqual(words().slice(1), ['over: no longer expected after 1 h']);
    await runShard(store, 0, JANUARY + 2 * DAY);
    await runShard(store, 1, JANUARY + 3 * DAY);
    assert.deepEqual(await open(store), [['no-run', 'shard 0/2', 1]]);
  });

  it('is not looked for without a cadence, nor by a dry run', async () => {
    const { store } = opened();
    await runShard(store, 0, JANUARY, [], { cadenceSeconds: null });
    await runShard(store, 1, JANUARY + DAY);
    assert.deepEqual(await open(store), []);
    await runShard(store, 0, JANUARY + DAY);
    await runShard(store, 1, JANUARY + 9 * DAY, [], { dryRun: true });
    assert.deepEqual(await open(store), []);
  });
});

describeEachDatabase('two runs at once after a third did not come', (database) => {
  const opened = openSuiteStore(database);

  it('tell of it once', async () => {
    const { url, store } = opened();
    await runShard(store, 0, JANUARY);
    const { words, destination } = hearing();
    const other = await openForWriting(url);
    try {
      const runs = [store, other].map((one) => runShard(one, 1, JANUARY + DAY, [destination]));
      await Promise.all(runs);
    } finally {
      await other.close();
    }
    assert.equal(words().length, 1);
  });
});
