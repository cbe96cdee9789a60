// Tries changes again after a concurrent change: a row is written only if it has not changed since it was read, so it
// must be read again. The caller says what is tried, and what its outcomes are.
import { asKmsError, KmsError } from '../errors.js';

/** How often an item is tried before others' changes count as its failure. */
export const MAX_TRIES = 3;

/** What came of one try of several items. */
export interface AttemptResult<Item, Done> {
  readonly done: readonly Done[];
  /** Items to try again. */
  readonly conflicts: readonly Item[];
  /** What kept the rest from being tried. */
  readonly error: KmsError | null;
}

export interface RetryOptions<Item, Done> {
  /** Returns the outcome of an item that others changed at each try. */
  readonly giveUp: (item: Item) => Done;
  /** Asked before each try but the first; false leaves the items that are still in conflict. */
  readonly mayRetry?: () => Promise<boolean>;
}

export interface RetryResult<Done> {
  /** Everything that is done, whatever happened after. */
  readonly done: readonly Done[];
  /** Whether `mayRetry` ended it with items left. */
  readonly interrupted: boolean;
  /** What ended it with items left: a KmsError of a try, or whatever a try threw. */
  readonly error: KmsError | null;
}

/** Tries items together, and those that had a concurrent change again, up to `MAX_TRIES` times; does not throw. */
export async function retryConflicts<Item, Done>(
  items: readonly Item[],
  attempt: (items: readonly Item[]) => Promise<AttemptResult<Item, Done>>,
  { giveUp, mayRetry }: RetryOptions<Item, Done>,
): Promise<RetryResult<Done>> {
  const done: Done[] = [];
  let pending = items;
  try {
    for (let tries = 0; pending.length > 0 && tries < MAX_TRIES; tries += 1) {
      const isRefused = tries > 0 && mayRetry !== undefined && !(await mayRetry());
      if (isRefused) return { done, interrupted: true, error: null };
      const tried = await attempt(pending);
      done.push(...tried.done);
      pending = tried.conflicts;
      if (tried.error !== null) return { done, interrupted: false, error: tried.error };
    }
    done.push(...pending.map(giveUp));
    return { done, interrupted: false, error: null };
  } catch (error) {
    return { done, interrupted: false, error: asKmsError(error) };
  }
}

/**
 * Returns the failure of an object that others changed at each try; `what` names the changed rows, where not its own
 * alone.
 */
export function concurrentChange(
  uid: string,
  what = `the row of ${JSON.stringify(uid)}`,
): KmsError {
  return new KmsError(
    'ConcurrentChange',
    `${what} was changed by another process at each of ${MAX_TRIES} tries`,
    { uid, hint: 'run again when that process has finished' },
  );
}
