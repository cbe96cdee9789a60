// Whether replacements are old enough to be settled: a rotation in progress looks like one that was never finished.
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { Generation } from './unfinished-rotation.js';

export interface AgeOptions {
  /** By the database’s clock. */
  readonly databaseNow: EpochSeconds;
  /** The age that the youngest must have. */
  readonly minAgeSeconds: number;
}

/** Returns why these must not be touched yet; null if all are old enough. One from the future is too young. */
export function ageViolation(
  made: readonly Generation[],
  { databaseNow, minAgeSeconds }: AgeOptions,
): string | null {
  const dates = made.map(({ key }) => key.attributes.initialDate);
  if (dates.includes(null)) return 'one of them does not say when it was made';
  const isYoung = dates.some((date) => date !== null && date > databaseNow - minAgeSeconds);
  return isYoung
    ? 'one of them was made a short while ago, and its rotation may be in progress'
    : null;
}
