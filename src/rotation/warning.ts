// Which deadlines are near enough to warn of: the smallest threshold that the days left have come down to. Pure;
// that a warning is given only once is store/own/warnings.ts's business.
import type { EpochSeconds } from '../kmip/date-time.js';

const DAY_SECONDS = 86_400;

/** A key's next rotation, or a certificate's end. */
export interface UpcomingDeadline {
  readonly kind: 'rotation' | 'expiry';
  readonly deadline: EpochSeconds;
  /** From one rotation to the next, or from a certificate's beginning to its end. */
  readonly spanSeconds: number;
}

export interface DeadlineWarning extends UpcomingDeadline {
  /** Rounded up; 0 or less for what has expired. */
  readonly daysLeft: number;
  /** Null for one that is only listed, as somebody asked how it stands further ahead. */
  readonly thresholdDays: number | null;
}

export interface WarningOptions {
  readonly now: EpochSeconds;
  readonly thresholdDays: readonly number[];
  /** How far ahead to look, and no further; null for as far as the thresholds reach. */
  readonly withinSeconds: number | null;
}

/** Returns the warning of a deadline, or null: it is too far off, or has passed and so is due. */
export function warningOf(term: UpcomingDeadline, terms: WarningOptions): DeadlineWarning | null {
  const { kind, deadline, spanSeconds } = term;
  const secondsLeft = deadline - terms.now;
  const hasPassed = secondsLeft <= 0;
  if (kind === 'rotation' && hasPassed) return null;
  if (terms.withinSeconds !== null && secondsLeft > terms.withinSeconds) return null;
  const daysLeft = daysUntil(secondsLeft);
  // What is rotated every week would else always be a month from its deadline.
  const counting = terms.thresholdDays.filter((days) => days * DAY_SECONDS < spanSeconds);
  const reached = counting.filter((days) => daysLeft <= days);
  const warning = (thresholdDays: number | null) => ({ ...term, daysLeft, thresholdDays });
  if (reached.length > 0) return warning(Math.min(...reached));
  // However short its life was, nobody may miss that it is over.
  if (hasPassed && terms.thresholdDays.length > 0) {
    return warning(Math.min(...terms.thresholdDays));
  }
  return terms.withinSeconds === null ? null : warning(null);
}

/** Returns how far ahead deadlines may be near, in seconds. */
export function lookaheadSeconds({ thresholdDays, withinSeconds }: WarningOptions): number {
  return withinSeconds ?? Math.max(0, ...thresholdDays) * DAY_SECONDS;
}

function daysUntil(secondsLeft: number): number {
  const days = Math.ceil(secondsLeft / DAY_SECONDS);
  // What ended within the day would be -0.
  return days === 0 ? 0 : days;
}
