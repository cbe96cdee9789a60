// What runs tell and log of what fails, over simulated days, and what they find again when they look.
import assert from 'node:assert/strict';
import { ACCEPTED, unavailable, type Destination } from '../../src/notify/destination.js';
import { NO_DELIVERIES } from '../../src/report/delivery-summary.js';
import { exitCodeOfReport } from '../../src/report/run-report.js';
import type { KmsEvent } from '../../src/report/events.js';
import { describeEachDatabase, describeOnSqlite } from '../support/databases.js';
import { aDestination, entriesOf } from '../support/outbox.js';
import { notifierAt, runNotifying } from '../support/notified-runs.js';
import { ALL, contextOf } from '../support/run.js';
import { sql } from '../support/sql.js';
import { tries } from '../support/effort.js';
import { openSuiteStore } from '../support/suite-store.js';
import { aSymmetricKey, DAY, insertRows, JANUARY, openForWriting } from '../support/store.js';
import { rotateDue, rotateOne } from '../../src/run.js';

const LATER = JANUARY + 365 * DAY;
const HOUR = 3600;
/** The rows that open and close the chain of a run that writes. */
const ENDS = 2;

const BROKEN = '{"SymmetricKey": {}}';
const aBadKey = (uid = 'bad') => aSymmetricKey({ uid }, {}, { object: BROKEN });

/** What a receiver heard, in words, without what was only rotated. */
function hearing(changes: Partial<Destination> = {}) {
  const heard: KmsEvent[] = [];
  const destination = aDestination({
    digest: true,
    accepts: ({ type }) => ['kms.failed', 'kms.recovered'].includes(type),
    send: ({ events }) => {
      heard.push(...events);
      return Promise.resolve(ACCEPTED);
    },
    ...changes,
  });
  const words = () =>
    heard.map((event) => {
      if (event.type === 'kms.recovered') return `${event.data.resolution} ${event.data.uid}`;
      if (event.type !== 'kms.failed') return event.type;
      return `${event.data.condition?.telling ?? 'by name'} ${event.data.uid}`;
    });
  return { heard, words, destination };
}

const logOf = async (url: string) =>
  (
    await sql<{ outcome: string; uid: string; message: string | null }>(
      url,
      `SELECT outcome, uid, message FROM kms_rotation_log WHERE uid <> '' ORDER BY id`,
    )
  ).map(({ outcome, uid, message }) => ({ outcome, uid, message }));

const mend = (url: string, uid = 'bad') =>
  sql(url, 'UPDATE objects SET object = ? WHERE id = ?', aSymmetricKey({ uid }).object, uid);

