// Events about what is wrong: a rotation that failed, one that did not come, and that either is over.
import { resolutionWords } from '../conditions/condition-words.js';
import type { Condition, FaultKind, Resolution } from '../conditions/condition.js';
import type { Telling } from '../conditions/decide.js';
import { formatInstant } from '../kmip/date-time.js';
import type { ErrorJson } from './error-json.js';
import {
  aboutObject,
  event,
  runData,
  type EventOf,
  type ObjectData,
  type Origin,
  type RunData,
} from './event-envelope.js';
import type { RotationResult } from './rotation-result.js';

export type FailedEvent = EventOf<
  'failed',
  ObjectData &
    Pick<RotationResult, 'flow'> & {
      readonly error: ErrorJson;
      /** Null for what nobody is reminded of: a repair that failed. */
      readonly condition: ConditionData | null;
    }
>;

/** What a message says of the condition that it is about. */
export interface ConditionData extends Pick<Condition, 'id' | 'kind' | 'failures'> {
  readonly telling: Telling;
  readonly firstSeen: string;
}

export type RecoveredEvent = EventOf<
  'recovered',
  ObjectData & {
    readonly condition: ConditionData;
    readonly resolution: Resolution;
    /** The reason of the failures. */
    readonly reason: string;
  }
>;

/** Something is wrong that is about no object, or is over. */
export type ConditionEvent = EventOf<
  'condition',
  RunData & {
    readonly condition: ConditionData & { readonly kind: FaultKind };
    /** What it is about: the scope of runs in words, a destination, or a part of the store. */
    readonly subject: string;
    readonly reason: string;
    readonly message: string;
    readonly hint: string | null;
  }
>;

export function failedEvent(
  origin: Origin,
  failure: Pick<RotationResult, 'uid' | 'objectSummary'> & {
    readonly flow: RotationResult['flow'];
    readonly error: ErrorJson;
  },
  condition: ConditionData | null = null,
): FailedEvent {
  const { flow, error } = failure;
  return aboutObject('failed', origin, failure, { flow, error, condition });
}

export function recoveredEvent(
  origin: Origin,
  { subject, about, reason, resolved, ...condition }: RecoveredCondition,
): RecoveredEvent {
  const object = { uid: subject, objectSummary: about };
  const data = conditionData(condition, 'over');
  return aboutObject('recovered', origin, object, {
    condition: data,
    resolution: resolved.how,
    reason,
  });
}

export function conditionEvent(
  origin: Origin,
  {
    subject,
    reason,
    message,
    hint,
    resolved,
    ...condition
  }: Condition & { readonly kind: FaultKind },
  telling: Telling,
): ConditionEvent {
  const seconds = (resolved?.at ?? condition.firstSeenAt) - condition.firstSeenAt;
  const told =
    resolved === null
      ? { message, hint }
      : { message: resolutionWords(resolved.how, condition, seconds), hint: null };
  const { kind } = condition;
  const about = { ...conditionData(condition, telling), kind };
  const data = { condition: about, subject, reason, ...told };
  return event('condition', origin, subject, { ...runData(origin), ...data });
}

/** A condition that is over. */
export interface RecoveredCondition extends Condition {
  readonly resolved: NonNullable<Condition['resolved']>;
}

export function conditionData(
  { id, kind, failures, firstSeenAt }: Pick<Condition, 'id' | 'kind' | 'failures' | 'firstSeenAt'>,
  telling: Telling,
): ConditionData {
  return { id, kind, failures, telling, firstSeen: formatInstant(firstSeenAt) };
}
