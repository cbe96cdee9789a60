// How often a change is tried anew while others change the same row, and what is said when that was in vain.
import { KmsError } from '../errors.js';

/** Loaded again and again while others change the same row, before it counts as failed. */
export const TRIES = 3;

export function concurrentChange(uid: string): KmsError {
  return new KmsError(
    'ConcurrentChange',
    `the row of ${JSON.stringify(uid)} was changed by somebody else at each of ${TRIES} tries`,
    { uid, hint: 'run again when whoever writes to it has finished' },
  );
}
