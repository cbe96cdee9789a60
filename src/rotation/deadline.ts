// When an object is to be rotated: its deadline, and which of five rules it comes from. Pure: `now` is an argument.
// eligibility.ts decides whether the object may be rotated at all.
import { KmsError } from '../errors.js';
import {
  FIRST_INSTANT,
  formatInstant,
  LAST_INSTANT,
  type EpochSeconds,
} from '../kmip/date-time.js';
import type { RotationPolicy } from '../kmip/rotation-policy.js';
import { DAY_SECONDS } from '../text/duration.js';

/** How the first deadline of a never-rotated object is computed (`rotation.first_deadline`). */
export const FIRST_DEADLINE_RULES = ['offset', 'offset+interval'] as const;
export type FirstDeadlineRule = (typeof FIRST_DEADLINE_RULES)[number];

export type DeadlineRule =
  | 'rotate-date+interval'
  | 'initial-date+offset'
  | 'initial-date+interval'
  | 'initial-date+offset+interval'
  | 'not-after';

export interface Deadline {
  readonly at: EpochSeconds;
  readonly rule: DeadlineRule;
}

/**
 * Returns the deadline of an armed object. A negative offset is added like any other.
 *
 * @throws KmsError Undecidable if it has no date to count from, or if its interval or offset leads out of the years
 *   1 to 9999.
 */
export function deadlineOf(policy: RotationPolicy, firstDeadline: FirstDeadlineRule): Deadline {
  const { intervalSeconds: interval, offsetSeconds: offset } = policy;
  if (interval > LAST_INSTANT) throw undecidable('its RotateInterval is out of range');
  if (policy.rotateDate !== null) {
    return deadline(policy.rotateDate + interval, 'rotate-date+interval');
  }
  if (policy.initialDate === null) {
    throw undecidable('it has neither a RotateDate nor an InitialDate');
  }
  if (offset !== null && Math.abs(offset) > LAST_INSTANT) {
    throw undecidable('its RotateOffset is out of range');
  }
  if (firstDeadline === 'offset+interval') {
    const first = policy.initialDate + (offset ?? 0) + interval;
    return deadline(first, 'initial-date+offset+interval');
  }
  return offset === null
    ? deadline(policy.initialDate + interval, 'initial-date+interval')
    : deadline(policy.initialDate + offset, 'initial-date+offset');
}

/** From when to when a certificate is valid. */
export interface Validity {
  readonly notBefore: EpochSeconds;
  readonly notAfter: EpochSeconds;
}

/** How long before its end a certificate is renewed whose policy would come too late: a third of its validity, at most this. */
const LONGEST_MARGIN_SECONDS = 30 * DAY_SECONDS;

/** Returns the deadline of a certificate: that of its policy, or, if it ends before that, a while before its end. */
export function deadlineBeforeEnd(
  scheduled: Deadline,
  { notBefore, notAfter }: Validity,
): Deadline {
  if (scheduled.at < notAfter || notAfter >= LAST_INSTANT) return scheduled;
  const margin = Math.min(LONGEST_MARGIN_SECONDS, Math.floor((notAfter - notBefore) / 3));
  // One that ends as it begins would be due again at once.
  return margin === 0 ? scheduled : { at: notAfter - margin, rule: 'not-after' };
}

/** True from the second of the deadline on. */
export function isDue(deadlineAt: EpochSeconds, now: EpochSeconds): boolean {
  return now >= deadlineAt;
}

function deadline(at: EpochSeconds, rule: DeadlineRule): Deadline {
  if (at > LAST_INSTANT) {
    throw undecidable(`its deadline would lie past ${formatInstant(LAST_INSTANT)}`);
  }
  if (at >= FIRST_INSTANT) return { at, rule };
  throw undecidable(`its deadline would lie before ${formatInstant(FIRST_INSTANT)}`);
}

function undecidable(why: string): KmsError {
  return new KmsError('Undecidable', `the rotation deadline cannot be computed: ${why}`, {
    hint: 'set a valid RotateInterval, and a RotateDate or InitialDate, or disarm the object',
  });
}
