// Orphans: dependants that are still under a wrapping key which has been replaced. Finds them, a wrapping key
// at a time; mend.ts re-wraps them.
import { KmsError } from './errors.js';
import { lineagesOf } from './logged-successors.js';
import { activeSuccessorOf } from './rotation/succession.js';
import type { Store } from './store/open.js';
import { passes, type SurveyFilters } from './survey.js';

export interface Orphan {
  readonly uid: string;
  readonly wrappingKeyUid: string;
  /** The latest generation of the wrapping key, under which it belongs; null if that cannot be told. */
  readonly replacementUid: string | null;
}

/** Yields the dependants that are still under a wrapping key which has been replaced, in pages. */
export async function* orphans(
  store: Store,
  filters: SurveyFilters,
): AsyncGenerator<readonly Orphan[]> {
  for await (const retired of store.findRetiredWrappingKeys()) {
    for (const [wrappingKeyUid, replacementUid] of await successorsOf(store, retired)) {
      for await (const page of store.findWrappedBy(wrappingKeyUid, filters)) {
        yield page
          .filter((candidate) => passes(candidate, filters))
          .map(({ id }) => ({ uid: id, wrappingKeyUid, replacementUid }));
      }
    }
  }
}

/** Returns by which Active key each of these has been replaced, as far as that can be told. */
async function successorsOf(
  store: Store,
  wrappingKeyUids: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const { near, logged } = await lineagesOf(store, wrappingKeyUids);
  const successors = new Map<string, string | null>();
  for (const uid of wrappingKeyUids) {
    try {
      const successor = activeSuccessorOf(uid, near, logged);
      if (successor !== null) successors.set(uid, successor.uniqueIdentifier);
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      successors.set(uid, null);
    }
  }
  return successors;
}
