// Whether a run would rotate an object that has a rotation policy, in one word, and why not. Pure: `now` and what the
// flows cannot do are arguments.
import { KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { JsonObject } from '../kmip/json.js';
import { decodeAttributesColumn, withRowUid, type ObjectRow } from '../kmip/managed-object.js';
import { declinesRotation, decodeRotationPolicy } from '../kmip/rotation-policy.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { ObjectType } from '../kmip/vocabulary.js';
import {
  deadlineBeforeEnd,
  deadlineOf,
  isDue,
  type Deadline,
  type FirstDeadlineRule,
  type Validity,
} from './deadline.js';
import type { RotationCandidate } from './candidate.js';
import { isInModule } from './related-objects.js';

/** What a run does about keys in a hardware security module, and keys under one, that are overdue: report or ignore. */
export const HSM_RULES = ['fail', 'leave'] as const;
export type HsmRule = (typeof HSM_RULES)[number];

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
  /** `fail` by default. */
  readonly hsm?: HsmRule;
}

export interface Evaluation {
  readonly eligibility: Eligibility;
  /** Null if the object is not armed, or its deadline cannot be computed. */
  readonly deadline: Deadline | null;
  /** The failure that a run reports: for `unsupported`, `undecidable` and an overdue `hsm-resident`, else null. */
  readonly failure: KmsError | null;
}

/** True if `kms rotate due` reports a result for such an object: it is overdue, or may be. */
export function yieldsResult({ eligibility, failure }: Evaluation): boolean {
  return eligibility === 'due' || failure !== null;
}

/** True if its deadline has passed, and a run would rotate it or has to say why not. */
export function isOverdue({ eligibility, failure }: Evaluation): boolean {
  if (eligibility === 'hsm-resident') return failure !== null;
  return eligibility === 'due' || eligibility === 'unsupported';
}

/** True if a run has a result of such an object now, or will have one within the time that the options look ahead. */
export function isDueWithin(evaluation: Evaluation, options: EvaluationOptions): boolean {
  const { eligibility, deadline } = evaluation;
  if (yieldsResult(evaluation) || eligibility === 'upcoming') return true;
  if (eligibility !== 'hsm-resident' || options.hsm === 'leave' || deadline === null) return false;
  return isDue(deadline.at, options.now + options.withinSeconds);
}

/**
 * Returns the eligibility of a candidate; `unsupported` is why the flows cannot rotate it, or null, and `validity` that
 * of a certificate. It is `due` if and only if a run would try to rotate it.
 */
export function evaluate(
  candidate: RotationCandidate,
  options: EvaluationOptions,
  unsupported: KmsError | null,
  validity: Validity | null = null,
): Evaluation {
  const schedule =
    candidate.object instanceof KmsError
      ? evaluateSchedule(candidate.row, options)
      : evaluateAttributes(
          candidate.row.id,
          options,
          candidate.object.attributes.members,
          validity,
        );
  const excluded = exclusionOfCandidate(candidate);
  if (excluded === 'hsm-resident') return evaluateHsmResident(candidate.row.id, schedule, options);
  if (excluded !== null) return { ...schedule, eligibility: excluded, failure: null };
  if (schedule.eligibility !== 'due') return schedule;
  if (candidate.object instanceof KmsError) {
    return { eligibility: 'undecidable', deadline: schedule.deadline, failure: candidate.object };
  }
  if (unsupported !== null)
    return { ...schedule, eligibility: 'unsupported', failure: unsupported };
  return schedule;
}

/** No run can make its material, so one that is overdue fails, unless it is left to others. */
function evaluateHsmResident(
  uid: string,
  schedule: Evaluation,
  { hsm = 'fail' }: EvaluationOptions,
): Evaluation {
  const { eligibility, deadline } = schedule;
  if (hsm === 'fail' && eligibility === 'undecidable') return schedule;
  const failure = hsm === 'fail' && eligibility === 'due' ? hsmResident(uid) : null;
  return { eligibility: 'hsm-resident', deadline, failure };
}

/** Returns the failure of an object whose material nobody can make outside of its module. */
export function hsmResident(uid: string): KmsError {
  return new KmsError(
    'HsmResident',
    `${JSON.stringify(uid)} lives in a hardware security module, or under a key that does`,
    {
      uid,
      hint: 'rotate it with the server, or with the module’s own tools; to exclude it from runs, use kms policy set UID --no-automatic, or rotation.hsm = "leave" for all of them',
    },
  );
}

/** Returns why a run passes over a candidate, whatever its policy says; else null. */
export function exclusionOfCandidate({
  row,
  object,
  replacedBy,
  relatedObjects,
}: RotationCandidate): Eligibility | null {
  const known =
    object instanceof KmsError ? { wrappingKeyUid: row.wrappingKeyId, objectType: null } : object;
  const exclusion = exclusionOf({ uid: row.id, state: row.state, replacedBy, ...known });
  const isKept = exclusion === null && isInModule(known.wrappingKeyUid, relatedObjects);
  return isKept ? 'hsm-resident' : exclusion;
}

/** Returns the eligibility as far as the policy in a row, and the validity of a certificate, decide it. */
export function evaluateSchedule(
  row: Pick<ObjectRow, 'id' | 'attributes'>,
  options: EvaluationOptions,
  validity: Validity | null = null,
): Evaluation {
  let attributes: JsonObject;
  try {
    attributes = decodeAttributesColumn(row.id, row.attributes);
  } catch (error) {
    return undecidable(row.id, error);
  }
  return evaluateAttributes(row.id, options, attributes, validity);
}

function evaluateAttributes(
  uid: string,
  options: EvaluationOptions,
  attributes: JsonObject,
  validity: Validity | null,
): Evaluation {
  try {
    const declined = declinesRotation(attributes);
    if (declined !== null) return { eligibility: declined, deadline: null, failure: null };
    const policy = withRowUid(uid, () => decodeRotationPolicy(attributes));
    const scheduled = deadlineOf(policy, options.firstDeadline);
    const deadline = validity === null ? scheduled : deadlineBeforeEnd(scheduled, validity);
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

/** Says whether a run has nothing to do with objects that are excluded so, and nothing to report of them. */
export function isPassedOver(
  exclusion: Eligibility | null,
  { hsm }: Pick<EvaluationOptions, 'hsm'>,
) {
  return exclusion !== null && (exclusion !== 'hsm-resident' || hsm === 'leave');
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

/**
 * Returns why a run cannot rotate an object, whatever its policy says; else null. Only of `hsm-resident` it may have a
 * result all the same: the failure of one that is overdue.
 */
export function exclusionOf(rowSummary: RowSummary): Eligibility | null {
  if (rowSummary.objectType === 'PublicKey') return 'public-key';
  if (rowSummary.replacedBy !== null) return 'already-replaced';
  if (rowSummary.state !== 'Active') return 'not-active';
  const { uid, wrappingKeyUid } = rowSummary;
  return isHsmUid(uid) || isHsmUid(wrappingKeyUid) ? 'hsm-resident' : null;
}
