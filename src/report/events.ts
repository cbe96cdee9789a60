// What happened, as events: each a JSON document, `kms.event/v1`, in the structured mode of CloudEvents 1.0. They are
// made of results alone; notify/ decides who receives them, and how.
import { resolutionWords } from '../conditions/condition-words.js';
import type { Condition, Resolution } from '../conditions/condition.js';
import type { Telling } from '../conditions/decide.js';
import type { ExitCode } from '../errors.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import { errorJson, type ErrorJson } from './error-json.js';
import type { RewrappedDependant, RotationResult } from './rotation-result.js';
import { summaryOf, type RunReport, type RunSummary } from './run-report.js';
import { EVENT_KINDS, type EventKind } from '../settings/event-kinds.js';
import type { ObjectSummary } from './object-summary.js';

/** Where and when it happened. The id is random and never changes. */
export interface Origin extends RunData {
  readonly id: string;
  readonly now: EpochSeconds;
}

interface RunData {
  readonly runId: string;
  readonly host: string;
  readonly version: string;
  /** The label of the store. */
  readonly store: string;
}

interface ObjectData extends RunData, ObjectSummary {
  readonly uid: string;
}

interface EventOf<Kind extends string, Data> {
  readonly specversion: '1.0';
  readonly id: string;
  /** A URI-reference that names the store. */
  readonly source: string;
  readonly type: `kms.${Kind}`;
  /** The uid of the object that it is about; of a condition about none, what that is about. */
  readonly subject?: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly schema: 'kms.event/v1';
  readonly data: Data;
}

export type RotatedEvent = EventOf<
  'rotated',
  ObjectData &
    Pick<
      RotationResult,
      'flow' | 'replacementUid' | 'publicKeyUid' | 'publicKeyReplacementUid' | 'generation'
    > & { readonly nextDeadline: string | null }
>;

export type FailedEvent = EventOf<
  'failed',
  ObjectData &
    Pick<RotationResult, 'flow'> & {
      readonly error: ErrorJson;
      /** Null for what was asked for by name: nobody is reminded of that. */
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
    readonly condition: ConditionData;
    /** What it is about: of runs their scope in words. */
    readonly subject: string;
    readonly reason: string;
    readonly message: string;
    readonly hint: string | null;
  }
>;

export type RewrappedEvent = EventOf<
  'mended',
  ObjectData & Pick<RewrappedDependant, 'fromWrappingKeyUid' | 'toWrappingKeyUid'>
>;

export interface WarningData {
  readonly kind: 'rotation' | 'expiry';
  readonly deadline: string;
  readonly daysLeft: number;
  readonly thresholdDays: number;
}

export type WarningEvent = EventOf<'warning', ObjectData & WarningData>;

export type FinishedEvent = EventOf<
  'finished',
  RunData & {
    readonly startedAt: string;
    readonly finishedAt: string;
    /** As known before any notification of the run was sent. */
    readonly exitCode: ExitCode;
    readonly summary: RunSummary;
    readonly error: ErrorJson | null;
  }
>;

/** Sent only by `kms notify test`; no filter stops it. */
export type TestEvent = EventOf<'test', RunData>;

export type KmsEvent =
  | RotatedEvent
  | FailedEvent
  | RecoveredEvent
  | WarningEvent
  | RewrappedEvent
  | ConditionEvent
  | FinishedEvent
  | TestEvent;

export function rotatedEvent(origin: Origin, result: RotationResult): RotatedEvent {
  const { flow, replacementUid, publicKeyUid, publicKeyReplacementUid, generation } = result;
  const nextDeadline = result.nextDeadline === null ? null : formatInstant(result.nextDeadline);
  const made = { flow, replacementUid, publicKeyUid, publicKeyReplacementUid, generation };
  return aboutObject('rotated', origin, result, { ...made, nextDeadline });
}

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
  { subject, reason, message, hint, resolved, ...condition }: Condition,
  telling: Telling,
): ConditionEvent {
  const { failures, firstSeenAt } = condition;
  const seconds = (resolved?.at ?? firstSeenAt) - firstSeenAt;
  const told =
    resolved === null
      ? { message, hint }
      : { message: resolutionWords(resolved.how, { failures, seconds }), hint: null };
  const data = { condition: conditionData(condition, telling), subject, reason, ...told };
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

/** Says whether an event is only for receivers that forget what they are not told again. */
export function isRepetition(event: KmsEvent): boolean {
  if (event.type !== 'kms.failed' && event.type !== 'kms.condition') return false;
  return event.data.condition?.telling === 'holds';
}

export function rewrappedEvent(origin: Origin, dependant: RewrappedDependant): RewrappedEvent {
  const { fromWrappingKeyUid, toWrappingKeyUid } = dependant;
  return aboutObject('mended', origin, dependant, { fromWrappingKeyUid, toWrappingKeyUid });
}

export function warningEvent(
  origin: Origin,
  object: Pick<RotationResult, 'uid' | 'objectSummary'>,
  warning: WarningData,
): WarningEvent {
  return aboutObject('warning', origin, object, warning);
}

export function finishedEvent(
  origin: Origin,
  report: RunReport,
  exitCode: ExitCode,
): FinishedEvent {
  return event('finished', origin, undefined, {
    ...runData(origin),
    startedAt: formatInstant(report.startedAt),
    finishedAt: formatInstant(report.finishedAt),
    exitCode,
    summary: summaryOf(report),
    error: report.error === null ? null : errorJson(report.error),
  });
}

export function testEvent(origin: Origin): TestEvent {
  return event('test', origin, undefined, runData(origin));
}

/** Returns the name of an event in filters; null for a test, which has none. */
export function eventKindOf({ type }: KmsEvent): EventKind | null {
  return EVENT_KINDS.find((kind) => type === `kms.${kind}`) ?? null;
}

function aboutObject<Kind extends string, Data extends object>(
  kind: Kind,
  origin: Origin,
  { uid, objectSummary }: Pick<RotationResult, 'uid' | 'objectSummary'>,
  data: Data,
): EventOf<Kind, ObjectData & Data> {
  return event(kind, origin, uid, { ...runData(origin), uid, ...objectSummary, ...data });
}

function event<Kind extends string, Data>(
  kind: Kind,
  { id, now, store }: Origin,
  subject: string | undefined,
  data: Data,
): EventOf<Kind, Data> {
  return {
    specversion: '1.0',
    id,
    source: `/kms/${store}`,
    type: `kms.${kind}`,
    ...(subject === undefined ? {} : { subject }),
    time: formatInstant(now),
    datacontenttype: 'application/json',
    schema: 'kms.event/v1',
    data,
  };
}

function runData({ runId, host, version, store }: Origin): RunData {
  return { runId, host, version, store };
}
