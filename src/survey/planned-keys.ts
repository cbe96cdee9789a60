// The plan of a run: every key that it rotates or reports, with what must be rotated before it. rotation/plan.ts sorts them.
import type { Store } from '../store/store.js';
import type { EvaluationOptions } from '../rotation/eligibility.js';
import type { SurveyFilters } from './survey-filters.js';
import type { PlannedKey } from '../rotation/plan.js';
import { dueKeysIn } from './due-keys.js';
import { issuersOf } from './certificate-issuers.js';

/** Yields the keys that a run rotates or reports, in no order; reads no key material. */
export async function* plannedKeys(
  store: Pick<Store, 'findDue' | 'existingUids' | 'loadRelated'>,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<PlannedKey> {
  for await (const page of store.findDue(options.now, filters)) {
    const dueKeys = await dueKeysIn(store, page, options, filters);
    const issuers = await issuersOf(
      store,
      dueKeys.map(({ foundRow }) => foundRow),
    );
    for (const { planned } of dueKeys) {
      const issuerUids = issuers.get(planned.uid);
      yield issuerUids === undefined ? planned : { ...planned, issuerUids };
    }
  }
}
