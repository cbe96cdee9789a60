// When keys will be rotated and certificates will end, if runs keep to the policies: pure arithmetic over deadlines.
// views/forecast/forecast.ts finds the keys.
import type { EpochSeconds } from '../kmip/date-time.js';
import { DAY_SECONDS, WEEK_SECONDS } from '../text/duration.js';

/** The deadlines of one key: the first, and how often they recur. */
export interface Recurrence {
  readonly uid: string;
  readonly kind: 'rotation' | 'expiry';
  readonly first: EpochSeconds;
  /** From one deadline to the next; null if there is only one. */
  readonly intervalSeconds: number | null;
}

/** What happens in one day or week. */
export interface Bucket {
  readonly start: EpochSeconds;
  readonly rotations: number;
  readonly expiries: number;
  /** The keys that have a deadline in it; at most MAX_UIDS. */
  readonly uids: readonly string[];
}

export interface ForecastWindow {
  readonly now: EpochSeconds;
  readonly until: EpochSeconds;
  /** DAY_SECONDS or WEEK_SECONDS. */
  readonly bucketSeconds: number;
}

/** How late rotations would be if a run happened only once a week from now on. */
export interface WeeklyDelay {
  readonly keysLate: number;
  readonly longestLateSeconds: number;
  readonly rotationsMissed: number;
}

/** A bucket lists no more uids than this. */
const MAX_UIDS = 50;

/** Weeks begin on Monday, and 1 January 1970 was a Thursday. */
const FIRST_MONDAY = 4 * DAY_SECONDS;

/** Returns the days or weeks (UTC) of the window, each with what happens in it. */
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
    // The next run does what is overdue.
    let deadline = Math.max(planned, now);
    while (deadline < until) {
      const bucket = buckets[Math.floor((deadline - (starts[0] ?? 0)) / bucketSeconds)];
      if (bucket === undefined) break;
      const end = Math.min(bucket.start + bucketSeconds, until);
      const count = countWithin({ first: deadline, intervalSeconds }, deadline, end);
      if (kind === 'rotation') bucket.rotations += count;
      else bucket.expiries += count;
      if (bucket.uids.length < MAX_UIDS) bucket.uids.push(uid);
      deadline += count * (intervalSeconds ?? Infinity);
    }
  }
  return buckets;
}

/** Returns how late weekly runs would be, and how many rotations they would miss. */
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

/** Counts the deadlines of a recurrence within [from, to). */
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
