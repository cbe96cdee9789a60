// Takes a plan batch by batch, several at once if asked to. A batch holds keys of one depth alone, and the
// next depth waits until all of this one are done: so no key is ever in work beside one that wraps it.
import type { OrderedKey } from '../rotation/plan.js';

export interface BatchOptions {
  /** How many keys a batch may hold. */
  readonly size: number;
  /** How many batches may be in work at once. */
  readonly concurrency: number;
  /** How many keys there is room for beside those in work. */
  readonly room: (inWork: number) => number;
  /** Asked before each batch; once it says no, those in work are finished. */
  readonly mayBegin: () => Promise<boolean>;
}

/** Works off a plan; `work` says whether to go on, and does not throw. */
export async function inBatches(
  plan: readonly OrderedKey[],
  options: BatchOptions,
  work: (keys: readonly OrderedKey[], start: number) => Promise<boolean>,
): Promise<void> {
  const inWork = new Map<readonly OrderedKey[], Promise<void>>();
  let next = 0;
  let goOn = true;
  for (;;) {
    const batch = goOn ? nextBatch(plan, next, inWork, options) : [];
    if (batch.length > 0 && (await options.mayBegin())) {
      const done = work(batch, next).then((mayGoOn) => {
        goOn &&= mayGoOn;
        inWork.delete(batch);
      });
      inWork.set(batch, done);
      next += batch.length;
      continue;
    }
    if (batch.length > 0) goOn = false;
    if (inWork.size === 0) return;
    await Promise.race(inWork.values());
  }
}

/** Returns nothing while there is something to wait for, or nothing left. */
function nextBatch(
  plan: readonly OrderedKey[],
  next: number,
  inWork: ReadonlyMap<readonly OrderedKey[], unknown>,
  { size, concurrency, room }: BatchOptions,
): readonly OrderedKey[] {
  const batches = [...inWork.keys()];
  const depth = plan[next]?.depth;
  if (batches.length >= concurrency) return [];
  if (batches.some(([first]) => first?.depth !== depth)) return [];
  const keys = batches.reduce((sum, batch) => sum + batch.length, 0);
  const batch = plan.slice(next, next + Math.max(0, Math.min(size, room(keys))));
  return batch.filter((key) => key.depth === depth);
}
