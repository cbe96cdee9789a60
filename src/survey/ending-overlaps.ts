// Looks for overlaps that end soon: what was replaced together has one end, and so one warning. near-deadlines.ts puts
// them among the other deadlines.
import { objectSummaryOf, type ObjectSummary } from '../report/object-summary.js';
import type { RetiringObject } from '../rotation/retiring-object.js';
import { overlapWarning, type DeadlineWarning, type WarningOptions } from '../rotation/warning.js';
import type { Store } from '../store/store.js';
import { passesFilters, type SurveyFilters } from './survey-filters.js';

/** What is read to find overlaps that end. */
export type OverlapStore = Pick<Store, 'retiringObjects' | 'findByUids' | 'load'>;

/** Yields warnings of the ends of overlaps; of a pair under the uid of its private key. */
export async function* endingOverlaps(
  store: OverlapStore,
  options: WarningOptions,
  filters: SurveyFilters,
): AsyncGenerator<
  DeadlineWarning & { readonly uid: string; readonly objectSummary: ObjectSummary }
> {
  const warnings = new Map<string, DeadlineWarning>();
  for (const retiring of oneOfEach([...(await store.retiringObjects()).values()])) {
    const warning = overlapWarning(retiring, options);
    if (warning !== null) warnings.set(retiring.uid, warning);
  }
  if (warnings.size === 0) return;
  for await (const page of store.findByUids([...warnings.keys()], filters)) {
    const uids = page.filter((row) => passesFilters(row, filters)).map(({ id }) => id);
    for (const candidate of await store.load(uids)) {
      const uid = candidate.row.id;
      const warning = warnings.get(uid);
      // A server has ended it already.
      if (warning === undefined || candidate.retiring === null) continue;
      yield { ...warning, uid, objectSummary: objectSummaryOf(candidate) };
    }
  }
}

/** Returns one of those that retire together: the object whose rotation began it, if it retires too. */
function oneOfEach(all: readonly RetiringObject[]): readonly RetiringObject[] {
  const chosen = new Map<string, RetiringObject>();
  for (const retiring of all) {
    const overlap = JSON.stringify([retiring.objectUid, retiring.endsAt]);
    if (!chosen.has(overlap) || retiring.uid === retiring.objectUid) chosen.set(overlap, retiring);
  }
  return [...chosen.values()];
}
