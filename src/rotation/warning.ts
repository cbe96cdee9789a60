// Which deadlines are near enough for a warning, and by which threshold: the smallest that the days left have come
// down to. Pure. store/own/warnings.ts ensures that each warning is given only once.
import type { EpochSeconds } from '../kmip/date-time.js';
import { DAY_SECONDS } from '../text/duration.js';
import type { Overlap } from './retiring-object.js';

/**
 * A key's next rotation, its end or that of a certificate, the end of the overlap of a replaced one; since when no
 * generation of a keyset can protect; or an end that no rotation puts off: that of a certificate, and Usage Limits that
 * are used up, for which the object's last rotation stands.
 */
export type WarningKind =
  | 'rotation'
  | 'expiry'
  | 'overlap-end'
  | 'no-usable-generation'
  | 'unrenewable-end'
  | 'usage-limit';

export interface UpcomingDeadline {
  readonly kind: WarningKind;
  readonly deadline: EpochSeconds;
  /** From one rotation to the next, or from the start of a certificate's validity to its end. */
  readonly spanSeconds: number;
  /** Whether it is warned of when it has passed: no run does anything about it then. */
  readonly staysWhenPassed: boolean;
}

export interface DeadlineWarning extends UpcomingDeadline {
  /** Rounded up; 0 or less for what has expired. */
  readonly daysLeft: number;
  /** The smallest threshold reached; null if none is, and the deadline is only listed. */
  readonly thresholdDays: number | null;
}

export interface WarningOptions {
  readonly now: EpochSeconds;
  readonly thresholdDays: readonly number[];
  /** How far ahead to look; null looks as far as the greatest threshold. */
  readonly withinSeconds: number | null;
}

/** Returns the warning of a deadline, or null if it is too far away, or has passed and the key is due. */
export function warningOf(
  upcoming: UpcomingDeadline,
  options: WarningOptions,
): DeadlineWarning | null {
  const { deadline, spanSeconds, staysWhenPassed } = upcoming;
  const secondsLeft = deadline - options.now;
  const hasPassed = secondsLeft <= 0;
  if (hasPassed && !staysWhenPassed) return null;
  if (options.withinSeconds !== null && secondsLeft > options.withinSeconds) return null;
  const daysLeft = daysUntil(secondsLeft);
  // Otherwise a key that is rotated weekly would always be within a month of its deadline.
  const applicable = options.thresholdDays.filter((days) => days * DAY_SECONDS < spanSeconds);
  const reached = applicable.filter((days) => daysLeft <= days);
  const warning = (thresholdDays: number | null) => ({ ...upcoming, daysLeft, thresholdDays });
  if (reached.length > 0) return warning(Math.min(...reached));
  // What has passed is reported however short its span was.
  if (hasPassed && options.thresholdDays.length > 0) {
    return warning(Math.min(...options.thresholdDays));
  }
  return options.withinSeconds === null ? null : warning(null);
}

/**
 * Returns the warning of the end of an overlap: one alone, a day before, or at once if the overlap is shorter; none if no
 * warnings are wanted.
 */
export function overlapWarning(
  { endsAt }: Pick<Overlap, 'endsAt'>,
  options: WarningOptions,
): DeadlineWarning | null {
  const thresholdDays = options.thresholdDays.length === 0 ? [] : [1];
  return warningOf(
    { kind: 'overlap-end', deadline: endsAt, spanSeconds: Infinity, staysWhenPassed: false },
    { ...options, thresholdDays },
  );
}

/** Returns the warning of an end that no rotation puts off: one alone, at the greatest threshold that applies. */
export function unrenewableWarning(
  upcoming: UpcomingDeadline,
  options: WarningOptions,
): DeadlineWarning | null {
  const { thresholdDays } = options;
  const applicable = thresholdDays.filter((days) => days * DAY_SECONDS < upcoming.spanSeconds);
  const greatest = Math.max(...(applicable.length > 0 ? applicable : thresholdDays));
  const once = thresholdDays.length === 0 ? [] : [greatest];
  return warningOf(upcoming, { ...options, thresholdDays: once });
}

/** Returns how far ahead to look for deadlines. */
export function lookaheadSeconds({ thresholdDays, withinSeconds }: WarningOptions): number {
  return withinSeconds ?? Math.max(0, ...thresholdDays) * DAY_SECONDS;
}

/** Returns whole days, rounded up; 0 or less for what has passed. */
export function daysUntil(secondsLeft: number): number {
  // Adding 0 turns -0 into 0.
  return Math.ceil(secondsLeft / DAY_SECONDS) + 0;
}
