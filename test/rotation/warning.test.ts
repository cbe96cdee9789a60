// When a deadline is near enough to warn of it: the boundaries, to the second, and which thresholds count.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  lookaheadSeconds,
  overlapWarning,
  warningOf,
  type UpcomingDeadline,
  type WarningOptions,
} from '../../src/rotation/warning.js';

const DAY = 86_400;
const NOW = 1_768_032_000;

const TERMS: WarningOptions = { now: NOW, thresholdDays: [30, 7, 1], withinSeconds: null };

function warn(
  secondsLeft: number,
  term: Partial<UpcomingDeadline> = {},
  terms: Partial<WarningOptions> = {},
) {
  const deadline = NOW + secondsLeft;
  const staysWhenPassed = term.kind === 'expiry';
  const usual = { kind: 'rotation', deadline, spanSeconds: 365 * DAY, staysWhenPassed } as const;
  const full: UpcomingDeadline = { ...usual, ...term };
  const warning = warningOf(full, { ...TERMS, ...terms });
  return warning === null ? null : [warning.daysLeft, warning.thresholdDays];
}

describe('the warning of a deadline', () => {
  const boundaries: readonly (readonly [left: number, expected: readonly number[] | null])[] = [
    [31 * DAY, null],
    [30 * DAY + 1, null],
    [30 * DAY, [30, 30]],
    [29 * DAY + 1, [30, 30]],
    [7 * DAY + 1, [8, 30]],
    [7 * DAY, [7, 7]],
    [DAY + 1, [2, 7]],
    [DAY, [1, 1]],
    [1, [1, 1]],
  ];
  for (const [left, expected] of boundaries) {
    it(`has ${JSON.stringify(expected)} days and threshold ${left} seconds before it`, () => {
      assert.deepEqual(warn(left), expected);
      assert.deepEqual(warn(left, { kind: 'expiry' }), expected);
    });
  }

  it('is none from the second of a rotation on: that key is due', () => {
    assert.equal(warn(0), null);
    assert.equal(warn(-DAY), null);
  });

  it('stays after a certificate’s end, with 0 days or less, never -0', () => {
    assert.deepEqual(warn(0, { kind: 'expiry' }), [0, 1]);
    assert.ok(Object.is(warn(-1, { kind: 'expiry' })?.[0], 0));
    assert.deepEqual(warn(-DAY, { kind: 'expiry' }), [-1, 1]);
    assert.deepEqual(warn(-DAY, { kind: 'expiry', spanSeconds: 3600 }), [-1, 1]);
  });

  it('stays after the deadline of a key that no run rotates', () => {
    assert.deepEqual(warn(0, { staysWhenPassed: true }), [0, 1]);
    assert.deepEqual(warn(-2 * DAY, { staysWhenPassed: true, spanSeconds: DAY }), [-2, 1]);
  });

  it('counts only thresholds that are shorter than the interval', () => {
    assert.deepEqual(warn(5 * DAY, { spanSeconds: 30 * DAY }), [5, 7]);
    assert.equal(warn(20 * DAY, { spanSeconds: 30 * DAY }), null);
    assert.deepEqual(warn(20 * DAY, { spanSeconds: 30 * DAY + 1 }), [20, 30]);
    assert.equal(warn(1, { spanSeconds: DAY }), null);
  });

  it('takes thresholds in any order, and is none without any', () => {
    assert.deepEqual(warn(5 * DAY, {}, { thresholdDays: [1, 30, 7, 7] }), [5, 7]);
    assert.equal(warn(5 * DAY, {}, { thresholdDays: [] }), null);
    assert.equal(warn(-DAY, { kind: 'expiry' }, { thresholdDays: [] }), null);
  });

  it('looks just as far as it is told, and gives no threshold to what none has come to', () => {
    const within = (days: number) => ({ withinSeconds: days * DAY });
    assert.deepEqual(warn(60 * DAY, {}, within(60)), [60, null]);
    assert.equal(warn(60 * DAY + 1, {}, within(60)), null);
    assert.equal(warn(20 * DAY, {}, within(10)), null);
    assert.deepEqual(warn(5 * DAY, {}, within(10)), [5, 7]);
    assert.deepEqual(warn(20 * DAY, { spanSeconds: 30 * DAY }, within(60)), [20, null]);
    assert.equal(lookaheadSeconds({ ...TERMS, ...within(60) }), 60 * DAY);
    assert.equal(lookaheadSeconds(TERMS), 30 * DAY);
  });

  it('never has a threshold below the days left, nor a larger one than it need be', () => {
    const days = fc.integer({ min: 1, max: 400 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 * DAY }),
        fc.array(days, { minLength: 1, maxLength: 6 }),
        days,
        (left, thresholdDays, span) => {
          const got = warn(left, { spanSeconds: span * DAY }, { thresholdDays });
          const fitting = thresholdDays.filter((one) => one < span && left <= one * DAY);
          const expected = [Math.ceil(left / DAY), Math.min(...fitting)];
          assert.deepEqual(got, fitting.length === 0 ? null : expected);
        },
      ),
    );
  });

  it('of the end of an overlap is one alone, a day before, and none if no warnings are wanted', () => {
    const days = (secondsLeft: number, terms: Partial<WarningOptions> = {}) => {
      const warning = overlapWarning({ endsAt: NOW + secondsLeft }, { ...TERMS, ...terms });
      return warning === null ? null : [warning.daysLeft, warning.thresholdDays];
    };
    assert.deepEqual(days(DAY + 1), null);
    assert.deepEqual(days(DAY), [1, 1]);
    assert.deepEqual(days(0), null);
    assert.deepEqual(days(DAY, { thresholdDays: [] }), null);
    assert.deepEqual(days(3 * DAY, { withinSeconds: 3 * DAY }), [3, null]);
  });
});
