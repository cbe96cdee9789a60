// What is ahead, by day and by week.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bucketsOf, weeklyDelayOf, type Recurrence } from '../../src/rotation/forecast.js';
import { DAY_SECONDS as DAY, WEEK_SECONDS as WEEK } from '../../src/text/duration.js';
import { valuesOf } from '../support/values-of.js';

/** A Saturday, 2026-01-10T08:00:00Z. */
const NOW = 1_768_032_000;

const recurrence = (changes: Partial<Recurrence> = {}): Recurrence => ({
  uid: 'k',
  kind: 'rotation',
  first: NOW + DAY,
  intervalSeconds: 30 * DAY,
  ...changes,
});

describe('a forecast', () => {
  it('counts each deadline on its day (UTC), what is overdue today', () => {
    const window = { now: NOW, until: NOW + 3 * DAY, bucketSeconds: DAY };
    const buckets = bucketsOf(
      [
        recurrence({ uid: 'overdue', first: NOW - 5 * DAY }),
        recurrence({ uid: 'tomorrow' }),
        recurrence({ uid: 'daily', intervalSeconds: DAY }),
        recurrence({ uid: 'ends', kind: 'expiry', first: NOW + 2 * DAY, intervalSeconds: null }),
        recurrence({ uid: 'later', first: NOW + 3 * DAY }),
      ],
      window,
    );
    assert.deepEqual(valuesOf(buckets, 'rotations', 'expiries', 'uids'), [
      [1, 0, ['overdue']],
      [2, 0, ['tomorrow', 'daily']],
      [1, 1, ['daily', 'ends']],
      [0, 0, []],
    ]);
    assert.ok(buckets.every(({ start }) => start % DAY === 0));
  });

  it('has weeks that begin on Monday', () => {
    const buckets = bucketsOf([], { now: NOW, until: NOW + WEEK, bucketSeconds: WEEK });
    const days = buckets.map(({ start }) => new Date(start * 1000).toISOString());
    assert.deepEqual(days, ['2026-01-05T00:00:00.000Z', '2026-01-12T00:00:00.000Z']);
  });

  it('loses none and doubles none, whatever the size of its days', () => {
    const deadlines = fc.record({
      first: fc.integer({ min: NOW - 40 * DAY, max: NOW + 40 * DAY }),
      intervalSeconds: fc.integer({ min: 1800, max: 90 * DAY }),
    });
    fc.assert(
      fc.property(
        deadlines,
        fc.integer({ min: 1, max: 60 * DAY }),
        ({ first, intervalSeconds }, within) => {
          const until = NOW + within;
          let expected = 0;
          for (let at = Math.max(first, NOW); at < until; at += intervalSeconds) expected += 1;
          for (const bucketSeconds of [DAY, WEEK]) {
            const buckets = bucketsOf([recurrence({ first, intervalSeconds })], {
              now: NOW,
              until,
              bucketSeconds,
            });
            assert.equal(
              buckets.reduce((sum, { rotations }) => sum + rotations, 0),
              expected,
            );
          }
        },
      ),
    );
  });

  it('takes no longer for days in which nothing falls due', () => {
    const window = { now: NOW, until: NOW + 1000 * 365 * DAY, bucketSeconds: DAY };
    // Looked for in each of the days, these would take hours.
    const recurrences = Array.from({ length: 50_000 }, (_, index) =>
      recurrence({ uid: `k${index}`, intervalSeconds: 365 * 365 * DAY }),
    );
    const busy = bucketsOf(recurrences, window).filter(({ rotations }) => rotations > 0);
    assert.deepEqual(
      busy.map(({ rotations, uids }) => [rotations, uids.length]),
      [0, 1, 2].map(() => [50_000, 50]),
    );
  });

  it('tells what weekly runs would miss', () => {
    const window = { now: NOW, until: NOW + 4 * WEEK, bucketSeconds: DAY };
    assert.deepEqual(weeklyDelayOf([recurrence({ first: NOW, intervalSeconds: WEEK })], window), {
      keysLate: 0,
      longestLateSeconds: 0,
      rotationsMissed: 0,
    });
    const daily = weeklyDelayOf([recurrence({ first: NOW, intervalSeconds: DAY })], window);
    assert.deepEqual(daily, {
      keysLate: 1,
      longestLateSeconds: 6 * DAY,
      rotationsMissed: 28 - 4,
    });
  });
});
