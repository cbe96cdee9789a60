// Orphans: dependants that are still under a wrapping key which has been replaced. Finds them, a wrapping key
// at a time; mend.ts re-wraps them.
import { KmsError } from './errors.js';
import { lineagesOf } from './logged-successors.js';
import { activeSuccessorOf } from './rotation/succession.js';
import type { Mislabelled } from './store/dependants.js';
import type { Store } from './store/open.js';
import { collect, passes, type SurveyFilters } from './survey.js';

export type Orphan = Found & Successor;

interface Found {
  readonly uid: string;
  readonly wrappingKeyUid: string;
  /** What tells that it is under that key: its column, which an index finds, or its bytes alone. */
  readonly namedBy: 'column' | 'bytes';
}

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
          .map(({ id }) => ({ uid: id, wrappingKeyUid, namedBy: 'column', ...successor }));
      }
    }
  }
}

/** Yields those of the mislabelled objects that their bytes put under a replaced wrapping key, each once. */
export async function* mislabelledOrphans(
  store: Store,
  mislabelled: readonly Mislabelled[],
  filters: SurveyFilters,
): AsyncGenerator<readonly Orphan[]> {
  const named = [...new Set(mislabelled.map(({ wrappingKeyUid }) => wrappingKeyUid))];
  // One that cannot be read may name several.
  const seen = new Set<string>();
  for await (const retired of store.findRetiredWrappingKeys(named)) {
    for (const [wrappingKeyUid, successor] of await successorsOf(store, retired)) {
      const under = mislabelled.filter((one) => one.wrappingKeyUid === wrappingKeyUid);
      const uids = under.map(({ uid }) => uid).filter((uid) => !seen.has(uid));
      for await (const page of store.findAmong(uids, filters)) {
        const found = page.filter((candidate) => passes(candidate, filters)).map(({ id }) => id);
        found.forEach((uid) => seen.add(uid));
        yield found.map((uid) => ({ uid, wrappingKeyUid, namedBy: 'bytes', ...successor }));
      }
    }
  }
}

/** Returns all dependants that are still under a replaced wrapping key, by column or by bytes. Reads every row once. */
export async function allOrphans(store: Store, filters: SurveyFilters): Promise<readonly Orphan[]> {
  const byColumn = (await collect(orphans(store, filters))).flat();
  const known = new Set(byColumn.map(({ uid }) => uid));
  const mislabelled = (await store.findMislabelled()).filter(({ uid }) => !known.has(uid));
  const byBytes = (await collect(mislabelledOrphans(store, mislabelled, filters))).flat();
  return [...byColumn, ...byBytes];
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
