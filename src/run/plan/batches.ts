// Takes a plan batch by batch, several at once if asked to. A batch holds keys of one depth alone, and the next depth
// waits until this one is done: so no key is ever rotated at the same time as one that wraps it.
import type { OrderedKey } from '../../rotation/plan.js';

export interface BatchOptions<RotationResult> {
  /** How many keys a batch may hold. */
  readonly size: number;
  /** How many batches may be in progress at once. */
  readonly concurrency: number;
  /** Returns how many keys may be begun, given how many are in progress. */
  readonly room: (inProgress: number) => number;
  /** Asked before each batch; false begins no more, and those in progress are finished. */
  readonly mayBegin: () => Promise<boolean>;
  /** Asked after each batch; false begins no more. */
  readonly mayGoOn: (result: RotationResult) => boolean;
}

/** Returns what `work`, which must not throw, made of each batch, in the order of the plan. */
export async function inBatches<RotationResult>(
  plan: readonly OrderedKey[],
  options: BatchOptions<RotationResult>,
  work: (keys: readonly OrderedKey[]) => Promise<RotationResult>,
): Promise<readonly RotationResult[]> {
  const results = new Map<number, RotationResult>();
  const inProgress = new Map<readonly OrderedKey[], Promise<void>>();
  let next = 0;
  let goOn = true;
  for (;;) {
    const batch = goOn ? nextBatch(plan, next, inProgress, options) : [];
    if (batch.length > 0 && (await options.mayBegin())) {
      const start = next;
      const done = work(batch).then((result) => {
        results.set(start, result);
        goOn &&= options.mayGoOn(result);
        inProgress.delete(batch);
      });
      inProgress.set(batch, done);
      next += batch.length;
      continue;
    }
    if (batch.length > 0) goOn = false;
    if (inProgress.size === 0) break;
    await Promise.race(inProgress.values());
  }
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}

/** Returns no keys while there is a batch to wait for, or when none is left. */
function nextBatch(
  plan: readonly OrderedKey[],
  next: number,
  inProgress: ReadonlyMap<readonly OrderedKey[], unknown>,
  { size, concurrency, room }: Pick<BatchOptions<never>, 'size' | 'concurrency' | 'room'>,
): readonly OrderedKey[] {
  const batches = [...inProgress.keys()];
  const depth = plan[next]?.depth;
  if (batches.length >= concurrency) return [];
  if (batches.some(([first]) => first?.depth !== depth)) return [];
  const keys = batches.reduce((sum, batch) => sum + batch.length, 0);
  const batch = plan.slice(next, next + Math.max(0, Math.min(size, room(keys))));
  return batch.filter((key) => key.depth === depth);
}
