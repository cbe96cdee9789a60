// Passes over what other runs at once have rotated. Once a batch met such keys, the next ones are asked for in a query or
// two before they are loaded, which takes many.
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

/** `store` is that of the run. */
export function beside({ store }: { readonly store: Pick<Store, 'rotatedSince'> }): BesideOthers {
  let hasMetOthers = false;
  return {
    leaving: async (uids, work) => {
      const rotated = hasMetOthers ? await rotatedOf(store, uids) : NONE;
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

const NONE: ReadonlySet<string> = new Set();

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
    return NONE;
  }
}
