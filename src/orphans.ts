// Orphans: dependants that are still under a wrapping key which has been replaced. Finds them, a wrapping key
// at a time; mend.ts re-wraps them.
import { KmsError } from './errors.js';
import { lineagesOf } from './logged-successors.js';
import { activeSuccessorOf } from './rotation/succession.js';
import type { Store } from './store/open.js';
import { passes, type SurveyFilters } from './survey.js';

export type Orphan = { readonly uid: string; readonly wrappingKeyUid: string } & Successor;

type Successor =
  /** The latest generation of the wrapping key, under which it belongs. */
  | { readonly replacementUid: string; readonly error: null }
  /** Why there is none that may wrap. */
  | { readonly replacementUid: null; readonly error: KmsError };

/** Yields the dependants that are still under a wrapping key which has been replaced, in pages. */
export async function* orphans(
  store: Store,
  filters: SurveyFilters,
): AsyncGenerator<readonly Orphan[]> {
  for await (const retired of store.findRetiredWrappingKeys()) {
    for (const [wrappingKeyUid, successor] of await successorsOf(store, retired)) {
      for await (const page of store.findWrappedBy(wrappingKeyUid, filters)) {
        yield page
          .filter((candidate) => passes(candidate, filters))
          .map(({ id }) => ({ uid: id, wrappingKeyUid, ...successor }));
      }
    }
  }
}

/** Returns by which Active key each of these has been replaced, or why by none; nothing of those that were not. */
async function successorsOf(
  store: Store,
  wrappingKeyUids: readonly string[],
): Promise<ReadonlyMap<string, Successor>> {
  const { near, logged } = await lineagesOf(store, wrappingKeyUids);
  const successors = new Map<string, Successor>();
  for (const uid of wrappingKeyUids) {
    try {
      const replacementUid = activeSuccessorOf(uid, near, logged)?.uniqueIdentifier ?? null;
      if (replacementUid !== null) successors.set(uid, { replacementUid, error: null });
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      successors.set(uid, { replacementUid: null, error });
    }
  }
  return successors;
}
