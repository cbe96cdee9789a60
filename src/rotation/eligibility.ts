// Whether a run would rotate an object that has a rotation policy, in one word, and why not. Pure: `now` and what the
// flows cannot do are arguments.
import { KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { JsonObject } from '../kmip/json.js';
import { decodeAttributesColumn, withRowUid, type ObjectRow } from '../kmip/managed-object.js';
import { declinesRotation, decodeRotationPolicy } from '../kmip/rotation-policy.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { ObjectType } from '../kmip/vocabulary.js';
import { deadlineOf, isDue, type Deadline, type FirstDeadlineRule } from './deadline.js';
import type { RotationCandidate } from './candidate.js';

/** The words of `kms due list --explain`, where they are called verdicts. */
export type Eligibility =
  | 'due'
  | 'unsupported'
  | 'undecidable'
  | 'upcoming'
  | 'not-due'
  | 'not-armed'
  | 'opted-out'
  | 'not-active'
  | 'hsm-resident'
  | 'public-key'
  | 'already-replaced';

export interface EvaluationOptions {
  readonly now: EpochSeconds;
  /** How far ahead of now a deadline counts as upcoming, in seconds. */
  readonly withinSeconds: number;
  readonly firstDeadline: FirstDeadlineRule;
}

export interface Evaluation {
  readonly eligibility: Eligibility;
  /** Null if the object is not armed, or its deadline cannot be computed. */
  readonly deadline: Deadline | null;
  /** The failure that a run reports: for `unsupported` and `undecidable`, else null. */
  readonly failure: KmsError | null;
}

/** True if `kms rotate due` reports a result of such an object: it is overdue, or nobody can tell. */
export function yieldsResult(eligibility: Eligibility): boolean {
  return eligibility === 'due' || eligibility === 'unsupported' || eligibility === 'undecidable';
}

/**
 * Returns the eligibility of a candidate; `unsupported` is why the flows cannot rotate it, or null.
 * It is `due` if and only if a run would try to rotate it.
 */
export function evaluate(
  candidate: RotationCandidate,
  options: EvaluationOptions,
  unsupported: KmsError | null,
): Evaluation {
  const schedule =
    candidate.object instanceof KmsError
      ? evaluateSchedule(candidate.row, options)
      : evaluateAttributes(candidate.row.id, options, candidate.object.attributes.members);
  const excluded = exclusionOfCandidate(candidate);
  if (excluded !== null) return { ...schedule, eligibility: excluded, failure: null };
  if (schedule.eligibility !== 'due') return schedule;
  if (candidate.object instanceof KmsError) {
    return { eligibility: 'undecidable', deadline: schedule.deadline, failure: candidate.object };
  }
  if (unsupported !== null)
    return { ...schedule, eligibility: 'unsupported', failure: unsupported };
  return schedule;
}

/** Returns why a run passes over a candidate without a result, whatever its policy says; else null. */
export function exclusionOfCandidate({
  row,
  object,
  replacedBy,
}: RotationCandidate): Eligibility | null {
  return exclusionOf({
    uid: row.id,
    state: row.state,
    replacedBy,
    ...(object instanceof KmsError
      ? { wrappingKeyUid: row.wrappingKeyId, objectType: null }
      : object),
  });
}

/** Returns the eligibility as far as the policy in a row decides it. */
export function evaluateSchedule(
  row: Pick<ObjectRow, 'id' | 'attributes'>,
  options: EvaluationOptions,
): Evaluation {
  let attributes: JsonObject;
  try {
    attributes = decodeAttributesColumn(row.id, row.attributes);
  } catch (error) {
    return undecidable(row.id, error);
  }
  return evaluateAttributes(row.id, options, attributes);
}

function evaluateAttributes(
  uid: string,
  options: EvaluationOptions,
  attributes: JsonObject,
): Evaluation {
  try {
    const declined = declinesRotation(attributes);
    if (declined !== null) return { eligibility: declined, deadline: null, failure: null };
    const policy = withRowUid(uid, () => decodeRotationPolicy(attributes));
    const deadline = deadlineOf(policy, options.firstDeadline);
    return { eligibility: compare(deadline.at, options), deadline, failure: null };
  } catch (error) {
    return undecidable(uid, error);
  }
}

function undecidable(uid: string, cause: unknown): Evaluation {
  if (!(cause instanceof KmsError)) throw cause;
  const failure = new KmsError('Undecidable', cause.message, {
    uid,
    cause,
    ...(cause.hint === null ? {} : { hint: cause.hint }),
  });
  return { eligibility: 'undecidable', deadline: null, failure };
}

function compare(deadlineAt: EpochSeconds, options: EvaluationOptions): Eligibility {
  if (isDue(deadlineAt, options.now)) return 'due';
  return isDue(deadlineAt, options.now + options.withinSeconds) ? 'upcoming' : 'not-due';
}

/** What it takes to know that a run passes over an object. */
export interface RowSummary {
  readonly uid: string;
  readonly state: string | null;
  readonly objectType: ObjectType | null;
  readonly wrappingKeyUid: string | null;
  /** The uid that its ReplacementObjectLink names, if that row exists. */
  readonly replacedBy: string | null;
}

/** Returns why a run passes over an object without a result, whatever its policy says; else null. */
export function exclusionOf(rowSummary: RowSummary): Eligibility | null {
  if (isHsmUid(rowSummary.uid) || isHsmUid(rowSummary.wrappingKeyUid)) return 'hsm-resident';
  if (rowSummary.objectType === 'PublicKey') return 'public-key';
  if (rowSummary.replacedBy !== null) return 'already-replaced';
  return rowSummary.state === 'Active' ? null : 'not-active';
}
