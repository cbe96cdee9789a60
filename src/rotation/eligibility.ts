// Whether a run would rotate an object that has a rotation policy, in one word, and why not: by exclusion.ts, by its
// policy, and by what the flows cannot do. Pure: `now` and the latter are arguments.
import { KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { JsonObject } from '../kmip/json.js';
import { decodeAttributesColumn, withRowUid, type ObjectRow } from '../kmip/managed-object.js';
import { declinesRotation, decodeRotationPolicy } from '../kmip/rotation-policy.js';
import { deadlineOf, earlierOf, isDue, type Deadline, type FirstDeadlineRule } from './deadline.js';
import type { RotationCandidate } from './candidate.js';
import {
  deadlineByEnds,
  DEFAULT_END_OPTIONS,
  type EndOptions,
  type Lifetime,
  type UnavoidableEnd,
} from './ends.js';
import { NO_OPTIONS, type PolicyOptions } from './policy-options.js';
import { privateUidOf, publicUidOf } from './related-objects.js';
import {
  asksServer,
  exclusionOfCandidate,
  hsmResident,
  leavesToOthers,
  type Exclusion,
  type HsmRule,
} from './exclusion.js';
import { serverRefusal } from './server/server-refusal.js';

/** The words of `kms due list --explain`, where they are called verdicts. */
export type Eligibility =
  | 'due'
  | 'unsupported'
  | 'undecidable'
  | 'upcoming'
  | 'not-due'
  | 'not-armed'
  | 'opted-out'
  | Exclusion;

export interface EvaluationOptions {
  readonly now: EpochSeconds;
  /** How far ahead of now a deadline counts as upcoming, in seconds. */
  readonly withinSeconds: number;
  readonly firstDeadline: FirstDeadlineRule;
  /** DEFAULT_END_OPTIONS by default. */
  readonly ends?: EndOptions;
  /** `fail` by default. */
  readonly hsm?: HsmRule;
}

export interface Evaluation {
  readonly eligibility: Eligibility;
  /** Null if the object is not armed, or its deadline cannot be computed. */
  readonly deadline: Deadline | null;
  /** The failure that a run reports: for `unsupported`, `undecidable` and an overdue `hsm-resident`, else null. */
  readonly failure: KmsError | null;
  /** What ends it and no rotation puts off; of an armed object only. */
  readonly unavoidable?: UnavoidableEnd | null;
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
  if (eligibility !== 'hsm-resident' || leavesToOthers(options.hsm) || deadline === null)
    return false;
  return isDue(deadline.at, options.now + options.withinSeconds);
}

/**
 * Returns the eligibility of a candidate; `unsupported` is why the flows cannot rotate it, `HsmResident` if only a module
 * could, or null, and `validity` that of a certificate. It is `due` if and only if a run would try to rotate it.
 */
export function evaluate(
  candidate: RotationCandidate,
  options: EvaluationOptions,
  unsupported: KmsError | null,
  validity: Lifetime['validity'] = null,
): Evaluation {
  const { row, object } = candidate;
  const known = knownOf(candidate, validity);
  const schedule =
    object instanceof KmsError
      ? evaluateSchedule(row, options, known)
      : evaluateAttributes(row.id, options, object.attributes.members, known);
  const excluded = exclusionOfCandidate(candidate);
  if (excluded !== null && excluded !== 'hsm-resident') {
    return { ...schedule, eligibility: excluded, failure: null };
  }
  const isArmed = schedule.deadline !== null;
  const signer = isArmed ? unsupported : null;
  if (excluded === 'hsm-resident') {
    const refusal = asksServer(options.hsm)
      ? serverRefusal(candidate)
      : hsmResident(candidate.row.id);
    return refusal === null ? schedule : evaluateHsmResident(refusal, schedule, options);
  }
  if (signer?.reason === 'HsmResident') return evaluateHsmResident(signer, schedule, options);
  if (schedule.eligibility !== 'due') return schedule;
  if (candidate.object instanceof KmsError) {
    return { eligibility: 'undecidable', deadline: schedule.deadline, failure: candidate.object };
  }
  if (unsupported !== null)
    return { ...schedule, eligibility: 'unsupported', failure: unsupported };
  return schedule;
}

/** Returns what is known of a candidate besides its row; `validity` is that of a certificate. */
export function knownOf(candidate: RotationCandidate, validity: Lifetime['validity']): KnownOfRow {
  return { validity, counterpart: counterpartOf(candidate), own: candidate.options };
}

/** The public key of a private key, if it is in use and is that one's alone. */
function counterpartOf({ object, relatedObjects }: RotationCandidate): Lifetime['counterpart'] {
  if (object instanceof KmsError || object.objectType !== 'PrivateKey') return null;
  const found = relatedObjects.get(publicUidOf(object));
  if (found === undefined || found instanceof KmsError || found.state !== 'Active') return null;
  if (privateUidOf(found) !== object.uniqueIdentifier) return null;
  return { uid: found.uniqueIdentifier, members: found.attributes.members };
}

/** No run can rotate it, so one that is overdue fails, unless it is left to others. */
function evaluateHsmResident(
  overdue: KmsError,
  schedule: Evaluation,
  { hsm }: EvaluationOptions,
): Evaluation {
  const { eligibility } = schedule;
  const isReported = !leavesToOthers(hsm);
  if (isReported && eligibility === 'undecidable') return schedule;
  const failure = isReported && eligibility === 'due' ? overdue : null;
  return { ...schedule, eligibility: 'hsm-resident', failure };
}

/** What bears on the deadline of a row besides its own attributes. */
export interface KnownOfRow extends Omit<Lifetime, 'members'> {
  readonly own: PolicyOptions;
}

/** Nothing. */
export const UNKNOWN_OF_ROW: KnownOfRow = { validity: null, counterpart: null, own: NO_OPTIONS };

/**
 * Returns the eligibility as far as the policy in a row decides it, and, given what else is known, what ends the object:
 * null leaves that out.
 */
export function evaluateSchedule(
  row: Pick<ObjectRow, 'id' | 'attributes'>,
  options: EvaluationOptions,
  known: KnownOfRow | null = null,
): Evaluation {
  let attributes: JsonObject;
  try {
    attributes = decodeAttributesColumn(row.id, row.attributes);
  } catch (error) {
    return undecidable(row.id, error);
  }
  return evaluateAttributes(row.id, options, attributes, known);
}

function evaluateAttributes(
  uid: string,
  options: EvaluationOptions,
  members: JsonObject,
  known: KnownOfRow | null,
): Evaluation {
  try {
    const declined = declinesRotation(members);
    if (declined !== null) return { eligibility: declined, deadline: null, failure: null };
    const policy = withRowUid(uid, () => decodeRotationPolicy(members));
    const scheduled = deadlineOf(policy, options.firstDeadline);
    const ends =
      known === null
        ? null
        : deadlineByEnds({ members, ...known }, endOptionsOf(options, known.own));
    const deadline = earlierOf(scheduled, ends?.deadline ?? null);
    const eligibility = compare(deadline.at, options);
    const schedule = { eligibility, deadline, failure: null };
    return ends === null ? schedule : { ...schedule, unavoidable: ends.unavoidable };
  } catch (error) {
    return undecidable(uid, error);
  }
}

/** Returns the settings about ends, with an object's own options in place of them. */
export function endOptionsOf(
  { ends = DEFAULT_END_OPTIONS }: Pick<EvaluationOptions, 'ends'>,
  { beforeEndSeconds }: PolicyOptions,
): EndOptions {
  return beforeEndSeconds === null ? ends : { ...ends, beforeEndSeconds };
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

function compare(deadlineAt: EpochSeconds | null, options: EvaluationOptions): Eligibility {
  if (isDue(deadlineAt, options.now)) return 'due';
  return isDue(deadlineAt, options.now + options.withinSeconds) ? 'upcoming' : 'not-due';
}
