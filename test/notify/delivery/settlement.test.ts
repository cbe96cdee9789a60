// What becomes of a notification after an attempt, as a table: result, age and number of attempts to settlement.
import assert from 'node:assert/strict';
import { retryDelaySeconds, settlementOf } from '../../../src/notify/delivery/settlement.js';
import {
  ACCEPTED,
  failed,
  refused,
  unavailable,
  type SendResult,
} from '../../../src/notify/destination.js';
import type { Settlement } from '../../../src/store/own/outbox.js';

const NOW = 1_000_000;
const WEEK = 7 * 86_400;

const sent: Settlement = { state: 'sent', at: NOW };
const givenUp = (error: string): Settlement => ({ state: 'given-up', at: NOW, error });
const retriedAfter = (seconds: number, error: string): Settlement => ({
  state: 'waiting',
  nextAttemptAt: NOW + seconds,
  error,
});

type Row = readonly [
  what: string,
  result: SendResult,
  given: { readonly age: number; readonly attempts: number },
  settlement: Settlement,
];

const ROWS: readonly Row[] = [
  ['accepted', ACCEPTED, { age: 0, attempts: 1 }, sent],
  ['accepted late', ACCEPTED, { age: 2 * WEEK, attempts: 40 }, sent],
  ['refused', refused('HTTP 410'), { age: 0, attempts: 1 }, givenUp('HTTP 410')],
  ['failed once', failed('HTTP 500'), { age: 0, attempts: 1 }, retriedAfter(60, 'HTTP 500')],
  ['failed twice', failed('HTTP 500'), { age: 0, attempts: 2 }, retriedAfter(120, 'HTTP 500')],
  [
    'failed a second before the limit',
    failed('HTTP 500'),
    { age: WEEK - 1, attempts: 2 },
    retriedAfter(120, 'HTTP 500'),
  ],
  ['failed at the limit', failed('HTTP 500'), { age: WEEK, attempts: 2 }, givenUp('HTTP 500')],
  [
    'unavailable at the limit, whatever pause it asks for',
    unavailable('HTTP 503', 30),
    { age: WEEK, attempts: 2 },
    givenUp('HTTP 503'),
  ],
  [
    'unavailable without a pause',
    unavailable('no answer'),
    { age: 0, attempts: 3 },
    retriedAfter(240, 'no answer'),
  ],
  [
    'unavailable with a pause longer than ours',
    unavailable('HTTP 503', 7200),
    { age: 0, attempts: 1 },
    retriedAfter(7200, 'HTTP 503'),
  ],
  [
    'unavailable with a pause shorter than ours',
    unavailable('HTTP 503', 1),
    { age: 0, attempts: 1 },
    retriedAfter(60, 'HTTP 503'),
  ],
  [
    'failed with a long error, which is cut',
    failed('x'.repeat(600)),
    { age: 0, attempts: 1 },
    retriedAfter(60, 'x'.repeat(500)),
  ],
];

describe('the settlement of a notification', () => {
  for (const [what, result, { age, attempts }, settlement] of ROWS) {
    it(`${what}: ${settlement.state}`, () => {
      const notification = { createdAt: NOW - age, attempts };
      const options = { now: NOW, giveUpAfterSeconds: WEEK };
      assert.deepEqual(settlementOf(result, notification, options), settlement);
    });
  }
});

describe('the delay before the next attempt', () => {
  it('doubles from a minute up to six hours', () => {
    const delays = [1, 2, 3, 8, 9, 10, 11, 100, 10_000].map((n) => retryDelaySeconds(n, null));
    assert.deepEqual(delays, [60, 120, 240, 7680, 15_360, 21_600, 21_600, 21_600, 21_600]);
  });

  it('is what the receiver asks for if that is longer, but never above a day', () => {
    assert.equal(retryDelaySeconds(1, 61), 61);
    assert.equal(retryDelaySeconds(1, 59), 60);
    assert.equal(retryDelaySeconds(1, 10 * 86_400), 86_400);
  });
});
