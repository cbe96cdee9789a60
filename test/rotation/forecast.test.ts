// What is ahead, by day and by week.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  bucketsOf,
  DAY_SECONDS as DAY,
  WEEK_SECONDS as WEEK,
  weeklyLapseOf,
  type Rhythm,
} from '../../src/rotation/forecast.js';

/** A Saturday, 2026-01-10T08:00:00Z. */
const NOW = 1_768_032_000;

const rhythm = (changes: Partial<Rhythm> = {}): Rhythm => ({
  uid: 'k',
  kind: 'rotation',
  first: NOW + DAY,
  interval: 30 * DAY,
  ...changes,
});

describe('a forecast', () => {
  it('counts each deadline on its day (UTC), what is overdue today', () => {
    const window = { now: NOW, until: NOW + 3 * DAY, bucketSeconds: DAY };
    const buckets = bucketsOf(
      [
        rhythm({ uid: 'overdue', first: NOW - 5 * DAY }),
        rhythm({ uid: 'tomorrow' }),
        rhythm({ uid: 'daily', interval: DAY }),
        rhythm({ uid: 'ends', kind: 'expiry', first: NOW + 2 * DAY, interval: null }),
        rhythm({ uid: 'later', first: NOW + 3 * DAY }),
      ],
      window,
    );
    assert.deepEqual(
      buckets.map(({ rotations, expiries, uids }) => [rotations, expiries, uids]),
      [
        [1, 0, ['overdue']],
        [2, 0, ['tomorrow', 'daily']],
        [1, 1, ['daily', 'ends']],
        [0, 0, []],
      ],
    );
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
      interval: fc.integer({ min: 1800, max: 90 * DAY }),
    });
    fc.assert(
      fc.property(
        deadlines,
        fc.integer({ min: 1, max: 60 * DAY }),
        ({ first, interval }, within) => {
          const until = NOW + within;
          let expected = 0;
          for (let at = Math.max(first, NOW); at < until; at += interval) expected += 1;
          for (const bucketSeconds of [DAY, WEEK]) {
            const buckets = bucketsOf([rhythm({ first, interval })], {
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
    const rhythms = Array.from({ length: 50_000 }, (_, index) =>
      rhythm({ uid: `k${index}`, interval: 365 * 365 * DAY }),
    );
    const busy = bucketsOf(rhythms, window).filter(({ rotations }) => rotations > 0);
    assert.deepEqual(
      busy.map(({ rotations, uids }) => [rotations, uids.length]),
      [0, 1, 2].map(() => [50_000, 50]),
    );
  });

  it('tells what weekly runs would miss', () => {
    const window = { now: NOW, until: NOW + 4 * WEEK, bucketSeconds: DAY };
    assert.deepEqual(weeklyLapseOf([rhythm({ first: NOW, interval: WEEK })], window), {
      keysLate: 0,
      longestLateSeconds: 0,
      rotationsMissed: 0,
    });
    const daily = weeklyLapseOf([rhythm({ first: NOW, interval: DAY })], window);
    assert.deepEqual(daily, {
      keysLate: 1,
      longestLateSeconds: 6 * DAY,
      rotationsMissed: 28 - 4,
    });
  });
});
