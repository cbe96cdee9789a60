// Delivery from the outbox, on every database: whatever crashes and whoever else sends, each notification arrives at
// least once and always with the same id.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NO_DELIVERIES } from '../../../src/report/delivery-summary.js';
import {
  ACCEPTED,
  failed,
  refused,
  unavailable,
  type Message,
} from '../../../src/notify/destination.js';
import { LEASE_SECONDS } from '../../../src/store/own/outbox-rows.js';
import type { Store } from '../../../src/store/store.js';
import type { Outbox } from '../../../src/store/own/open-outbox.js';
import { describeEachDatabase, describeOnSqlite } from '../../support/databases.js';
import { accepted, aDestination, deliveringTo, entriesOf, fill } from '../../support/outbox.js';
import { rotated } from '../../support/events.js';
import { tries } from '../../support/effort.js';
import { sql } from '../../support/sql.js';
import { openSuiteStore, suiteStore } from '../../support/suite-store.js';
import { DAY, JANUARY, withStore } from '../../support/store.js';

const AFTER_LEASE = JANUARY + LEASE_SECONDS;

/** A destination that accepts every message and keeps it in `got`. */
function keeping(got: Message[], changes: Parameters<typeof aDestination>[0] = {}) {
  const send = (message: Message) => {
    got.push(message);
    return Promise.resolve(ACCEPTED);
  };
  return aDestination({ send, ...changes });
}

/** The outbox of a process that dies before it can record the result of an attempt. */
function dyingBeforeSettling(outbox: Outbox): Outbox {
  return { ...outbox, settle: () => Promise.reject(new Error('killed')) };
}

