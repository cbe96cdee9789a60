// When an object is to be rotated by its policy: its deadline, and which of four rules it comes from. Pure: `now` is an
// argument. ends.ts says what makes it due earlier, eligibility.ts whether it may be rotated at all.
import { KmsError } from '../errors.js';
import {
  FIRST_INSTANT,
  formatInstant,
  LAST_INSTANT,
  type EpochSeconds,
} from '../kmip/date-time.js';
import type { RotationPolicy } from '../kmip/rotation-policy.js';

/** How the first deadline of a never-rotated object is computed (`rotation.first_deadline`). */
export const FIRST_DEADLINE_RULES = ['offset', 'offset+interval'] as const;
export type FirstDeadlineRule = (typeof FIRST_DEADLINE_RULES)[number];

export type DeadlineRule =
  | 'rotate-date+interval'
  | 'initial-date+offset'
  | 'initial-date+interval'
  | 'initial-date+offset+interval'
  // What ends it before its interval: see ends.ts.
  | 'before-deactivation'
  | 'before-protect-stop'
  | 'before-certificate-end'
  | 'usage-limit';

export interface Deadline {
  /** Null for what is due at once. */
  readonly at: EpochSeconds | null;
  readonly rule: DeadlineRule;
  /** The uid of the other key of the pair, if the deadline comes from that one. */
  readonly of?: string | null;
  /** What it comes before. */
  readonly end?: {
    readonly at: EpochSeconds;
    /** From the beginning of an object's life to such a deadline; null if it has no known beginning. */
    readonly lifeSeconds: number | null;
    /** Whether the setting asked for more than a third of that life, which is what it got. */
    readonly isCut: boolean;
  };
}

/** The deadline of a policy alone. */
export interface ScheduledDeadline extends Deadline {
  readonly at: EpochSeconds;
}

/**
 * Returns the deadline of an armed object by its policy alone. A negative offset is added like any other.
 *
 * @throws KmsError Undecidable if it has no date to count from, or if its interval or offset leads out of the years
 *   1 to 9999.
 */
export function deadlineOf(
  policy: RotationPolicy,
  firstDeadline: FirstDeadlineRule,
): ScheduledDeadline {
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

/** Returns the earlier of two deadlines, the first of them if they are the same; what is due at once comes first. */
export function earlierOf(one: Deadline, other: Deadline | null): Deadline {
  if (other === null || one.at === null) return one;
  return other.at === null || other.at < one.at ? other : one;
}

/** True from the second of the deadline on, and of what is due at once. */
export function isDue(deadlineAt: EpochSeconds | null, now: EpochSeconds): boolean {
  return deadlineAt === null || now >= deadlineAt;
}

function deadline(at: EpochSeconds, rule: DeadlineRule): ScheduledDeadline {
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