describeOnSqlite('a key that runs cannot rotate', (database) => {
  const opened = openSuiteStore(database);

  it('is told of once, then by the steps, and once when it is rotated; exit code 4 stays', async () => {
    const { url, store } = opened();
    await insertRows(url, [aBadKey()]);
    const { words, destination } = hearing();
    for (let run = 0; run < 8 * 12; run += 1) {
      const report = await runNotifying(store, LATER + run * 2 * HOUR, [destination]);
      assert.equal(exitCodeOfReport(report), 4);
    }
    await mend(url);
    await runNotifying(store, LATER + 8 * DAY, [destination]);
    await runNotifying(store, LATER + 8 * DAY + HOUR, [destination]);
    const reminders = Array.from({ length: 4 }, () => 'reminder bad');
    assert.deepEqual(words(), ['new bad', ...reminders, 'rotated bad']);
    assert.deepEqual(
      (await logOf(url)).map(({ outcome, message }) => [
        outcome,
        outcome === 'recovered' && message,
      ]),
      [
        ['failed', false],
        ['rotated', false],
        ['recovered', 'rotated after 96 failures in 8 d'],
      ],
    );
  });

  for (const [how, change] of [
    ['gone', `DELETE FROM objects WHERE id = 'bad'`],
    ['retired', `UPDATE objects SET state = 'Deactivated' WHERE id = 'bad'`],
  ] as const) {
    it(`is over when a run finds it ${how}, and not before it has looked`, async () => {
      const { url, store } = opened();
      await insertRows(url, [aBadKey()]);
      const { words, destination } = hearing();
      await runNotifying(store, LATER, [destination]);
      await rotateDue(contextOf(store, LATER + 1), { ...ALL, filters: { tags: ['none'] } });
      assert.equal((await store.openConditions()).length, 1);
      await sql(url, change);
      await runNotifying(store, LATER + HOUR, [destination]);
      assert.deepEqual(words(), ['new bad', `${how} bad`]);
      assert.deepEqual(await store.openConditions(), []);
    });
  }

  it('is over in the transaction of its rotation: if that cannot be written, nothing is', async () => {
    const { url, store } = opened();
    await insertRows(url, [aBadKey()]);
    const { words, destination } = hearing();
    await runNotifying(store, LATER, [destination]);
    await mend(url);
    const when = 'BEFORE UPDATE OF resolved_at ON kms_rotation_conditions';
    await sql(url, `CREATE TRIGGER full ${when} BEGIN SELECT RAISE(ABORT, 'disk is full'); END`);
    try {
      await runNotifying(store, LATER + HOUR, [destination]);
    } finally {
      await sql(url, 'DROP TRIGGER full');
    }
    assert.equal((await sql(url, `SELECT 1 FROM objects WHERE state <> 'Active'`)).length, 0);
    assert.deepEqual(words(), ['new bad']);
    assert.equal((await store.openConditions()).length, 1);
    await runNotifying(store, LATER + 2 * HOUR, [destination]);
    assert.deepEqual(words(), ['new bad', 'rotated bad']);
  });

  it('is told as over, once, by the next run if one was killed right after the rotation', async () => {
    const { url, store } = opened();
    await insertRows(url, [aBadKey()]);
    const { words, destination } = hearing();
    await runNotifying(store, LATER, [destination]);
    await mend(url);
    const apply: typeof store.apply = async (...units) => {
      await store.apply(...units);
      throw new Error('killed');
    };
    const deliver = () => Promise.resolve(NO_DELIVERIES);
    await runNotifying({ ...store, apply }, LATER + HOUR, [destination], { deliver });
    assert.deepEqual([words(), await store.openConditions()], [['new bad'], []]);
    for (const run of [2, 3]) await runNotifying(store, LATER + run * HOUR, [destination]);
    assert.deepEqual(words(), ['new bad', 'rotated bad']);
  });

  it('that somebody names is told of and reminded of like any other', async () => {
    const { url, store } = opened();
    await insertRows(url, [aBadKey()]);
    const { words, destination } = hearing();
    const rotate = (now: number) => {
      const notifier = notifierAt(now, [destination]);
      const { enqueueEvent } = notifier;
      const changes = { enqueueEvent, deliver: () => notifier.deliver(store) };
      return rotateOne(contextOf(store, now, changes), 'bad', { disarm: false });
    };
    for (const hour of [0, 1, 2]) {
      assert.equal(exitCodeOfReport(await rotate(LATER + hour * HOUR)), 4);
    }
    await runNotifying(store, LATER + DAY, [destination]);
    await mend(url);
    await rotate(LATER + DAY + HOUR);
    assert.deepEqual(words(), ['new bad', 'reminder bad', 'rotated bad']);
    assert.equal((await logOf(url)).filter(({ outcome }) => outcome === 'failed').length, 1);
  });

  it('waits as one message for a receiver that is down, whatever the number of runs', async () => {
    const { url, store } = opened();
    await insertRows(url, [aBadKey()]);
    const down = aDestination({ digest: true, send: () => Promise.resolve(unavailable('no')) });
    for (let run = 0; run < 36; run += 1) {
      await runNotifying(store, LATER + run * 2 * HOUR, [
        { ...down, accepts: ({ type }) => type === 'kms.failed' },
      ]);
    }
    assert.equal((await entriesOf(url)).length, 1);
    const { words, destination } = hearing();
    await runNotifying(store, LATER + 4 * DAY - HOUR, [destination]);
    assert.deepEqual(words(), ['new bad']);
  });

  it('is in one digest with all else that a receiver missed in three days, whatever the number of runs', async () => {
    const { url, store } = opened();
    await insertRows(url, [aBadKey('a'), aBadKey('b')]);
    const messages: (readonly KmsEvent[])[] = [];
    const receiver = (isDown: boolean) =>
      aDestination({
        digest: true,
        send: ({ events }) => {
          if (isDown) return Promise.resolve(unavailable('no'));
          messages.push(events);
          return Promise.resolve(ACCEPTED);
        },
      });
    const runs = tries(12, 12, 288);
    const at = (run: number) => LATER + Math.floor((run * 3 * DAY) / runs);
    for (let run = 0; run < runs; run += 1) {
      if (run === runs / 3) await mend(url, 'a');
      if (run === runs / 2) await insertRows(url, [aBadKey('c')]);
      await runNotifying(store, at(run), [receiver(true)]);
    }
    await runNotifying(store, at(runs), [receiver(false)]);
    const [digest] = messages;
    assert.equal(messages.length, 1);
    const count = (type: KmsEvent['type']) => digest?.filter((one) => one.type === type).length;
    const types = ['kms.failed', 'kms.rotated', 'kms.recovered', 'kms.finished'] as const;
    assert.deepEqual(types.map(count), [3, 1, 1, runs + 1]);
    await runNotifying(store, at(runs) + 1, [receiver(false)]);
    assert.equal(messages.length, 2, 'and then each run has its own again');
  });

  it('is told of anew to a destination that comes later, while no other has heard of it', async () => {
    const { url, store } = opened();
    await insertRows(url, [aBadKey()]);
    await runNotifying(store, LATER, []);
    const { words, destination } = hearing();
    await runNotifying(store, LATER + HOUR, [destination]);
    assert.deepEqual(words(), ['new bad']);
  });

  it('is told by each run to a receiver that forgets, without leaving a row, and to no other', async () => {
    const { url, store } = opened();
    await insertRows(url, [aBadKey()]);
    const [forgetful, mail] = [hearing({ forgets: true, name: 'webhook am' }), hearing()];
    for (let run = 0; run < 12; run += 1) {
      await runNotifying(store, LATER + run * HOUR, [forgetful.destination, mail.destination]);
    }
    const again = Array.from({ length: 11 }, () => 'holds bad');
    assert.deepEqual(forgetful.words(), ['new bad', ...again]);
    assert.equal((await entriesOf(url)).length, 2);
    assert.deepEqual(mail.words(), ['new bad']);
  });

  it('adds no row anywhere when nothing changes, and the last run has one of its own', async () => {
    const { url, store } = opened();
    await insertRows(url, [aBadKey('bad-1'), aBadKey('bad-2')]);
    const { destination } = hearing();
    const counts = () =>
      Promise.all(
        ['log', 'outbox', 'conditions', 'runs'].map(
          async (name) => (await sql(url, `SELECT 1 FROM kms_rotation_${name}`)).length,
        ),
      );
    await runNotifying(store, LATER, [destination]);
    const before = await counts();
    for (let run = 1; run < 20; run += 1) await runNotifying(store, LATER + run, [destination]);
    assert.deepEqual(
      [before, await counts()],
      [
        [2 + ENDS, 2, 2, 1],
        [2 + ENDS, 2, 2, 1],
      ],
    );
    const [last] = await store.lastRuns();
    assert.deepEqual(
      [last?.exitCode, last?.due, last?.failed, last?.lastGoodAt, last?.scope],
      [4, 2, 2, LATER + 19, {}],
    );
  });

  it('fills no table in a year, whatever the number of runs and of receivers that forget', async function () {
    this.timeout(7_200_000);
    const { url, store } = opened();
    await insertRows(url, ['bad-1', 'bad-2', 'bad-3'].map(aBadKey));
    const [mail, forgetful] = [hearing(), hearing({ name: 'webhook am', forgets: true })];
    const runs = tries(12, 12, 365 * 96);
    for (let run = 0; run < runs; run += 1) {
      const at = LATER + Math.floor((run * 365 * DAY) / runs);
      await runNotifying(store, at, [mail.destination, forgetful.destination]);
    }
    const sizes = await store.tableSizes();
    const { log, outbox, conditions, warnings } = sizes;
    const rows = log + outbox + conditions + warnings + sizes.runs;
    assert.ok(rows < 2000, JSON.stringify(sizes));
    assert.deepEqual([log, conditions, sizes.runs], [3 + ENDS, 3, 1]);
  });

  it('leaves nothing for long: runs remove what was delivered and what is over', async () => {
    const { url, store } = opened();
    await insertRows(url, [aBadKey()]);
    const { destination } = hearing();
    const waiting = {
      ...destination,
      name: 'webhook down',
      send: () => Promise.resolve(unavailable('no')),
    };
    await runNotifying(store, LATER, [destination, waiting]);
    await sql(url, `DELETE FROM objects WHERE id = 'bad'`);
    await runNotifying(store, LATER + HOUR, [destination]);
    const left = async (days: number) => {
      await rotateDue(contextOf(store, LATER + HOUR + days * DAY), ALL);
      const { outbox, conditions, log } = await store.tableSizes();
      return [outbox, conditions, log];
    };
    assert.deepEqual(await left(29), [3, 2, 2 + 2 * ENDS]);
    assert.deepEqual(await left(31), [1, 2, 2 + 2 * ENDS], 'what waits is kept');
    assert.deepEqual(
      await left(91),
      [1, 1, 2 + 2 * ENDS],
      'that the receiver is gone was found later',
    );
    assert.deepEqual(await left(120), [1, 0, 2 + 2 * ENDS]);
  });

  it('keeps a row for each scope that runs have', async () => {
    const { store } = opened();
    for (const filters of [
      { tags: ['b', 'a'], owner: 'ops' },
      { tags: ['a', 'b'], owner: 'ops' },
    ]) {
      await rotateDue(contextOf(store, LATER, { cadenceSeconds: 900 }), { ...ALL, filters });
    }
    const shard = { index: 1, of: 3 };
    await rotateDue(contextOf(store, LATER), { ...ALL, filters: { tags: [], shard } });
    const runs = await store.lastRuns();
    assert.deepEqual(
      runs.map(({ scope, cadenceSeconds }) => [JSON.stringify(scope), cadenceSeconds]).sort(),
      [
        ['{"owner":"ops","tags":["a","b"]}', 900],
        ['{"shard":"1/3"}', null],
      ],
    );
  });
});

