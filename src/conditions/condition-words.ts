// A condition in words, as messages, the log and `kms status` have it.
import { formatDuration } from '../text/duration.js';
import { countsFailures, type Condition, type Resolution } from './condition.js';

const RESOLUTION_WORDS: Readonly<Record<Resolution, string>> = {
  rotated: 'rotated',
  're-wrapped': 're-wrapped',
  disarmed: 'its policy no longer rotates it',
  retired: 'no longer Active',
  'not-due': 'no longer due',
  gone: 'no longer in the store',
  'end-moved': 'its end has been moved',
  'run-came': 'a good run came',
  'not-expected': 'no longer expected',
  delivered: 'a message got through',
  usable: 'its settings can be used again',
  'not-configured': 'no longer configured',
  'in-order': 'in order again',
};

/** Returns how it ended, as in `rotated after 12 failures in 3 d`. */
export function resolutionWords(
  how: Resolution,
  condition: Pick<Condition, 'kind' | 'failures'>,
  seconds: number,
): string {
  const words = RESOLUTION_WORDS[how];
  if (!countsFailures(condition)) return `${words} after ${formatDuration(seconds)}`;
  const { failures } = condition;
  const count = failures === 1 ? '1 failure' : `${failures} failures`;
  return `${words} after ${count} in ${formatDuration(seconds)}`;
}

/** Returns how long it has lasted, as in `for 3 d, 288 times`. */
export function lastingWords({
  firstSeenAt,
  lastSeenAt,
  failures,
}: Pick<Condition, 'firstSeenAt' | 'lastSeenAt' | 'failures'>): string {
  const times = failures === 1 ? 'once' : `${failures} times`;
  return `for ${formatDuration(lastSeenAt - firstSeenAt)}, ${times}`;
}
