// Finds stale dependants, objects that are still under a wrapping key that has been replaced, one wrapping key at a
// time. flows/wrapping/rewrap-stale-dependant.ts re-wraps them.
import { KmsError } from '../errors.js';
import {
  followLoggedReplacements,
  type LoggedReplacementsStore,
} from './follow-logged-replacements.js';
import { activeReplacementOf } from '../rotation/active-replacement.js';
import { leavesToOthers, type HsmRule } from '../rotation/exclusion.js';
import { isInModule } from '../rotation/related-objects.js';
import type { Store } from '../store/store.js';
import { passesFilters, type SurveyFilters } from './survey-filters.js';

export type StaleDependant = {
  readonly uid: string;
  readonly wrappingKeyUid: string;
} & Replacement;

type Replacement =
  /** The latest generation of the wrapping key, under which it belongs. */
  | { readonly replacementUid: string; readonly error: null }
  /** Why there is none that may wrap. */
  | { readonly replacementUid: null; readonly error: KmsError };

/** What is read to find stale dependants. */
export type StaleDependantsStore = LoggedReplacementsStore &
  Pick<
    Store,
    'findWrappingKeyMismatches' | 'findRetiredWrappingKeys' | 'findWrappedBy' | 'findByUids'
  >;

/**
 * Yields the dependants that are still under a replaced wrapping key, in pages and each once: first those whose column
 * names it, then those of which only the bytes do. With `hsm` at `leave`, without those that a hardware security module
 * keeps from every run.
 */
export async function* findStaleDependants(
  store: StaleDependantsStore,
  filters: SurveyFilters,
  hsm: HsmRule = 'fail',
): AsyncGenerator<readonly StaleDependant[]> {
  const wrappingKeyMismatches = new Map<string, string[]>();
  for (const { uid, wrappingKeyUid } of await store.findWrappingKeyMismatches()) {
    // A row that cannot be read may name several.
    wrappingKeyMismatches.set(uid, [...(wrappingKeyMismatches.get(uid) ?? []), wrappingKeyUid]);
  }
  for await (const page of staleByColumn(store, filters, hsm)) {
    for (const { uid } of page) wrappingKeyMismatches.delete(uid);
    yield page;
  }
  yield* staleByBytes(store, wrappingKeyMismatches, filters, hsm);
}

async function* staleByColumn(
  store: Omit<StaleDependantsStore, 'findWrappingKeyMismatches' | 'findByUids'>,
  filters: SurveyFilters,
  hsm: HsmRule,
): AsyncGenerator<readonly StaleDependant[]> {
  for await (const retired of store.findRetiredWrappingKeys()) {
    for (const [wrappingKeyUid, replacement] of await replacementsOf(store, retired, hsm)) {
      for await (const page of store.findWrappedBy(wrappingKeyUid, filters)) {
        yield page
          .filter((foundRow) => passesFilters(foundRow, filters))
          .map(({ id }) => ({ uid: id, wrappingKeyUid, ...replacement }));
      }
    }
  }
}

async function* staleByBytes(
  store: Omit<StaleDependantsStore, 'findWrappingKeyMismatches' | 'findWrappedBy'>,
  wrappingKeyMismatches: ReadonlyMap<string, readonly string[]>,
  filters: SurveyFilters,
  hsm: HsmRule,
): AsyncGenerator<readonly StaleDependant[]> {
  const yielded = new Set<string>();
  const named = [...new Set([...wrappingKeyMismatches.values()].flat())];
  for await (const retired of store.findRetiredWrappingKeys(named)) {
    for (const [wrappingKeyUid, replacement] of await replacementsOf(store, retired, hsm)) {
      const under = [...wrappingKeyMismatches]
        .filter(([uid, names]) => names.includes(wrappingKeyUid) && !yielded.has(uid))
        .map(([uid]) => uid);
      for await (const page of store.findByUids(under, filters)) {
        const found = page
          .filter((foundRow) => passesFilters(foundRow, filters))
          .map(({ id }) => id);
        for (const uid of found) yielded.add(uid);
        yield found.map((uid) => ({ uid, wrappingKeyUid, ...replacement }));
      }
    }
  }
}

/**
 * Returns the Active replacement of each of these keys, or why it has none. Left out are keys that were not replaced, and
 * those that are left to others.
 */
async function replacementsOf(
  store: LoggedReplacementsStore,
  wrappingKeyUids: readonly string[],
  hsm: HsmRule,
): Promise<ReadonlyMap<string, Replacement>> {
  const { related, logged } = await followLoggedReplacements(store, wrappingKeyUids);
  const replacements = new Map<string, Replacement>();
  for (const uid of wrappingKeyUids) {
    if (leavesToOthers(hsm) && isInModule(uid, related)) continue;
    try {
      const replacementUid = activeReplacementOf(uid, related, logged)?.uniqueIdentifier ?? null;
      if (replacementUid !== null) replacements.set(uid, { replacementUid, error: null });
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      replacements.set(uid, { replacementUid: null, error });
    }
  }
  return replacements;
}
