// When an object is to be rotated: its deadline, and which of four rules it comes from. Pure: `now` is an argument.
// eligibility.ts decides whether the object may be rotated at all.
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
  | 'initial-date+offset+interval';

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
