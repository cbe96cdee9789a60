// What retires when: the overlaps that go on, those of one rotation as one, with the Active end of their replacements.
import type { EpochSeconds } from '../kmip/date-time.js';
import { objectSummaryOf, type ObjectSummary } from '../report/object-summary.js';
import { compareUids } from '../rotation/plan.js';
import { headUidOf } from '../rotation/replacements.js';
import type { RetiringObject } from '../rotation/retiring-object.js';
import type { Store } from '../store/store.js';
import { passesFilters, type SurveyFilters } from './survey-filters.js';

export type RetirementStore = Pick<
  Store,
  'retiringObjects' | 'findByUids' | 'load' | 'loadRelated'
>;

/** The end of an overlap; of a pair, that of its private key, which stands for both. */
export interface Retirement {
  readonly uid: string;
  readonly headUid: string;
  readonly endsAt: EpochSeconds;
  readonly objectSummary: ObjectSummary;
}

/** Returns the overlaps that end before an instant, by their ends; one that a server has ended already is left out. */
export async function retirements(
  store: RetirementStore,
  until: EpochSeconds,
  filters: SurveyFilters,
): Promise<readonly Retirement[]> {
  const all = [...(await store.retiringObjects()).values()].filter(({ endsAt }) => endsAt < until);
  if (all.length === 0) return [];
  const chosen = new Map(oneOfEach(all).map((retiring) => [retiring.uid, retiring]));
  const heads = await store.loadRelated(all.map(({ replacementUid }) => replacementUid));
  const found: Retirement[] = [];
  for await (const page of store.findByUids([...chosen.keys()], filters)) {
    const uids = page.filter((row) => passesFilters(row, filters)).map(({ id }) => id);
    for (const candidate of await store.load(uids)) {
      const { retiring } = candidate;
      if (retiring === null) continue;
      const { uid, endsAt } = retiring;
      const headUid = headUidOf(retiring, heads);
      found.push({ uid, headUid, endsAt, objectSummary: objectSummaryOf(candidate) });
    }
  }
  return found.sort((one, other) => one.endsAt - other.endsAt || compareUids(one.uid, other.uid));
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
