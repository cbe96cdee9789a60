// The order of `kms due list`, also for keys that arrive in pages, so that the first are shown before the last are
// found. survey/ finds them.
import type { ListedKey } from './due-list.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { byDeadlineThenUid } from '../../rotation/plan.js';

/** Keys without a deadline first, then by deadline, then by uid. */
export function byDeadline(a: ListedKey, b: ListedKey): number {
  const key = (listed: ListedKey) => ({ uid: listed.uid, deadlineAt: deadlineOf(listed) });
  return byDeadlineThenUid(key(a), key(b));
}

export interface DuePage {
  readonly keys: readonly ListedKey[];
  /** No later page has a key whose deadline is before this. */
  readonly from: EpochSeconds;
}

/** Yields the keys of pages in order. It keeps only those that later pages may still precede. */
export async function* inDeadlineOrder(
  pages: AsyncIterable<DuePage>,
): AsyncGenerator<readonly ListedKey[]> {
  let waiting: ListedKey[] = [];
  let reached = -Infinity;
  for await (const { keys, from } of pages) {
    waiting.push(...keys);
    if (from === reached) continue;
    reached = from;
    const comesBefore = (listed: ListedKey) => (deadlineOf(listed) ?? -Infinity) < from;
    const ready = waiting.filter(comesBefore);
    waiting = waiting.filter((listed) => !comesBefore(listed));
    if (ready.length > 0) yield ready.sort(byDeadline);
  }
  if (waiting.length > 0) yield waiting.sort(byDeadline);
}

function deadlineOf({ deadline }: ListedKey): EpochSeconds | null {
  return deadline === null ? null : Date.parse(deadline) / 1000;
}
