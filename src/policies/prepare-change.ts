// The change of one key's rotation policy: the row that it writes, and what reports say of it. policy-plan.ts prepares
// changes to plan them, changes.ts prepares them again to write them.
import { isDeepStrictEqual } from 'node:util';
import { NO_OPTIONS, type PolicyOptions } from '../rotation/policy-options.js';
import type { PolicyView } from '../rotation/policy-text.js';
import { policyInRow } from './policy-view.js';
import { KmsError } from '../errors.js';
import type { RowReplacement } from '../flows/change.js';
import { clearPolicy, setPolicy } from '../flows/set-policy.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { EndOptions } from '../rotation/ends.js';
import type { Deadline, FirstDeadlineRule } from '../rotation/deadline.js';
import { evaluateSchedule, knownOf, type EvaluationOptions } from '../rotation/eligibility.js';
import { longIntervalDetail, type CertificateDates } from '../rotation/date-violations.js';
import { nextUid } from '../rotation/keyset.js';
import type { PolicyChange } from '../rotation/policy-rules.js';
import type { Store } from '../store/store.js';
import { certificateDatesOf } from '../survey/certificate-validity.js';

/** What a command or a rule asks for a key. */
export type DesiredPolicy =
  | { readonly kind: 'set'; readonly change: PolicyChange }
  | { readonly kind: 'clear' }
  | { readonly kind: 'leave' }
  /** No rule matches the key. */
  | { readonly kind: 'unmatched' };

export interface ChangeOptions {
  readonly now: EpochSeconds;
  readonly firstDeadline: FirstDeadlineRule;
  readonly ends: EndOptions;
}

/** What is written: the row, and the options if they change. */
export interface PreparedPolicy extends RowReplacement {
  readonly options: PolicyOptions | null;
}

export interface PolicyEffect {
  readonly before: PolicyView;
  readonly after: PolicyView;
  /** With the changed policy; null if the key is then not armed, or is not Active. */
  readonly deadline: EpochSeconds | null;
  /** Whether the key is due with the changed policy and was not due before. */
  readonly newlyDue: boolean;
  /** What the operator should know of the changed policy; null if nothing. */
  readonly notice: string | null;
}

/**
 * Returns the row and the options with the desired policy, or null if they need no change. A row that stays as it is
 * is written all the same, so that a rotation meanwhile is noticed.
 *
 * @param nextTaken what `takenNextUids` found for the candidates of this page.
 * @throws KmsError if the key cannot have that policy.
 */
export function prepareChange(
  candidate: RotationCandidate,
  desiredPolicy: DesiredPolicy,
  options: ChangeOptions,
  nextTaken: ReadonlySet<string>,
): PreparedPolicy | null {
  if (desiredPolicy.kind === 'leave' || desiredPolicy.kind === 'unmatched') return null;
  const { row, options: own } = candidate;
  const wanted = wantedOptions(own, desiredPolicy);
  const given = isDeepStrictEqual(wanted, own) ? null : wanted;
  const prepared = (replacement: RowReplacement | null) =>
    replacement === null && given === null
      ? null
      : { ...(replacement ?? { before: row, after: row }), options: given };
  if (desiredPolicy.kind === 'clear') return prepared(clearPolicy(candidate));
  const { change } = desiredPolicy;
  const replacement = setPolicy(candidate, change);
  const uid = candidate.row.id;
  if (replacement !== null && startsKeyset(candidate, change) && nextTaken.has(nextUid(uid, 0))) {
    throw new KmsError(
      'KeysetConflict',
      `${JSON.stringify(uid)} cannot name a keyset: the uid of its next generation is taken`,
      { uid, hint: 'leave the keyset out: the key can be rotated without one' },
    );
  }
  const evaluated = evaluateSchedule(
    replacement?.after ?? candidate.row,
    evaluationOptions(options),
  );
  if (replacement !== null && evaluated.failure !== null) throw evaluated.failure;
  return prepared(replacement);
}

function wantedOptions(own: PolicyOptions, desiredPolicy: DesiredPolicy): PolicyOptions {
  if (desiredPolicy.kind === 'clear') return NO_OPTIONS;
  if (desiredPolicy.kind !== 'set') return own;
  const { beforeEndSeconds = own.beforeEndSeconds, overlapSeconds = own.overlapSeconds } =
    desiredPolicy.change;
  return { beforeEndSeconds, overlapSeconds };
}

/** Returns the uids that the next generations of these candidates would get in a keyset, and that are taken. */
export async function takenNextUids(
  store: Pick<Store, 'existingUids'>,
  candidates: readonly RotationCandidate[],
): Promise<ReadonlySet<string>> {
  return store.existingUids(
    candidates.filter(isOutsideKeyset).map(({ row }) => nextUid(row.id, 0)),
  );
}

/** Returns the policy before and after a change, and the deadline that it leads to. */
export function describeChange(
  candidate: RotationCandidate,
  { after, options: given }: PreparedPolicy,
  options: ChangeOptions,
): PolicyEffect {
  const validity = certificateDatesOf(candidate);
  const known = knownOf(candidate, validity);
  const own = given ?? candidate.options;
  const evaluate = (row: RowReplacement['after'], by: PolicyOptions) =>
    evaluateSchedule(row, evaluationOptions(options), { ...known, own: by });
  const isActive = candidate.row.state === 'Active';
  const changed = evaluate(after, own);
  const policy = policyInRow(after, own);
  return {
    before: policyInRow(candidate.row, candidate.options),
    after: policy,
    notice: noticeOf(policy, changed.deadline, validity),
    deadline: isActive ? (changed.deadline?.at ?? null) : null,
    newlyDue:
      isActive &&
      changed.eligibility === 'due' &&
      evaluate(candidate.row, candidate.options).eligibility !== 'due',
  };
}

function noticeOf(
  { intervalSeconds }: PolicyView,
  deadline: Deadline | null,
  validity: CertificateDates | null,
): string | null {
  if (deadline?.end?.isCut === true) {
    return 'the time before its end at which it is to be rotated is longer than a third of its life, and counts as a third';
  }
  return validity === null ? null : longIntervalDetail(intervalSeconds ?? 0, deadline, validity);
}

function startsKeyset(candidate: RotationCandidate, change: PolicyChange): boolean {
  return change.keyset === true && isOutsideKeyset(candidate);
}

function isOutsideKeyset({ object }: RotationCandidate): boolean {
  return !(object instanceof KmsError) && object.attributes.rotateName === null;
}

function evaluationOptions({ now, firstDeadline, ends }: ChangeOptions): EvaluationOptions {
  return { now, firstDeadline, ends, withinSeconds: 0 };
}
