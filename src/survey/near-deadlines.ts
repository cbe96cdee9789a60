// Looks through a store for deadlines that are near: rotations, through the index of deadlines, ends of Active
// certificates, and of overlaps. rotation/warning.ts says which are near enough.
import { validityOf } from './certificate-validity.js';
import { KmsError } from '../errors.js';
import { objectSummaryOf, type ObjectSummary } from '../report/object-summary.js';
import { compareUids } from '../rotation/plan.js';
import type { ObjectRow } from '../kmip/managed-object.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { endsOf } from '../rotation/ends.js';
import {
  evaluateSchedule,
  isOverdue,
  type Eligibility,
  type EvaluationOptions,
} from '../rotation/eligibility.js';
import { exclusionOfCandidate, isPassedOver } from '../rotation/exclusion.js';
import {
  lookaheadSeconds,
  overlapWarning,
  warningOf,
  type DeadlineWarning,
  type WarningOptions,
} from '../rotation/warning.js';
import type { Store } from '../store/store.js';
import { activeCertificates, dueCandidates, type DueStore } from './survey.js';
import { retirements, type RetirementStore } from './retirements.js';
import { certificateNotRenewed, usedUpBudgets } from './unrenewable-ends.js';
import { stoppedKeysets, unusableWarning } from './unusable-keysets.js';
import { passesFilters, type SurveyFilters } from './survey-filters.js';
import type { EvaluatedCandidate } from './evaluated-candidate.js';

export type NearDeadlineOptions = WarningOptions &
  Pick<EvaluationOptions, 'firstDeadline' | 'ends' | 'hsm'>;

export interface NearDeadline extends DeadlineWarning {
  readonly uid: string;
  readonly objectSummary: ObjectSummary;
}

export interface NearDeadlines {
  /** By deadline, then uid. */
  readonly near: readonly NearDeadline[];
  /** How many keys are past their deadline, and so due. */
  readonly due: number;
  /** Active certificates whose end cannot be read. */
  readonly failures: readonly { readonly uid: string; readonly error: KmsError }[];
}

export async function findNearDeadlines(
  store: DueStore & RetirementStore & Pick<Store, 'findStoppedMembers'>,
  options: NearDeadlineOptions,
  filters: SurveyFilters,
): Promise<NearDeadlines> {
  const near: NearDeadline[] = [];
  let due = 0;
  const schedule = { ...options, withinSeconds: lookaheadSeconds(options) };
  for await (const evaluated of dueCandidates(store, schedule, filters)) {
    if (isOverdue(evaluated.evaluation)) due += 1;
    const warning = rotationWarning(evaluated, options);
    if (warning !== null) near.push(warning);
  }
  const failures: { uid: string; error: KmsError }[] = [];
  for await (const candidate of activeCertificates(store, filters)) {
    // A run would say nothing of it either.
    if (isPassedOver(exclusionOfCandidate(candidate), options)) continue;
    const found = unusableWarning(candidate, options) ?? expiryWarning(candidate, options);
    if (found instanceof KmsError) failures.push({ uid: candidate.row.id, error: found });
    else if (found !== null) near.push(found);
    const notRenewed = certificateNotRenewed(candidate, schedule, options);
    if (notRenewed !== null) near.push(notRenewed);
  }
  for await (const warning of usedUpBudgets(store, schedule, options, filters)) near.push(warning);
  for await (const warning of unscheduledEnds(store, options, filters)) near.push(warning);
  for await (const warning of stoppedKeysets(store, options, filters)) near.push(warning);
  for (const { uid, endsAt, objectSummary } of await retirements(store, Infinity, filters)) {
    const warning = overlapWarning({ endsAt }, options);
    if (warning !== null) near.push({ ...warning, uid, objectSummary });
  }
  return { near: near.sort(byDeadline), due, failures };
}

