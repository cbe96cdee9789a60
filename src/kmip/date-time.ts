// KMIP Date-Time as the store writes it: nine integers, [year, day of the year, hour, minute, second,
// nanosecond, offset hours, offset minutes, offset seconds] (storage format §3.2).
import { isJsonArray, type JsonValue } from './json.js';

/** An instant in whole seconds since 1970-01-01T00:00:00Z. */
export type EpochSeconds = number;

/** 0001-01-01T00:00:00Z, the first instant that the store's format can hold. */
export const FIRST_INSTANT: EpochSeconds = -62_135_596_800;

/** 9999-12-31T23:59:59Z, the last instant that the store's format can hold. */
export const LAST_INSTANT: EpochSeconds = 253_402_300_799;

const DAY_SECONDS = 86_400;

/**
 * Returns the instant of nine integers, nanoseconds dropped, offset honoured; null if they are no
 * date between the years 1 and 9999.
 */
export function decodeDateTime(value: JsonValue): EpochSeconds | null {
  if (!isJsonArray(value) || value.length !== 9) return null;
  const parts = value.filter((part): part is number => typeof part === 'number');
  const [year, day, hour, minute, second, nanos, offsetHours, offsetMinutes, offsetSeconds] = parts;
  if (offsetSeconds === undefined) return null;
  const valid =
    within(year, 1, 9999) &&
    within(day, 1, isLeapYear(year) ? 366 : 365) &&
    within(hour, 0, 23) &&
    within(minute, 0, 59) &&
    within(second, 0, 59) &&
    within(nanos, 0, 999_999_999) &&
    within(offsetHours, -25, 25) &&
    within(offsetMinutes, -59, 59) &&
    within(offsetSeconds, -59, 59);
  if (!valid) return null;
  const clock = hour * 3600 + minute * 60 + second;
  const offset = offsetHours * 3600 + offsetMinutes * 60 + offsetSeconds;
  return dayNumber(year, day) * DAY_SECONDS + clock - offset;
}

/**
 * Returns the nine integers of an instant, in UTC and without nanoseconds.
 *
 * @throws RangeError past the year 9999.
 */
export function encodeDateTime(instant: EpochSeconds): readonly number[] {
  if (!Number.isSafeInteger(instant) || instant > LAST_INSTANT || instant < FIRST_INSTANT) {
    throw new RangeError(`no date of the years 1 to 9999: ${instant}`);
  }
  const date = new Date(instant * 1000);
  const year = date.getUTCFullYear();
  const day = Math.floor(instant / DAY_SECONDS) - dayNumber(year, 1) + 1;
  return [year, day, date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), 0, 0, 0, 0];
}

/** Returns an instant as ISO 8601, UTC, to the second. */
export function formatInstant(instant: EpochSeconds): string {
  return new Date(instant * 1000).toISOString().replace('.000Z', 'Z');
}

function within(value: number | undefined, least: number, most: number): value is number {
  return Number.isInteger(value) && value !== undefined && value >= least && value <= most;
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Days from 1970-01-01 to a day of a year; the dialects in store/ have the same formula in SQL. */
function dayNumber(year: number, dayOfYear: number): number {
  const leapDays =
    Math.floor((year - 1969) / 4) -
    Math.floor((year - 1901) / 100) +
    Math.floor((year - 1601) / 400);
  return (year - 1970) * 365 + leapDays + dayOfYear - 1;
}
