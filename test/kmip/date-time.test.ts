// Dates of nine integers against the table of storage format §3.2, the calendar, and JavaScript's Date.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodeDateTime,
  encodeDateTime,
  FIRST_INSTANT,
  formatInstant,
  LAST_INSTANT,
} from '../../src/kmip/date-time.js';
import { parseJson, type JsonValue } from '../../src/kmip/json.js';

const seconds = (iso: string) => Date.parse(iso) / 1000;

/** The same nine integers, by Date alone. */
function byDate(instant: number): readonly number[] {
  const date = new Date(instant * 1000);
  const iso = date.toISOString();
  const newYear = Date.parse(`${iso.slice(0, 4)}-01-01T00:00:00Z`);
  const day = Math.floor((date.getTime() - newYear) / 86_400_000) + 1;
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  return [Number(iso.slice(0, 4)), day, ...clock, 0, 0, 0, 0];
}

describe('date time', () => {
  describe('the table of storage format §3.2', () => {
    const table: [iso: string, parts: number[]][] = [
      ['2026-08-01T09:00:00Z', [2026, 213, 9, 0, 0, 0, 0, 0, 0]],
      ['2026-09-01T09:00:00Z', [2026, 244, 9, 0, 0, 0, 0, 0, 0]],
      ['2026-08-06T07:06:40Z', [2026, 218, 7, 6, 40, 0, 0, 0, 0]],
      ['2028-12-31T23:59:59Z', [2028, 366, 23, 59, 59, 0, 0, 0, 0]],
    ];
    for (const [iso, parts] of table) {
      it(`${iso} is ${JSON.stringify(parts)}`, () => {
        assert.equal(decodeDateTime(parts), seconds(iso));
        assert.deepEqual(encodeDateTime(seconds(iso)), parts);
        assert.equal(formatInstant(seconds(iso)), iso);
      });
    }

    it('Unix 1786000000 is the third of them', () => {
      assert.equal(decodeDateTime([2026, 218, 7, 6, 40, 0, 0, 0, 0]), 1_786_000_000);
    });
  });

  it('knows the first instant and the last', () => {
    assert.equal(formatInstant(FIRST_INSTANT), '0001-01-01T00:00:00Z');
    assert.equal(formatInstant(LAST_INSTANT), '9999-12-31T23:59:59Z');
  });

  it('agrees with Date on every instant of the years 1 to 9999, and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: FIRST_INSTANT, max: LAST_INSTANT }), (instant) => {
        assert.deepEqual(encodeDateTime(instant), byDate(instant));
        assert.equal(decodeDateTime(encodeDateTime(instant)), instant);
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with Date on both ends of every year', () => {
    for (let year = 1; year <= 9999; year += 1) {
      const name = String(year).padStart(4, '0');
      const first = seconds(`${name}-01-01T00:00:00Z`);
      const last = seconds(`${name}-12-31T23:59:59Z`);
      assert.deepEqual(encodeDateTime(first), byDate(first), name);
      assert.deepEqual(encodeDateTime(last), byDate(last), name);
      assert.equal(decodeDateTime(byDate(last)), last, name);
    }
  });

  it('counts 366 days in leap years alone', () => {
    const last = (year: number) => decodeDateTime([year, 366, 0, 0, 0, 0, 0, 0, 0]);
    for (const year of [4, 1600, 2000, 2024, 2028, 2400]) {
      assert.equal(last(year), seconds(`${String(year).padStart(4, '0')}-12-31T00:00:00Z`));
    }
    for (const year of [1, 1700, 1900, 2026, 2100, 2200]) assert.equal(last(year), null);
  });

  it('drops nanoseconds', () => {
    const expected = seconds('2026-01-10T08:00:07Z');
    assert.equal(decodeDateTime([2026, 10, 8, 0, 7, 613_309_285, 0, 0, 0]), expected);
    assert.equal(decodeDateTime([2026, 10, 8, 0, 7, 999_999_999, 0, 0, 0]), expected);
  });

  it('takes the offset away, whichever its sign', () => {
    const expected = seconds('2026-08-01T09:00:00Z');
    assert.equal(decodeDateTime([2026, 213, 11, 0, 0, 0, 2, 0, 0]), expected);
    assert.equal(decodeDateTime([2026, 213, 5, 29, 50, 0, -3, -30, -10]), expected);
    assert.equal(decodeDateTime([2026, 214, 0, 0, 0, 0, 15, 0, 0]), expected);
  });

  describe('refuses', () => {
    const malformed: [title: string, value: JsonValue][] = [
      ['null', null],
      ['an RFC 3339 text', '2026-08-01T09:00:00Z'],
      ['a Unix number', 1_786_000_000],
      ['a map', { 0: 2026 }],
      ['six integers', [2026, 213, 9, 0, 0, 0]],
      ['eight integers', [2026, 213, 9, 0, 0, 0, 0, 0]],
      ['ten integers', [2026, 213, 9, 0, 0, 0, 0, 0, 0, 0]],
      ['a text among nine', [2026, 213, '9', 0, 0, 0, 0, 0, 0]],
      ['a null among nine', [2026, 213, 9, 0, 0, 0, 0, 0, null]],
      ['a fraction', [2026, 213, 9, 0, 0.5, 0, 0, 0, 0]],
      ['a float that is whole', parseJson('[2026,213,9,0,0.0,0,0,0,0]').value],
      ['a bigint', [2026n, 213, 9, 0, 0, 0, 0, 0, 0]],
      ['the year 0', [0, 1, 0, 0, 0, 0, 0, 0, 0]],
      ['the year 10000', [10_000, 1, 0, 0, 0, 0, 0, 0, 0]],
      ['day 0', [2026, 0, 0, 0, 0, 0, 0, 0, 0]],
      ['day 367', [2028, 367, 0, 0, 0, 0, 0, 0, 0]],
      ['hour 24', [2026, 1, 24, 0, 0, 0, 0, 0, 0]],
      ['a negative hour', [2026, 1, -1, 0, 0, 0, 0, 0, 0]],
      ['minute 60', [2026, 1, 0, 60, 0, 0, 0, 0, 0]],
      ['second 60', [2026, 1, 0, 0, 60, 0, 0, 0, 0]],
      ['a whole second of nanoseconds', [2026, 1, 0, 0, 0, 1_000_000_000, 0, 0, 0]],
      ['an offset of 26 hours', [2026, 1, 0, 0, 0, 0, 26, 0, 0]],
      ['an offset of 60 minutes', [2026, 1, 0, 0, 0, 0, 0, -60, 0]],
      ['an offset of 60 seconds', [2026, 1, 0, 0, 0, 0, 0, 0, 60]],
    ];
    for (const [title, value] of malformed) {
      it(title, () => {
        assert.equal(decodeDateTime(value), null);
      });
    }
  });

  it('writes no instant outside the years 1 to 9999, nor a fraction of a second', () => {
    assert.deepEqual(encodeDateTime(LAST_INSTANT), [9999, 365, 23, 59, 59, 0, 0, 0, 0]);
    for (const bad of [LAST_INSTANT + 1, FIRST_INSTANT - 1, 0.5, NaN, Infinity, 2 ** 60]) {
      assert.throws(() => encodeDateTime(bad), RangeError, String(bad));
    }
  });
});
