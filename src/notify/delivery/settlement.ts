// How long to wait before the next attempt: longer each time, or as long as the receiver asks for.
import { LONGEST_PAUSE_SECONDS } from '../../store/own/outbox.js';

const FIRST_SECONDS = 60;
const LONGEST_OWN_SECONDS = 6 * 3600;

/** Returns the pause after so many attempts in vain, in seconds: 1 min, 2 min, 4 min … 6 h. */
export function pauseAfter(attempts: number, retryAfterSeconds: number | null): number {
  const own = Math.min(FIRST_SECONDS * 2 ** Math.min(attempts - 1, 30), LONGEST_OWN_SECONDS);
  return Math.min(Math.max(own, retryAfterSeconds ?? 0), LONGEST_PAUSE_SECONDS);
}