describeOnSqlite('delivery', (database) => {
  const opened = openSuiteStore(database);

  it('sends each notification of a run once and records it as sent', async () => {
    const { store } = opened();
    const ids = await fill(store, 12, { runId: 'mine' });
    const got: Message[] = [];
    const runId = 'mine';
    assert.deepEqual(await deliveringTo(store, [keeping(got)], { runId }), accepted(12));
    assert.deepEqual(got.map(({ id }) => id).sort(), [...ids].sort());
    assert.deepEqual(await deliveringTo(store, [keeping(got)], { runId }), NO_DELIVERIES);
    assert.equal(got.length, 12);
  });

  it('names the store in what an earlier version wrote, which named none', async () => {
    const { store } = opened();
    const event = rotated();
    const data = { ...event.data, store: undefined };
    const payload = JSON.stringify({ ...event, source: '/kms/old-host', data });
    await fill(store, 1, { runId: 'earlier', payload });
    await fill(store, 1, { runId: 'earlier', payload: JSON.stringify(event) });
    const got: Message[] = [];
    const options = { runId: 'earlier', store: () => 'keys-1f2e3d4c' };
    await deliveringTo(store, [keeping(got)], options);
    const named = got.flatMap(({ events }) => events.map((one) => [one.source, one.data.store]));
    assert.deepEqual(named.sort(), [
      ['/kms/keys-1f2e3d4c', 'keys-1f2e3d4c'],
      [event.source, event.data.store],
    ]);
  });

  it('lets a later run send what was committed before a crash', async () => {
    const { store } = opened();
    const ids = await fill(store, 2, { runId: 'killed' });
    const got: Message[] = [];
    const now = () => AFTER_LEASE;
    assert.deepEqual(await deliveringTo(store, [keeping(got)], { now }), accepted(2));
    assert.deepEqual(got.map(({ id }) => id).sort(), [...ids].sort());
  });

  it('sends a message again with the same id if a crash came before it was recorded', async () => {
    const { url, store } = opened();
    await fill(store, 1, { runId: 'mine' });
    const got: Message[] = [];
    const outbox = dyingBeforeSettling(store.outbox);
    const { problems } = await deliveringTo(store, [keeping(got)], { outbox, runId: 'mine' });
    assert.equal(problems.length, 1);
    await deliveringTo(store, [keeping(got)]);
    assert.equal(got.length, 1, 'nobody may send it while the claim lasts');
    await deliveringTo(store, [keeping(got)], { now: () => AFTER_LEASE });
    assert.deepEqual(
      got.map(({ id, attempt }) => [id, attempt]),
      [1, 2].map((attempt) => [got[0]?.id, attempt]),
    );
    assert.deepEqual(
      (await entriesOf(url)).map(({ state }) => state),
      ['sent'],
    );
  });

  it('is not stopped by a clock that jumps back', async () => {
    const { store } = opened();
    const ahead = JANUARY + 400 * DAY;
    await fill(store, 3, { createdAt: ahead, runId: 'mine' });
    const failing = aDestination({ send: () => Promise.resolve(failed('HTTP 500')) });
    await deliveringTo(store, [failing], { now: () => ahead, runId: 'mine' });
    const got: Message[] = [];
    assert.deepEqual(await deliveringTo(store, [keeping(got)]), accepted(3));
  });

  const MANY = tries(1000, 4000, 10_000);
  it(`sends ${MANY} waiting notifications`, async function () {
    this.timeout(120_000);
    const { store } = opened();
    await fill(store, MANY);
    const got = new Set<string>();
    const send = ({ id }: Message) => {
      got.add(id);
      return Promise.resolve(ACCEPTED);
    };
    const destination = aDestination({ send });
    const now = () => AFTER_LEASE;
    assert.deepEqual(await deliveringTo(store, [destination], { now }), accepted(MANY));
    assert.equal(got.size, MANY);
  });

  it('is not delayed by a receiver that hangs, nor by its other notifications', async () => {
    const { url, store } = opened();
    await fill(store, 20);
    await fill(store, 2, { destination: 'webhook other' });
    const got: Message[] = [];
    let aborted = 0;
    const hanging = aDestination({
      timeoutSeconds: 0.05,
      concurrency: 1,
      send: (_, signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => (aborted += 1));
        }),
    });
    const began = performance.now();
    const done = await deliveringTo(store, [hanging, keeping(got, { name: 'webhook other' })], {
      now: () => AFTER_LEASE,
    });
    assert.ok(performance.now() - began < 5000);
    assert.deepEqual([done.accepted, done.failed, aborted], [2, 1, 1]);
    assert.match(done.problems[0]?.message ?? '', /no answer within 1 s/);
    const untouched = (await entriesOf(url)).filter(({ attempts }) => attempts === 0);
    assert.equal(untouched.length, 19);
  });

  it('stops when its time is up, and releases the rest', async () => {
    const { url, store } = opened();
    await fill(store, 10);
    let ms = 0;
    const slow = aDestination({
      concurrency: 1,
      send: () => {
        ms += 600;
        return Promise.resolve(ACCEPTED);
      },
    });
    const terms = { now: () => AFTER_LEASE, monotonicMs: () => ms, budgetMs: 1000 };
    assert.deepEqual(await deliveringTo(store, [slow], terms), accepted(2));
    const attempts = (await entriesOf(url)).map((entry) => entry.attempts);
    assert.deepEqual(attempts.sort(), [...Array<number>(8).fill(0), 1, 1]);
  });

  it('waits longer after each attempt, and as long as a receiver asks', async () => {
    const { url, store } = opened();
    await fill(store, 1);
    const pauses: number[] = [];
    let now = AFTER_LEASE;
    const attempts = [failed('HTTP 500'), failed('HTTP 500'), unavailable('HTTP 429', 7200)];
    for (const attempt of attempts) {
      const failing = aDestination({ send: () => Promise.resolve(attempt) });
      await deliveringTo(store, [failing], { now: () => now });
      const [row] = await sql<{ next: number | string }>(
        url,
        'SELECT next_attempt_at AS next FROM kms_rotation_outbox',
      );
      pauses.push(Number(row?.next) - now);
      now = Number(row?.next);
    }
    assert.deepEqual(pauses, [60, 120, 7200]);
  });

  it('postpones everything for a receiver that asks for a pause', async () => {
    const { store } = opened();
    await fill(store, 30);
    const asking = aDestination({ send: () => Promise.resolve(unavailable('HTTP 503', 3600)) });
    await deliveringTo(store, [asking], { now: () => AFTER_LEASE });
    const got: Message[] = [];
    const earlier = () => AFTER_LEASE + 3599;
    assert.deepEqual(await deliveringTo(store, [keeping(got)], { now: earlier }), NO_DELIVERIES);
    const later = () => AFTER_LEASE + 3600;
    assert.deepEqual(await deliveringTo(store, [keeping(got)], { now: later }), accepted(30));
  });

  it('gives up what is refused, and what has failed for too long', async () => {
    const { url, store } = opened();
    await fill(store, 1);
    const refusing = aDestination({ send: () => Promise.resolve(refused('HTTP 410')) });
    const first = await deliveringTo(store, [refusing], { now: () => AFTER_LEASE });
    assert.deepEqual([first.failed, first.givenUp], [0, 1]);
    await fill(store, 2);
    const failing = aDestination({ send: () => Promise.resolve(failed('HTTP 500')) });
    const week = JANUARY + 7 * DAY;
    const second = await deliveringTo(store, [failing], { now: () => week - 1 });
    assert.deepEqual([second.failed, second.givenUp], [2, 0]);
    const third = await deliveringTo(store, [failing], { now: () => week + 60 });
    assert.deepEqual([third.failed, third.givenUp], [0, 2]);
    assert.deepEqual(
      (await entriesOf(url)).map(({ state, last_error }) => [state, last_error]),
      [
        ['given-up', 'HTTP 410'],
        ['given-up', 'HTTP 500'],
        ['given-up', 'HTTP 500'],
      ],
    );
  });

  it('gives up old notifications for a destination that is no longer configured', async () => {
    const { store } = opened();
    await fill(store, 2, { destination: 'webhook gone' });
    const week = JANUARY + 7 * DAY;
    assert.deepEqual(
      await deliveringTo(store, [aDestination()], { now: () => week }),
      NO_DELIVERIES,
    );
    const done = await deliveringTo(store, [aDestination()], { now: () => week + 1 });
    assert.equal(done.givenUp, 2);
    assert.match(done.problems[0]?.message ?? '', /no longer configured/);
  });

  it('sends the other events when one of them fails', async () => {
    const { store } = opened();
    const [bad] = await fill(store, 8);
    const send = ({ id }: Message) => Promise.resolve(id === bad ? failed('HTTP 500') : ACCEPTED);
    const picky = aDestination({ send, concurrency: 1 });
    const done = await deliveringTo(store, [picky], { now: () => AFTER_LEASE });
    assert.deepEqual([done.accepted, done.failed], [7, 1]);
  });

  const secret = new TypeError('with a secret');
  const fails = () => Promise.reject(secret);
  for (const [title, destination, broken] of [
    ['a sender that throws', aDestination({ send: fails }), {}],
    ['an outbox that gives nothing', aDestination(), { claim: fails }],
    ['an outbox that gives up nothing', null, { giveUpOthers: fails }],
  ] as const) {
    it(`reports ${title} by its class, and passes its cause on`, async () => {
      const { store } = opened();
      await fill(store, 1);
      const causes: unknown[] = [];
      const { problems } = await deliveringTo(
        store,
        [destination ?? aDestination({ name: 'other' })],
        {
          outbox: { ...store.outbox, ...broken },
          now: () => AFTER_LEASE,
          onUnexpected: ({ cause }) => causes.push(cause),
        },
      );
      const message = 'unexpected TypeError';
      assert.deepEqual(problems, [{ destination: destination?.name ?? null, message }]);
      assert.deepEqual(causes, [secret]);
    });
  }

  it('has each event accepted at least once and recorded once, for any order of crashes and retries', async function () {
    this.timeout(120_000);
    const { url, store } = opened();
    type Step = 'run' | 'crash-before-send' | 'crash-before-mark' | 'refused-once' | 'two-runs';
    const steps = fc.array(
      fc.constantFrom<Step>(
        ...(['run', 'crash-before-send', 'crash-before-mark', 'refused-once', 'two-runs'] as const),
      ),
      { maxLength: 6 },
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (order, digest) => {
        const name = `webhook ${(round += 1)}`;
        const got: Message[] = [];
        const take = (one: Message) => {
          got.push(one);
          return Promise.resolve(ACCEPTED);
        };
        let now = JANUARY;
        const ids: string[] = [];
        const run = (send: Parameters<typeof aDestination>[0], outbox = store.outbox) =>
          deliveringTo(store, [aDestination({ name, digest, concurrency: 2, ...send })], {
            outbox,
            now: () => now,
          });
        for (const step of [...order, 'run', 'run'] as const) {
          ids.push(...(await fill(store, 3, { destination: name, createdAt: now })));
          now += DAY;
          if (step === 'run') await run({ send: take });
          if (step === 'two-runs') await Promise.all([run({ send: take }), run({ send: take })]);
          if (step === 'crash-before-mark') {
            await run({ send: take }, dyingBeforeSettling(store.outbox));
          }
          if (step === 'crash-before-send') {
            const die = () => Promise.reject(new Error('killed'));
            await run({ send: die }, dyingBeforeSettling(store.outbox));
          }
          if (step === 'refused-once') await run({ send: () => Promise.resolve(failed('500')) });
        }
        now += DAY;
        await run({ send: take });
        const events = got.flatMap((message) => message.events.map(({ id }) => id));
        assert.deepEqual([...new Set(events)].sort(), [...ids].sort());
        // A receiver that ignores known message ids sees each event once.
        const messages = new Map(got.map((message) => [message.id, message]));
        const once = [...messages.values()].flatMap((message) =>
          message.events.map(({ id }) => id),
        );
        assert.equal(once.length, ids.length);
        const entries = (await entriesOf(url)).filter(({ destination }) => destination === name);
        assert.deepEqual(
          entries.map(({ state }) => state),
          ids.map(() => 'sent'),
        );
      }),
      { numRuns: 12 },
    );
  });
});

describeEachDatabase('delivery by several runs at once', (database) => {
  const storeUrl = suiteStore(database);

  it('sends nothing twice when several runs deliver at once', async () => {
    const url = storeUrl();
    const got: Message[] = [];
    const deliverAll = (store: Store) =>
      deliveringTo(store, [keeping(got)], { now: () => AFTER_LEASE });
    const ids = await withStore(url, async (store) => {
      const filled = await fill(store, 300);
      // On SQLite two connections of one process would wait for each other for ever.
      if (database.kind === 'sqlite') await Promise.all([1, 2, 3].map(() => deliverAll(store)));
      return filled;
    });
    if (database.kind !== 'sqlite') {
      await Promise.all([1, 2, 3].map(() => withStore(url, deliverAll)));
    }
    assert.deepEqual(got.map(({ id }) => id).sort(), [...ids].sort());
  });
});
