// What is under a key now, by the column of what it wraps.
import type { Store } from '../../store/store.js';

/** Returns the uids of what is under a key that has these uids, Destroyed objects and itself aside. */
export async function wrappedBy(
  store: Pick<Store, 'findWrappedBy'>,
  uids: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const uid of uids) {
    for await (const page of store.findWrappedBy(uid, { tags: [] })) {
      found.push(...page.map(({ id }) => id).filter((id) => !uids.includes(id)));
    }
  }
  return found;
}
