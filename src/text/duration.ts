// Durations as operators write and read them.
import { KmsError } from '../errors.js';

export const DAY_SECONDS = 86_400;
export const WEEK_SECONDS = 7 * DAY_SECONDS;

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: DAY_SECONDS,
  w: WEEK_SECONDS,
  y: 365 * DAY_SECONDS,
};

/** One thousand years: the longest duration that kms accepts. */
export const MAX_DURATION_SECONDS = 1000 * 365 * 86_400;

/** What a duration is, for hints. A number without a unit is refused: `5` was meant as five days once too often. */
export const DURATION_FORM =
  'a number and its unit: 30s, 10m (minutes), 12h, 30d, 8w or 1y (365 days); 0 needs none';

/** The same as a regular expression, for JSON Schema. */
export const DURATION_PATTERN = '^(0+|\\d+[smhdwy])$';

/**
 * Returns the seconds of `30s`, `10m`, `12h`, `30d`, `8w`, `1y` (365 days) or `0`.
 *
 * @throws KmsError InvalidArgument
 */
export function parseDuration(text: string): number {
  const groups = /^(?<count>\d+)(?<unit>[smhdwy]?)$/.exec(text)?.groups;
  const count = Number(groups?.['count']);
  const unit = groups?.['unit'] ?? '';
  const seconds = count === 0 ? 0 : count * (UNIT_SECONDS[unit] ?? NaN);
  if (seconds <= MAX_DURATION_SECONDS) return seconds;
  const quoted = JSON.stringify(text);
  if (groups !== undefined && unit === '') throw wrong(`${quoted} has no unit`);
  if (seconds > MAX_DURATION_SECONDS) throw wrong(`${quoted} is longer than 1000y`);
  throw wrong(`${quoted} is not a duration`);
}

function wrong(message: string): KmsError {
  return new KmsError('InvalidArgument', message, { hint: `write ${DURATION_FORM}` });
}

/** Returns an exact duration as operators write it: `90d`, `36h`, `61s`, `0`. */
export function exactDuration(seconds: number): string {
  if (seconds === 0) return '0';
  const unit = (['d', 'h', 'm'] as const).find((name) => seconds % (UNIT_SECONDS[name] ?? 1) === 0);
  return unit === undefined ? `${seconds}s` : `${seconds / (UNIT_SECONDS[unit] ?? 1)}${unit}`;
}

/** Returns a duration in its two largest units: `3 d`, `2 y 40 d`, `5 min`. */
export function formatDuration(seconds: number): string {
  const steps: readonly (readonly [unit: string, size: number])[] = [
    ['y', 365 * DAY_SECONDS],
    ['d', DAY_SECONDS],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  const first = steps.findIndex(([, size]) => seconds >= size);
  if (first === -1) return '0 s';
  const parts: string[] = [];
  let rest = seconds;
  for (const [unit, size] of steps.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest -= count * size;
  }
  return parts.join(' ');
}

/** Returns how far a deadline is from now: `3 d overdue`, `in 5 h`, `now`. */
export function formatDistance(deadlineAt: number, now: number): string {
  if (deadlineAt === now) return 'now';
  const text = formatDuration(Math.abs(deadlineAt - now));
  return deadlineAt < now ? `${text} overdue` : `in ${text}`;
}
