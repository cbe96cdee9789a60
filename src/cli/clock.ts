// The program's clock, in one place, so that a test can set it. Everything below cli/ takes the time as an argument.
import type { EpochSeconds } from '../kmip/date-time.js';

export const clock: { now: () => EpochSeconds } = { now: hostNow };

/** Returns the time of this host, whatever a test has set, to compare it with the database's. */
export function hostNow(): EpochSeconds {
  return Math.floor(Date.now() / 1000);
}
