// The clock of the shell, in one place, so that a test can set it. The core is given the time.
import type { EpochSeconds } from '../kmip/date-time.js';

export const clock: { now: () => EpochSeconds } = { now: hostNow };

/** The time of this host, whatever a test has set: for comparing it with a database's. */
export function hostNow(): EpochSeconds {
  return Math.floor(Date.now() / 1000);
}
