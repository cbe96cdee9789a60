// Passes over what other runs at once have rotated. Once a batch met such keys, the next ones are asked for in a query or
// two before they are loaded, which takes many; and with them those of later batches, most of which the others do.
import { skippedResult } from '../../report/rotation-result.js';
import type { Store } from '../../store/store.js';
import type { Batch } from '../rotate-batch.js';

export interface BesideOthers {
  /** Does a batch without the keys that others have rotated, which are skipped. Throws only what `work` throws. */
  leaving(
    uids: readonly string[],
    work: (uids: readonly string[]) => Promise<Batch>,
  ): Promise<Batch>;
}

/** Keys that are asked for in one query: those of the batch, and the next ones. */
const ASKED_AT_ONCE = 500;

/** `store` is that of the run, `order` the keys in the order in which their batches begin. */
export function beside(
  { store }: { readonly store: Pick<Store, 'rotatedSince'> },
  order: readonly { readonly uid: string }[] = [],
): BesideOthers {
  let hasMetOthers = false;
  let place = 0;
  /** Of the keys ahead, those that others have rotated. */
  const known = new Set<string>();
  const goTo = (uids: readonly string[]) => {
    let found = place;
    while (found < order.length && order[found]?.uid !== uids[0]) found += 1;
    if (found < order.length) place = found + uids.length;
  };
  const ahead = () => {
    const next = order.slice(place, place + ASKED_AT_ONCE).map(({ uid }) => uid);
    return next.filter((uid) => !known.has(uid));
  };
  return {
    leaving: async (uids, work) => {
      goTo(uids);
      const unknown = uids.filter((uid) => !known.has(uid));
      if (hasMetOthers && unknown.length > 0) {
        const asked = [...unknown, ...ahead()].slice(0, ASKED_AT_ONCE);
        for (const uid of await rotatedOf(store, asked)) known.add(uid);
      }
      const rotated = new Set(uids.filter((uid) => known.delete(uid)));
      const left = uids.filter((uid) => !rotated.has(uid));
      const batch = left.length === 0 ? NOTHING_LEFT : await work(left);
      hasMetOthers = rotated.size > 0 || batch.results.some(({ outcome }) => outcome === 'skipped');
      if (rotated.size === 0) return batch;
      const byUid = new Map(batch.results.map((result) => [result.uid, result]));
      const results = uids.flatMap((uid) =>
        rotated.has(uid) ? skippedResult(uid, null) : (byUid.get(uid) ?? []),
      );
      return { ...batch, results, finished: batch.finished + rotated.size };
    },
  };
}

const NOTHING_LEFT: Batch = {
  ...{ results: [], notices: [], lateDependants: [], finished: 0 },
  ...{ interrupted: false, error: null },
};

async function rotatedOf(
  store: Pick<Store, 'rotatedSince'>,
  uids: readonly string[],
): Promise<ReadonlySet<string>> {
  try {
    return await store.rotatedSince(uids);
  } catch {
    // Whoever loads the keys meets the same error, and reports it.
    return new Set();
  }
}