function rotationWarning(
  { candidate, evaluation }: EvaluatedCandidate,
  options: WarningOptions,
): NearDeadline | null {
  const { object, row } = candidate;
  const { deadline, eligibility } = evaluation;
  const spanSeconds = object instanceof KmsError ? null : object.attributes.rotateInterval;
  const at = deadline?.at ?? null;
  if (at === null || spanSeconds === null) return null;
  // No run rotates it: whoever does must hear of it when its deadline has passed, too.
  const staysWhenPassed = eligibility === 'hsm-resident';
  const upcoming = {
    kind: 'rotation',
    deadline: at,
    spanSeconds: Math.min(spanSeconds, deadline?.end?.lifeSeconds ?? Infinity),
    staysWhenPassed,
  } as const;
  const warning = warningOf(upcoming, options);
  return warning === null
    ? null
    : { ...warning, uid: row.id, objectSummary: objectSummaryOf(candidate) };
}

/**
 * Yields warnings of objects that end by a date and that no run rotates before, as they have no policy that is on; and
 * of keysets that ended by one, with a policy or without.
 */
async function* unscheduledEnds(
  store: Pick<Store, 'findEnding' | 'load'>,
  options: NearDeadlineOptions,
  filters: SurveyFilters,
): AsyncGenerator<NearDeadline> {
  const schedule = { ...options, withinSeconds: 0 };
  const isUnscheduled = (row: Pick<ObjectRow, 'id' | 'attributes'>) =>
    UNSCHEDULED.includes(evaluateSchedule(row, schedule).eligibility);
  for await (const page of store.findEnding(options.now + lookaheadSeconds(options), filters)) {
    const uids = page
      .filter((foundRow) => passesFilters(foundRow, filters))
      .filter((foundRow) => foundRow.earliest <= options.now || isUnscheduled(foundRow))
      .map(({ id }) => id);
    for (const candidate of await store.load(uids)) {
      if (isPassedOver(exclusionOfCandidate(candidate), options)) continue;
      const warning = isCertificate(candidate)
        ? null
        : (unusableWarning(candidate, options) ??
          (isUnscheduled(candidate.row) ? endWarning(candidate, options) : null));
      if (warning !== null) yield warning;
    }
  }
}

const UNSCHEDULED: readonly Eligibility[] = ['not-armed', 'opted-out'];

/** Certificates are all looked at by themselves. */
function isCertificate({ object }: RotationCandidate): boolean {
  return !(object instanceof KmsError) && object.objectType === 'Certificate';
}

/** Null for what is not near its end. */
function endWarning(candidate: RotationCandidate, options: WarningOptions): NearDeadline | null {
  const { object } = candidate;
  if (object instanceof KmsError) return null;
  const { members } = object.attributes;
  const [end] = [...endsOf({ members, counterpart: null, validity: null })].sort(
    (one, other) => one.at - other.at,
  );
  if (end === undefined) return null;
  const spanSeconds = end.from === null ? Infinity : end.at - end.from;
  const warning = warningOf(
    { kind: 'expiry', deadline: end.at, spanSeconds, staysWhenPassed: true },
    options,
  );
  return warning === null
    ? null
    : { ...warning, uid: candidate.row.id, objectSummary: objectSummaryOf(candidate) };
}

/** Null for a certificate that is not near its end, and for other objects. */
function expiryWarning(
  candidate: RotationCandidate,
  options: WarningOptions,
): NearDeadline | KmsError | null {
  const term = validityOf(candidate.object);
  if (term === null || term instanceof KmsError) return term;
  const { notBefore, notAfter: deadline } = term;
  const warning = warningOf(
    { kind: 'expiry', deadline, spanSeconds: deadline - notBefore, staysWhenPassed: true },
    options,
  );
  return warning === null
    ? null
    : { ...warning, uid: candidate.row.id, objectSummary: objectSummaryOf(candidate) };
}

function byDeadline(one: NearDeadline, other: NearDeadline): number {
  return one.deadline - other.deadline || compareUids(one.uid, other.uid);
}
