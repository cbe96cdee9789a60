// What mails and chats say of events: the most urgent first, and failures of one cause on one line.
import assert from 'node:assert/strict';
import { conditionData, failedEvent } from '../../src/report/condition-events.js';
import type { KmsEvent } from '../../src/report/events.js';
import type { Telling } from '../../src/conditions/decide.js';
import { eventDigest } from '../../src/notify/event-digest.js';
import { anOrigin, condition, failure, finished, recovered, rotated } from '../support/events.js';
import { DAY, JANUARY } from '../support/symmetric-keys.js';

const about = { owner: 'ops', objectType: null, algorithm: null, tags: [] };

function under(uid: string, telling: Telling = 'new', kek = 'kek'): KmsEvent {
  const message = `the wrapping key ${kek} of ${JSON.stringify(uid)} is missing`;
  const error = { reason: 'WrappingKeyMissing', message, uid } as const;
  const condition = { id: '01234567', kind: 'rotation-failed', failures: 288 } as const;
  const data = conditionData({ ...condition, firstSeenAt: JANUARY - 3 * DAY }, telling);
  return failedEvent(anOrigin(), { uid, objectSummary: about, flow: 'wrapped', error }, data);
}

const many = (count: number, kek?: string) =>
  Array.from({ length: count }, (_, index) => under(`dek-${index}`, 'new', kek));

const lines = (events: readonly KmsEvent[]) =>
  eventDigest(events).lines.map(({ what, uid, detail }) => `${what}: ${uid}: ${detail}`);

describe('a digest', () => {
  it('has one line for all failures of one cause, with the first uids and the number of others', () => {
    const {
      title,
      lines: shown,
      more,
    } = eventDigest([rotated(), ...many(400), under('x', 'new', 'other')]);
    assert.deepEqual(
      shown.map(({ uid }) => uid),
      ['dek-0, dek-1, dek-2 and 397 more', 'x', 'key-1'],
    );
    assert.match(title, /^401 failed, 1 rotated /);
    assert.equal(more, 0);
  });

  it('has a line for each of a few, and counts what has none', () => {
    assert.equal(lines(many(3)).length, 3);
    const different = Array.from({ length: 250 }, (_, index) => under('x', 'new', `kek-${index}`));
    assert.deepEqual([lines(different).length, eventDigest(different).more], [200, 50]);
  });

  it('says how long a failure has lasted, and how it ended', () => {
    const why = 'WrappingKeyMissing: the wrapping key kek of "x" is missing';
    assert.deepEqual(
      lines([under('x'), under('x', 'reminder'), under('x', 'changed'), recovered()]),
      [
        `failed: x: ${why}`,
        `still failing: x: for 3 d, 288 times: ${why}`,
        `failed: x: for 3 d, 288 times, now ${why}`,
        'recovered: key-1: rotated after 12 failures in 3 d (WrappingCycle)',
      ],
    );
  });

  it('shows the end of the last of many runs, and how many there were', () => {
    const { title, lines: shown, more } = eventDigest([finished(), finished(), finished()]);
    assert.match(title, /^3 runs finished /);
    assert.deepEqual([shown.length, more], [1, 2]);
  });

  it('has the heads that all runs left in the log', () => {
    const head = (chain: string) => ({ chain, seq: 3, hash: chain.repeat(4) });
    assert.deepEqual(lines([finished([head('aa'), head('bb')]), finished([head('cc')])]), [
      'run finished: –: 0 rotated, 0 failed, exit code 0, audit heads aa:3:aaaaaaaa bb:3:bbbbbbbb cc:3:cccccccc',
    ]);
    const many = Array.from({ length: 18 }, () => head('dd'));
    assert.match(String(lines([finished(many)])), / dd:3:dddddddd and 2 more$/);
  });

  it('says which run did not come, and that it came', () => {
    assert.deepEqual(lines([condition(), condition('over')]), [
      'no run: shard 0/2: no good run for shard 0/2 came; look at the schedule',
      'run came: shard 0/2: a good run came after 3 d',
    ]);
    const titles = (['new', 'over'] as const).map((one) => eventDigest([condition(one)]).title);
    assert.deepEqual(titles, [
      'runs are missing (test-store on test-host)',
      'runs came again (test-store on test-host)',
    ]);
  });

  it('has a word for each kind of fault, and names one that lasts before one that is over', () => {
    const title = (...events: readonly KmsEvent[]) => eventDigest(events).title.split(' (')[0];
    const store = condition('new', 'store-health');
    const [refuses, delivered] = (['new', 'over'] as const).map((telling) =>
      condition(telling, 'destination-refuses'),
    );
    assert.deepEqual(
      [title(refuses!, delivered!), title(delivered!), title(delivered!, store)],
      [
        'messages are not delivered',
        'messages are delivered again',
        'the store has a fault, messages are delivered again',
      ],
    );
  });

  it('shows a failure of an object that was named as it is', () => {
    assert.deepEqual(lines([failure()]), [
      'failed: key-1: WrappingCycle: it wraps itself; look at it',
    ]);
  });
});
