// The plan of a run: every key that it rotates or reports, with what must be rotated before it. rotation/plan.ts sorts them.
import type { Store } from '../store/store.js';
import type { EvaluationOptions } from '../rotation/eligibility.js';
import type { SurveyFilters } from './survey-filters.js';
import type { PlannedKey } from '../rotation/plan.js';
import { dueKeysIn } from './due-keys.js';
import { endingCertificates } from './ending-certificates.js';
import { issuersOf } from './certificate-issuers.js';
import type { DueStore } from './survey.js';

/** Yields the keys that a run rotates or reports, in no order; reads no key material but that of certificates. */
export async function* plannedKeys(
  store: DueStore & Pick<Store, 'loadRelated'>,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<PlannedKey> {
  for await (const page of store.findDue(options.now, filters)) {
    const dueKeys = await dueKeysIn(store, page, options, filters);
    const issuers = await issuersOf(
      store,
      dueKeys.map(({ foundRow }) => foundRow),
    );
    for (const { planned } of dueKeys) yield withIssuers(planned, issuers);
  }
  for await (const { candidate, evaluation } of endingCertificates(store, options, filters)) {
    const { row } = candidate;
    const planned = {
      uid: row.id,
      deadlineAt: evaluation.deadline?.at ?? null,
      wrappingKeyUid: row.wrappingKeyId,
      publicKeyUid: null,
    };
    yield withIssuers(planned, await issuersOf(store, [row]));
  }
}

function withIssuers(
  planned: PlannedKey,
  issuers: ReadonlyMap<string, readonly string[]>,
): PlannedKey {
  const issuerUids = issuers.get(planned.uid);
  return issuerUids === undefined ? planned : { ...planned, issuerUids };
}
