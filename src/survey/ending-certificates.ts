// Certificates that are due because they end, before their policy alone would have them renewed. Only their bytes say
// when they end, so all Active ones that have a policy are read; the database keeps an index of those.
import { isDueWithin, evaluateSchedule, type EvaluationOptions } from '../rotation/eligibility.js';
import type { FoundRow } from '../store/find/found-pages.js';
import type { Store } from '../store/store.js';
import { evaluated, type EvaluatedCandidate } from './evaluated-candidate.js';
import { passesFilters, type SurveyFilters } from './survey-filters.js';

/** Yields those that are due, or become due within the options' time, in no order. */
export async function* endingCertificates(
  store: Pick<Store, 'findActiveCertificates' | 'load'>,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<EvaluatedCandidate> {
  for await (const page of store.findActiveCertificates(filters)) {
    const uids = page
      .filter((foundRow) => passesFilters(foundRow, filters) && isArmed(foundRow, options))
      .map(({ id }) => id);
    for (const candidate of await store.load(uids)) {
      const one = evaluated(candidate, options);
      const { deadline } = one.evaluation;
      if (deadline?.rule === 'before-certificate-end' && isDueWithin(one.evaluation, options))
        yield one;
    }
  }
}

function isArmed(foundRow: FoundRow, options: EvaluationOptions): boolean {
  return evaluateSchedule(foundRow, options).deadline !== null;
}
