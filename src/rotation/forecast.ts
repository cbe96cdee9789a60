// When keys will be rotated and certificates end, if runs go on as their policies want: pure arithmetic over
// deadlines. Which keys there are, survey.ts finds.
import type { EpochSeconds } from '../kmip/date-time.js';

export const DAY_SECONDS = 86_400;
export const WEEK_SECONDS = 7 * DAY_SECONDS;

/** A key's deadlines from its first on. */
export interface Recurrence {
  readonly uid: string;
  readonly kind: 'rotation' | 'expiry';
  readonly first: EpochSeconds;
  /** Seconds between two; null if there is but one. */
  readonly intervalSeconds: number | null;
}

/** What falls into one day or week. */
export interface Bucket {
  readonly start: EpochSeconds;
  readonly rotations: number;
  readonly expiries: number;
  /** Those that fall into it for the first time, so many at most. */
  readonly uids: readonly string[];
}

export interface ForecastWindow {
  readonly now: EpochSeconds;
  readonly until: EpochSeconds;
  /** DAY_SECONDS or WEEK_SECONDS. */
  readonly bucketSeconds: number;
}

/** What would come late if runs happened but once a week, from now on. */
export interface WeeklyDelay {
  readonly keysLate: number;
  readonly longestLateSeconds: number;
  readonly rotationsMissed: number;
}

/** A day's list need not name thousands. */
const MOST_UIDS = 50;

/** The first of January 1970 was a Thursday; weeks begin on Monday. */
const FIRST_MONDAY = 4 * DAY_SECONDS;

/** Returns the days or weeks (UTC) from now to the end of the window, each with what falls into it. */
export function bucketsOf(
  recurrences: readonly Recurrence[],
  window: ForecastWindow,
): readonly Bucket[] {
  const { now, until, bucketSeconds } = window;
  const starts = startsOf(window);
  const buckets = starts.map((start) => ({
    start,
    rotations: 0,
    expiries: 0,
    uids: [] as string[],
  }));
  for (const { uid, kind, first: planned, intervalSeconds } of recurrences) {
    // What is overdue is done by the next run.
    let deadline = Math.max(planned, now);
    while (deadline < until) {
      const bucket = buckets[Math.floor((deadline - (starts[0] ?? 0)) / bucketSeconds)];
      if (bucket === undefined) break;
      const end = Math.min(bucket.start + bucketSeconds, until);
      const count = countWithin({ first: deadline, intervalSeconds }, deadline, end);
      if (kind === 'rotation') bucket.rotations += count;
      else bucket.expiries += count;
      if (bucket.uids.length < MOST_UIDS) bucket.uids.push(uid);
      deadline += count * (intervalSeconds ?? Infinity);
    }
  }
  return buckets;
}

/** Returns what weekly runs would miss of these recurrences. */
export function weeklyDelayOf(
  recurrences: readonly Recurrence[],
  { now, until }: ForecastWindow,
): WeeklyDelay {
  let [keysLate, longestLateSeconds, rotationsMissed] = [0, 0, 0];
  for (const { kind, first: planned, intervalSeconds } of recurrences) {
    if (kind !== 'rotation' || intervalSeconds === null) continue;
    const first = Math.max(planned, now);
    const wanted = countWithin({ first, intervalSeconds }, now, until);
    let [done, longest] = [0, 0];
    for (let deadline = first; deadline < until;) {
      const run = now + Math.ceil((deadline - now) / WEEK_SECONDS) * WEEK_SECONDS;
      longest = Math.max(longest, run - deadline);
      if (run < until) done += 1;
      deadline = run + intervalSeconds;
    }
    if (longest > DAY_SECONDS) keysLate += 1;
    longestLateSeconds = Math.max(longestLateSeconds, longest);
    rotationsMissed += Math.max(0, wanted - done);
  }
  return { keysLate, longestLateSeconds, rotationsMissed };
}

/** Counts the deadlines of a recurrence from one instant on to before another. */
function countWithin(
  { first, intervalSeconds }: Pick<Recurrence, 'first' | 'intervalSeconds'>,
  from: EpochSeconds,
  to: EpochSeconds,
): number {
  if (to <= from) return 0;
  if (intervalSeconds === null) return first >= from && first < to ? 1 : 0;
  const before = (instant: EpochSeconds) =>
    Math.max(0, Math.ceil((instant - first) / intervalSeconds));
  return before(to) - before(from);
}

function startsOf({ now, until, bucketSeconds }: ForecastWindow): readonly EpochSeconds[] {
  const origin = bucketSeconds === WEEK_SECONDS ? FIRST_MONDAY : 0;
  const first = now - ((((now - origin) % bucketSeconds) + bucketSeconds) % bucketSeconds);
  const starts: EpochSeconds[] = [];
  for (let start = first; start < until; start += bucketSeconds) starts.push(start);
  return starts;
}
