// How long a policy lets a key be in use before it is rotated, and whether that is longer than somebody allows. Pure.
import { exactDuration } from '../text/duration.js';
import type { ManagedObject } from '../kmip/managed-object.js';
import type { Deadline, Validity } from './deadline.js';

export interface UsePeriods {
  /** From one rotation to the next. */
  readonly intervalSeconds: number;
  /** Until the first rotation, of an object that was never rotated. */
  readonly firstSeconds: number | null;
}

/**
 * Returns the times that a policy lets an object be in use; null without a deadline. A certificate is renewed before its
 * end, however long its interval.
 */
export function usePeriodsOf(
  { attributes: { rotateInterval, rotateDate, initialDate } }: ManagedObject,
  deadline: Deadline | null,
  validity: Validity | null,
): UsePeriods | null {
  if (deadline === null || rotateInterval === null || rotateInterval <= 0) return null;
  const term = validity === null ? Infinity : validity.notAfter - validity.notBefore;
  const isFirst = rotateDate === null && initialDate !== null && deadline.at !== null;
  return {
    intervalSeconds: Math.min(rotateInterval, term),
    firstSeconds: isFirst ? deadline.at - initialDate : null,
  };
}

/** Returns what to say of a time in use that is longer than the most; else null. */
export function overMaximum(periods: UsePeriods | null, most: number | null): string | null {
  if (periods === null || most === null) return null;
  const { intervalSeconds, firstSeconds } = periods;
  const limit = `more than the ${exactDuration(most)} allowed`;
  if (intervalSeconds > most) {
    return `it is rotated every ${exactDuration(intervalSeconds)}, ${limit}`;
  }
  if (firstSeconds !== null && firstSeconds > most) {
    return `it is first rotated ${exactDuration(firstSeconds)} after its Initial Date, ${limit}`;
  }
  return null;
}
