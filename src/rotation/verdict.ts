// What a run would make of an object that has a rotation policy, in one word, and why. It takes what
// the flows can do as an argument, and reads no clock.
import { KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { JsonObject } from '../kmip/json.js';
import { decodeAttributesColumn, namingTheRow, type ObjectRow } from '../kmip/managed-object.js';
import { declinesRotation, decodeRotationPolicy } from '../kmip/rotation-policy.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { ObjectType } from '../kmip/vocabulary.js';
import { deadlineOf, isDue, type Deadline, type FirstDeadlineRule } from './schedule.js';
import type { Subject } from './subject.js';

export type Verdict =
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

/** The terms on which a verdict is given. */
export interface Terms {
  readonly now: EpochSeconds;
  /** How far ahead of now a deadline counts as upcoming, in seconds. */
  readonly withinSeconds: number;
  readonly firstDeadline: FirstDeadlineRule;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Null if the object is not armed, or its deadline cannot be reckoned. */
  readonly deadline: Deadline | null;
  /** Why a run reports a failure: for `unsupported` and `undecidable`, else null. */
  readonly obstacle: KmsError | null;
}

/** Verdicts of which `kms rotate due` has something to say. */
export function concernsARun(verdict: Verdict): boolean {
  return verdict === 'due' || verdict === 'unsupported' || verdict === 'undecidable';
}

/**
 * Returns the verdict on a subject; `unsupported` is what the flows have against rotating it.
 * `due` if and only if a run would try to rotate it.
 */
export function judge(subject: Subject, terms: Terms, unsupported: KmsError | null): Judgement {
  const schedule =
    subject.object instanceof KmsError
      ? judgeSchedule(subject.row, terms)
      : judgeAttributes(subject.row.id, terms, subject.object.attributes.members);
  const excluded = exclusionOfSubject(subject);
  if (excluded !== null) return { ...schedule, verdict: excluded, obstacle: null };
  if (schedule.verdict !== 'due') return schedule;
  if (subject.object instanceof KmsError) {
    return { verdict: 'undecidable', deadline: schedule.deadline, obstacle: subject.object };
  }
  if (unsupported !== null) return { ...schedule, verdict: 'unsupported', obstacle: unsupported };
  return schedule;
}

/** Returns why a run passes over a subject without a word, whatever its policy says; else null. */
export function exclusionOfSubject({ row, object, replacedBy }: Subject): Verdict | null {
  return exclusionOf({
    uid: row.id,
    state: row.state,
    replacedBy,
    ...(object instanceof KmsError
      ? { wrappingKeyUid: row.wrappingKeyId, objectType: null }
      : object),
  });
}

/** Returns the part of a verdict that a row's policy alone decides. */
export function judgeSchedule(row: Pick<ObjectRow, 'id' | 'attributes'>, terms: Terms): Judgement {
  let attributes: JsonObject;
  try {
    attributes = decodeAttributesColumn(row.id, row.attributes);
  } catch (error) {
    return undecidable(row.id, error);
  }
  return judgeAttributes(row.id, terms, attributes);
}

function judgeAttributes(uid: string, terms: Terms, attributes: JsonObject): Judgement {
  try {
    const declined = declinesRotation(attributes);
    if (declined !== null) return { verdict: declined, deadline: null, obstacle: null };
    const policy = namingTheRow(uid, () => decodeRotationPolicy(attributes));
    const deadline = deadlineOf(policy, terms.firstDeadline);
    return { verdict: compare(deadline.at, terms), deadline, obstacle: null };
  } catch (error) {
    return undecidable(uid, error);
  }
}

function undecidable(uid: string, cause: unknown): Judgement {
  if (!(cause instanceof KmsError)) throw cause;
  const obstacle = new KmsError('Undecidable', cause.message, {
    uid,
    cause,
    ...(cause.hint === null ? {} : { hint: cause.hint }),
  });
  return { verdict: 'undecidable', deadline: null, obstacle };
}

function compare(deadlineAt: EpochSeconds, terms: Terms): Verdict {
  if (isDue(deadlineAt, terms.now)) return 'due';
  return isDue(deadlineAt, terms.now + terms.withinSeconds) ? 'upcoming' : 'not-due';
}

/** As much of an object as it takes to see that a run passes over it. */
export interface Outline {
  readonly uid: string;
  readonly state: string | null;
  readonly objectType: ObjectType | null;
  readonly wrappingKeyUid: string | null;
  /** The uid that its ReplacementObjectLink names, if that row is there. */
  readonly replacedBy: string | null;
}

/** Returns why a run passes over an object without a word, whatever its policy says; else null. */
export function exclusionOf(outline: Outline): Verdict | null {
  if (isHsmUid(outline.uid) || isHsmUid(outline.wrappingKeyUid)) return 'hsm-resident';
  if (outline.objectType === 'PublicKey') return 'public-key';
  if (outline.replacedBy !== null) return 'already-replaced';
  return outline.state === 'Active' ? null : 'not-active';
}
