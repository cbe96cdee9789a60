// What `kms key list` lists: the objects of a store, by uid.
import type { EvaluationOptions } from '../../rotation/eligibility.js';
import { newSortedList } from '../../files/sorted-list.js';
import { compareUids } from '../../rotation/plan.js';
import type { LongList } from '../../text/lazy-lists.js';
import type { Store } from '../../store/store.js';
import { keyView, type KeyView } from './key-view.js';
import type { SurveyFilters } from '../../survey/survey-filters.js';

/** Returns the objects that pass the filters. An object whose type cannot be read is of no type. */
export async function keyList(
  store: Pick<Store, 'findAll' | 'load'>,
  options: EvaluationOptions,
  { objectType, ...filters }: SurveyFilters,
): Promise<LongList<KeyView>> {
  const keys = newSortedList<KeyView>((a, b) => compareUids(a.uid, b.uid));
  for await (const page of store.findAll(filters)) {
    for (const candidate of await store.load(page.map(({ id }) => id))) {
      const key = keyView(candidate, options);
      if (objectType === undefined || key.objectType === objectType) keys.add(key);
    }
  }
  return keys;
}
