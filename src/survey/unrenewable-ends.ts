// Ends that no rotation puts off, of objects with a policy: of certificates that end with their issuer's, and Usage Limits
// that nothing restores. rotation/date-violations.ts decides, for `kms report` too; near-deadlines.ts puts them among the
// deadlines, so that each is told once.
import { KmsError } from '../errors.js';
import { readableAttributes } from '../kmip/managed-object.js';
import { objectSummaryOf, type ObjectSummary } from '../report/object-summary.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { dateViolationsOf } from '../rotation/date-violations.js';
import type { EvaluationOptions } from '../rotation/eligibility.js';
import { deadlineByEnds, DEFAULT_END_OPTIONS } from '../rotation/ends.js';
import {
  unrenewableWarning,
  type DeadlineWarning,
  type UpcomingDeadline,
  type WarningKind,
  type WarningOptions,
} from '../rotation/warning.js';
import type { FoundRow } from '../store/find/found-pages.js';
import type { Store } from '../store/store.js';
import { certificateDatesOf } from './certificate-validity.js';
import { uidToRotate } from './ending-objects.js';
import { evaluated } from './evaluated-candidate.js';
import { passesFilters, type SurveyFilters } from './survey-filters.js';

type UnrenewableWarning = DeadlineWarning & {
  readonly uid: string;
  readonly objectSummary: ObjectSummary;
};

/** Returns the warning of a certificate that no rotation renews before its end; null if one does, or it is not near. */
export function certificateNotRenewed(
  candidate: RotationCandidate,
  schedule: EvaluationOptions,
  options: WarningOptions,
): UnrenewableWarning | null {
  const validity = certificateDatesOf(candidate);
  if (validity === null || !cannotBeRenewed(candidate, schedule, 'unrenewable-end')) return null;
  const { notBefore, notAfter: deadline } = validity;
  const end = { deadline, spanSeconds: deadline - notBefore, staysWhenPassed: false };
  return warningAbout(candidate, { kind: 'unrenewable-end', ...end }, options);
}

/** Yields warnings of objects whose Usage Limits are used up for good; of a pair, under its private key. */
export async function* usedUpBudgets(
  store: Pick<Store, 'findHalfUsed' | 'load'>,
  schedule: EvaluationOptions,
  options: WarningOptions,
  filters: SurveyFilters,
): AsyncGenerator<UnrenewableWarning> {
  const seen = new Set<string>();
  for await (const page of store.findHalfUsed(filters)) {
    const uids = new Set(page.filter(isUsedUp).map(uidToRotate));
    const unseen = [...uids].filter((uid) => !seen.has(uid));
    for (const uid of unseen) seen.add(uid);
    for (const candidate of await store.load(unseen)) {
      const { object, row } = candidate;
      if (object instanceof KmsError || !passesFilters(row, filters)) continue;
      if (!cannotBeRenewed(candidate, schedule, 'usage-limit')) continue;
      // Nothing says since when: what stays the same is when the object was made.
      const deadline = object.attributes.rotateDate ?? object.attributes.initialDate;
      if (deadline === null) continue;
      const end = { deadline, spanSeconds: Infinity, staysWhenPassed: true };
      const warning = warningAbout(candidate, { kind: 'usage-limit', ...end }, options);
      if (warning !== null) yield warning;
    }
  }
}

/** Leaves out what its attributes alone say, so that few objects are loaded. */
function isUsedUp({ id, attributes: text }: FoundRow): boolean {
  const members = readableAttributes(id, text)?.members;
  if (members === undefined) return false;
  const lifetime = { members, counterpart: null, validity: null };
  return deadlineByEnds(lifetime, DEFAULT_END_OPTIONS).unavoidable !== null;
}

function cannotBeRenewed(
  candidate: RotationCandidate,
  schedule: EvaluationOptions,
  kind: Extract<WarningKind, 'unrenewable-end' | 'usage-limit'>,
): boolean {
  const { evaluation } = evaluated(candidate, schedule);
  if ((evaluation.unavoidable?.rule === 'usage-limit') !== (kind === 'usage-limit')) return false;
  const dates = { now: schedule.now, certificate: certificateDatesOf(candidate) };
  return dateViolationsOf(candidate, evaluation, dates).some(
    ({ name }) => name === 'unrenewable-end',
  );
}

function warningAbout(
  candidate: RotationCandidate,
  upcoming: UpcomingDeadline,
  options: WarningOptions,
): UnrenewableWarning | null {
  const warning = unrenewableWarning(upcoming, options);
  if (warning === null) return null;
  return { ...warning, uid: candidate.row.id, objectSummary: objectSummaryOf(candidate) };
}
