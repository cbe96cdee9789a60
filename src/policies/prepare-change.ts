// The change of one key's rotation policy: the row that it writes, and what reports say of it. policy-plan.ts prepares
// changes to plan them, changes.ts prepares them again to write them.
import type { PolicyView } from '../rotation/policy-text.js';
import { policyInRow } from './policy-view.js';
import { KmsError } from '../errors.js';
import type { RowReplacement } from '../flows/change.js';
import { clearPolicy, setPolicy } from '../flows/set-policy.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { EndOptions } from '../rotation/ends.js';
import type { FirstDeadlineRule } from '../rotation/deadline.js';
import { evaluateSchedule, knownOf, type EvaluationOptions } from '../rotation/eligibility.js';
import { longIntervalDetail } from '../rotation/date-violations.js';
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

export interface PolicyOptions {
  readonly now: EpochSeconds;
  readonly firstDeadline: FirstDeadlineRule;
  readonly ends: EndOptions;
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
 * Returns the row with the desired policy, or null if it needs no change.
 *
 * @param nextTaken what `takenNextUids` found for the candidates of this page.
 * @throws KmsError if the key cannot have that policy.
 */
export function prepareChange(
  candidate: RotationCandidate,
  desiredPolicy: DesiredPolicy,
  options: PolicyOptions,
  nextTaken: ReadonlySet<string>,
): RowReplacement | null {
  if (desiredPolicy.kind === 'leave' || desiredPolicy.kind === 'unmatched') return null;
  if (desiredPolicy.kind === 'clear') return clearPolicy(candidate);
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
  return replacement;
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
  { after }: RowReplacement,
  options: PolicyOptions,
): PolicyEffect {
  const validity = certificateDatesOf(candidate);
  const known = knownOf(candidate, validity);
  const evaluate = (row: RowReplacement['after']) =>
    evaluateSchedule(row, evaluationOptions(options), known);
  const isActive = candidate.row.state === 'Active';
  const changed = evaluate(after);
  const policy = policyInRow(after);
  return {
    before: policyInRow(candidate.row),
    after: policy,
    notice:
      validity === null
        ? null
        : longIntervalDetail(policy.intervalSeconds ?? 0, changed.deadline, validity),
    deadline: isActive ? (changed.deadline?.at ?? null) : null,
    newlyDue:
      isActive && changed.eligibility === 'due' && evaluate(candidate.row).eligibility !== 'due',
  };
}

function startsKeyset(candidate: RotationCandidate, change: PolicyChange): boolean {
  return change.keyset === true && isOutsideKeyset(candidate);
}

function isOutsideKeyset({ object }: RotationCandidate): boolean {
  return !(object instanceof KmsError) && object.attributes.rotateName === null;
}

function evaluationOptions({ now, firstDeadline, ends }: PolicyOptions): EvaluationOptions {
  return { now, firstDeadline, ends, withinSeconds: 0 };
}
