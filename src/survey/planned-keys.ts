// The plan of a run: every key that it rotates or reports, with what must be rotated before it. rotation/plan.ts sorts them.
import type { Store } from '../store/store.js';
import type { EvaluationOptions } from '../rotation/eligibility.js';
import type { SurveyFilters } from './survey-filters.js';
import type { PlannedKey } from '../rotation/plan.js';
import { dueKeysIn } from './due-keys.js';
import { endingCertificates } from './ending-certificates.js';
import { endingObjects } from './ending-objects.js';
import type { EvaluatedCandidate } from './evaluated-candidate.js';
import { KmsError } from '../errors.js';
import { linkTo } from '../kmip/attributes.js';
import { issuersOf } from './certificate-issuers.js';
import type { DueStore } from './survey.js';

/** Yields the keys that a run rotates or reports, in no order; loads only those that are due because they end. */
export async function* plannedKeys(
  store: DueStore & Pick<Store, 'loadRelated'>,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<PlannedKey> {
  const ending = new Set<string>();
  for await (const page of endingPages(store, options, filters)) {
    const rows = page.map(({ candidate }) => candidate.row);
    const issuers = await issuersOf(store, rows);
    for (const one of page) {
      ending.add(one.candidate.row.id);
      yield withIssuers(plannedOf(one), issuers);
    }
  }
  for await (const page of store.findDue(options.now, filters)) {
    const dueKeys = await dueKeysIn(store, page, options, filters);
    const issuers = await issuersOf(
      store,
      dueKeys.map(({ foundRow }) => foundRow),
    );
    for (const { planned } of dueKeys) {
      if (!ending.has(planned.uid)) yield withIssuers(planned, issuers);
    }
  }
}

async function* endingPages(
  store: DueStore,
  options: EvaluationOptions,
  filters: SurveyFilters,
): AsyncGenerator<readonly EvaluatedCandidate[]> {
  yield* endingObjects(store, options, filters);
  for await (const one of endingCertificates(store, options, filters)) yield [one];
}

function plannedOf({ candidate: { row, object }, evaluation }: EvaluatedCandidate): PlannedKey {
  const isPair = !(object instanceof KmsError) && object.objectType === 'PrivateKey';
  return {
    uid: row.id,
    deadlineAt: evaluation.deadline?.at ?? null,
    wrappingKeyUid: row.wrappingKeyId,
    publicKeyUid: isPair ? linkTo(object.attributes, 'PublicKeyLink') : null,
  };
}

function withIssuers(
  planned: PlannedKey,
  issuers: ReadonlyMap<string, readonly string[]>,
): PlannedKey {
  const issuerUids = issuers.get(planned.uid);
  return issuerUids === undefined ? planned : { ...planned, issuerUids };
}