const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];

describeEachDatabase('eight runs at once over keys that fail', (database) => {
  const opened = openSuiteStore(database);
  const isSqlite = database.kind === 'sqlite';

  it('tell of each once, and once that it is over', async function () {
    this.timeout(60_000);
    const { url } = opened();
    const uids = ['bad-1', 'bad-2', 'bad-3'];
    await insertRows(url, uids.map(aBadKey));
    const { words, destination } = hearing();
    const together = async (now: number) => {
      // On SQLite two connections of one process would wait for each other for ever.
      const own = isSqlite ? [] : await Promise.all(EIGHT.map(() => openForWriting(url)));
      try {
        return await Promise.all(
          EIGHT.map((index) => runNotifying(own[index] ?? opened().store, now, [destination])),
        );
      } finally {
        await Promise.all(own.map((store) => store.close()));
      }
    };
    const reports = await together(LATER);
    assert.deepEqual(
      reports.map(({ error }) => error),
      reports.map(() => null),
    );
    assert.deepEqual(
      words().sort(),
      uids.map((uid) => `new ${uid}`),
    );
    await together(LATER + HOUR);
    for (const uid of uids) await mend(url, uid);
    await together(LATER + 2 * HOUR);
    await together(LATER + 2 * HOUR + 400);
    assert.deepEqual(words().sort(), [
      ...uids.map((uid) => `new ${uid}`),
      ...uids.map((uid) => `rotated ${uid}`),
    ]);
    const log = await logOf(url);
    assert.equal(log.filter(({ outcome }) => outcome === 'failed').length, uids.length);
    assert.equal(log.filter(({ outcome }) => outcome === 'recovered').length, uids.length);
  });
});
