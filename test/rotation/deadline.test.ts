// Deadlines by each of the four rules, due to the second, and what has no deadline (design §3.1,
// storage format §7.1).
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FIRST_INSTANT, LAST_INSTANT } from '../../src/kmip/date-time.js';
import type { RotationPolicy } from '../../src/kmip/rotation-policy.js';
import { deadlineOf, FIRST_DEADLINE_RULES, isDue } from '../../src/rotation/deadline.js';
import { DAY, JANUARY } from '../support/symmetric-keys.js';

const NEVER_ROTATED: RotationPolicy = {
  intervalSeconds: 30 * DAY,
  rotateDate: null,
  initialDate: JANUARY,
  offsetSeconds: null,
};

const policy = (changes: Partial<RotationPolicy>) => ({ ...NEVER_ROTATED, ...changes });

describe('deadline', () => {
  describe('the four rules (design §3.1)', () => {
    const rotated = { rotateDate: JANUARY + 100 * DAY, initialDate: null };
    const both = { rotateDate: JANUARY + 100 * DAY, offsetSeconds: 5 * DAY };
    const offset = (days: number) => ({ offsetSeconds: days * DAY });
    for (const [title, changes, first, days, rule] of [
      ['rotated', rotated, 'offset', 130, 'rotate-date+interval'],
      ['rotated', rotated, 'offset+interval', 130, 'rotate-date+interval'],
      ['rotated, with all else there', both, 'offset', 130, 'rotate-date+interval'],
      ['offset', offset(5), 'offset', 5, 'initial-date+offset'],
      ['offset 0', offset(0), 'offset', 0, 'initial-date+offset'],
      ['negative offset', offset(-5), 'offset', -5, 'initial-date+offset'],
      ['no offset', {}, 'offset', 30, 'initial-date+interval'],
      ['negative offset', offset(-5), 'offset+interval', 25, 'initial-date+offset+interval'],
      ['offset', offset(5), 'offset+interval', 35, 'initial-date+offset+interval'],
      ['offset 0', offset(0), 'offset+interval', 30, 'initial-date+offset+interval'],
      ['no offset', {}, 'offset+interval', 30, 'initial-date+offset+interval'],
    ] as const) {
      it(`${title}, first_deadline = "${first}": ${rule}`, () => {
        const expected = { at: JANUARY + days * DAY, rule };
        assert.deepEqual(deadlineOf(policy(changes), first), expected);
      });
    }
  });

  describe('the last second of the year 9999 bounds', () => {
    const intervalSeconds = LAST_INSTANT - 1;
    for (const [title, date, changes, first] of [
      ['Rotate Date and interval', 'rotateDate', { intervalSeconds }, 'offset'],
      ['Initial Date and interval', 'initialDate', { intervalSeconds }, 'offset'],
      ['Initial Date and offset', 'initialDate', { offsetSeconds: LAST_INSTANT - 1 }, 'offset'],
      [
        ...(['all three', 'initialDate'] as const),
        ...([{ offsetSeconds: 2, intervalSeconds: LAST_INSTANT - 3 }, 'offset+interval'] as const),
      ],
    ] as const) {
      it(title, () => {
        const at = (instant: number) => deadlineOf(policy({ ...changes, [date]: instant }), first);
        assert.equal(at(1).at, LAST_INSTANT);
        assert.throws(() => at(2), { reason: 'Undecidable' });
      });
    }
  });

  const far = 2 ** 53 - 1;
  for (const [title, changes] of [
    ['no date', { initialDate: null }],
    ['no date but an offset', { initialDate: null, offsetSeconds: 0 }],
    ['an interval longer than the calendar', { intervalSeconds: LAST_INSTANT + 1 }],
    ['such an interval, with an offset near by', { intervalSeconds: far, offsetSeconds: 1 }],
    ['an offset longer than the calendar', { offsetSeconds: far }],
    ['an offset before the year 1', { offsetSeconds: FIRST_INSTANT - JANUARY - 31 * DAY }],
    ['a negative offset longer than the calendar', { offsetSeconds: -far }],
  ] as const) {
    for (const first of FIRST_DEADLINE_RULES) {
      it(`has no deadline by ${first}: ${title}`, () => {
        assert.throws(() => deadlineOf(policy(changes), first), { reason: 'Undecidable' });
      });
    }
  }

  it('has the first second of the year 1 as its earliest deadline', () => {
    const earliest = policy({ offsetSeconds: FIRST_INSTANT - JANUARY });
    assert.equal(deadlineOf(earliest, 'offset').at, FIRST_INSTANT);
  });

  it('is due from the very second of its deadline on', () => {
    assert.equal(isDue(JANUARY, JANUARY - 1), false);
    assert.equal(isDue(JANUARY, JANUARY), true);
    assert.equal(isDue(JANUARY, JANUARY + 1), true);
  });

  describe('properties', () => {
    const instant = fc.integer({ min: 0, max: 4_000_000_000 });
    const length = fc.integer({ min: 1, max: 4_000_000_000 });
    const dated = fc.record({
      rotateDate: fc.option(instant),
      initialDate: instant,
      offsetSeconds: fc.option(fc.integer({ min: -4_000_000_000, max: 4_000_000_000 })),
    });
    const first = fc.constantFrom(...FIRST_DEADLINE_RULES);

    it('a deadline never moves back when the interval grows', () => {
      fc.assert(
        fc.property(dated, length, length, first, (dates, a, b, rule) => {
          const shorter = deadlineOf({ ...dates, intervalSeconds: Math.min(a, b) }, rule);
          const longer = deadlineOf({ ...dates, intervalSeconds: Math.max(a, b) }, rule);
          assert.ok(longer.at >= shorter.at);
          assert.equal(longer.rule, shorter.rule);
        }),
      );
    });

    it('"offset" is never later than "offset+interval", which the index relies on (design §10)', () => {
      fc.assert(
        fc.property(dated, length, (dates, intervalSeconds) => {
          const armed = { ...dates, intervalSeconds };
          assert.ok(deadlineOf(armed, 'offset').at <= deadlineOf(armed, 'offset+interval').at);
        }),
      );
    });
  });
});
