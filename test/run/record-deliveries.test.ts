// A destination that refuses messages: who is told of it, and when it is over.
import assert from 'node:assert/strict';
import {
  ACCEPTED,
  unavailable,
  type Destination,
  type SendResult,
} from '../../src/notify/destination.js';
import type { RunContext } from '../../src/run/context.js';
import { recordDeliveries } from '../../src/run/record-deliveries.js';
import { NO_DELIVERIES } from '../../src/report/delivery-summary.js';
import { exitCodeOfReport } from '../../src/report/run-report.js';
import type { Store } from '../../src/store/store.js';
import { describeOnSqlite } from '../support/databases.js';
import { runNotifying } from '../support/notified-runs.js';
import { aDestination } from '../support/outbox.js';
import { contextOf } from '../support/run.js';
import { openSuiteStore } from '../support/suite-store.js';
import { aSymmetricKey, DAY, insertRows, JANUARY } from '../support/store.js';

const LATER = JANUARY + 365 * DAY;
const HOUR = 3600;

/** A destination, whether it takes messages, and what it was told of others. */
function receiver(name: string) {
  let answer: SendResult = ACCEPTED;
  const told: string[] = [];
  const destination = aDestination({
    name,
    digest: true,
    accepts: ({ type }) => type !== 'kms.finished',
    send: ({ events }) => {
      for (const event of answer === ACCEPTED ? events : []) {
        if (event.type !== 'kms.condition') continue;
        told.push(`${event.data.condition.telling} ${event.data.subject}: ${event.data.message}`);
      }
      return Promise.resolve(answer);
    },
  });
  const answers = (given: SendResult) => (answer = given);
  return { told, destination, answers };
}

const open = async (store: Store) =>
  (await store.openConditions()).map(({ kind, subject, reason }) => [kind, subject, reason]);

describeOnSqlite('a destination that refuses', (database) => {
  const opened = openSuiteStore(database);
  const run = (now: number, destinations: readonly Destination[]) =>
    runNotifying(opened().store, now, destinations);
  const rotateAt = async (uid: string, now: number, destinations: readonly Destination[]) => {
    await insertRows(opened().url, [aSymmetricKey({ uid })]);
    return run(now, destinations);
  };

  it('is told of to the others in the same run, and is over when a message gets through', async () => {
    const { store } = opened();
    const [mail, chat] = [receiver('mail ops'), receiver('webhook chat')];
    const both = [mail.destination, chat.destination];
    chat.answers(unavailable('connection refused'));
    const report = await rotateAt('a', LATER, both);
    assert.equal(exitCodeOfReport(report), 6);
    assert.deepEqual(report.deliveries.problems, [
      { destination: 'webhook chat', message: 'connection refused' },
    ]);
    assert.deepEqual(await open(store), [
      ['destination-refuses', 'webhook chat', 'DeliveryFailed'],
    ]);
    const isNew = 'new webhook chat: connection refused';
    assert.deepEqual([mail.told, chat.told], [[isNew], []]);
    await run(LATER + 5, both);
    assert.equal((await open(store)).length, 1, 'nothing was tried meanwhile');
    chat.answers(ACCEPTED);
    await run(LATER + HOUR, both);
    assert.deepEqual(await open(store), []);
    const over = 'over webhook chat: a message got through after 1 h';
    assert.deepEqual([mail.told, chat.told], [[isNew, over], []]);
  });

  it('is told to nobody where there is no other', async () => {
    const chat = receiver('webhook chat');
    chat.answers(unavailable('no'));
    await rotateAt('a', LATER, [chat.destination]);
    const [condition] = await opened().store.openConditions();
    assert.deepEqual([condition?.kind, condition?.told], ['destination-refuses', null]);
    chat.answers(ACCEPTED);
    await run(LATER + HOUR, [chat.destination]);
    assert.deepEqual([await open(opened().store), chat.told], [[], []]);
  });

  describe('by its settings', () => {
    const after = (now: number, changes: Partial<RunContext>, destination: string | null) =>
      recordDeliveries(contextOf(opened().store, now, changes), {
        ...NO_DELIVERIES,
        problems: destination === null ? [] : [{ destination, message: 'it has no url' }],
      });
    const named = (names: readonly string[], unusable: readonly string[] = []) => ({
      destinations: { names, unusable },
    });

    it('is over when they can be used', async () => {
      await after(LATER, named(['webhook x'], ['webhook x']), 'webhook x');
      const wrong = [['destination-refuses', 'webhook x', 'DestinationUnusable']];
      assert.deepEqual(await open(opened().store), wrong);
      await after(LATER + 1, named(['webhook x']), null);
      assert.deepEqual(await open(opened().store), []);
    });

    it('is over a week after the last configuration had it, as another host may have others', async () => {
      await after(LATER, named(['webhook x']), 'webhook x');
      await after(LATER + 6 * DAY, named(['mail y']), null);
      assert.equal((await open(opened().store)).length, 1);
      await after(LATER + 7 * DAY, named(['mail y']), null);
      assert.deepEqual(await open(opened().store), []);
    });
  });

  it('is kept under a name that the outbox takes, however long it is', async () => {
    const name = `mail ${'a'.repeat(200)}@example.org`;
    const [mail, other] = [receiver(name), receiver('webhook other')];
    mail.answers(unavailable('no'));
    await rotateAt('a', LATER, [mail.destination, other.destination]);
    mail.answers(ACCEPTED);
    await run(LATER + HOUR, [mail.destination, other.destination]);
    assert.deepEqual(
      other.told.map((one) => one.split(' ')[0]),
      ['new', 'over'],
    );
    assert.deepEqual(mail.told, []);
  });
});
