// What `kms key list` lists: the objects of a store, by uid.
import type { EvaluationOptions } from '../../rotation/eligibility.js';
import { compareUids } from '../../rotation/plan.js';
import type { Store } from '../../store/store.js';
import { keyView, type KeyView } from './key-view.js';
import type { SurveyFilters } from '../../survey/survey-filters.js';

/** Returns the objects that pass the filters. An object whose type cannot be read is of no type. */
export async function keyList(
  store: Pick<Store, 'findAll' | 'load'>,
  options: EvaluationOptions,
  { objectType, ...filters }: SurveyFilters,
): Promise<readonly KeyView[]> {
  const keys: KeyView[] = [];
  for await (const page of store.findAll(filters)) {
    const candidates = await store.load(page.map(({ id }) => id));
    keys.push(...candidates.map((candidate) => keyView(candidate, options)));
  }
  return keys
    .filter((key) => objectType === undefined || key.objectType === objectType)
    .sort((a, b) => compareUids(a.uid, b.uid));
}
