// Events about what runs do: they rotate, re-wrap, warn of deadlines and finish.
import type { WarningKind } from '../rotation/warning.js';
import type { ExitCode } from '../errors.js';
import { formatInstant } from '../kmip/date-time.js';
import type { ChainHead } from '../store/own/chain/chain-details.js';
import { errorJson, type ErrorJson } from './error-json.js';
import {
  aboutObject,
  event,
  runData,
  type EventOf,
  type ObjectData,
  type Origin,
  type RunData,
} from './event-envelope.js';
import type { RetiredObject, RewrappedDependant, RotationResult } from './rotation-result.js';
import { summaryOf, type RunReport, type RunSummary } from './run-report.js';

export type RotatedEvent = EventOf<
  'rotated',
  ObjectData &
    Pick<
      RotationResult,
      'flow' | 'replacementUid' | 'publicKeyUid' | 'publicKeyReplacementUid' | 'generation'
    > & { readonly nextDeadline: string | null }
>;

export type RewrappedEvent = EventOf<
  'mended',
  ObjectData & Pick<RewrappedDependant, 'fromWrappingKeyUid' | 'toWrappingKeyUid'>
>;

export type RetiredEvent = EventOf<
  'retired',
  ObjectData & Pick<RetiredObject, 'headUid'> & { readonly end: string }
>;

export interface WarningData {
  readonly kind: WarningKind;
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
    /** The last rows of its chains in the log. Messages of an earlier version, which may still wait, have none. */
    readonly auditHeads?: readonly ChainHead[];
    readonly error: ErrorJson | null;
  }
>;

/** Sent only by `kms notify test`; no filter stops it. */
export type TestEvent = EventOf<'test', RunData>;

export function rotatedEvent(origin: Origin, result: RotationResult): RotatedEvent {
  const { flow, replacementUid, publicKeyUid, publicKeyReplacementUid, generation } = result;
  const nextDeadline = result.nextDeadline === null ? null : formatInstant(result.nextDeadline);
  const made = { flow, replacementUid, publicKeyUid, publicKeyReplacementUid, generation };
  return aboutObject('rotated', origin, result, { ...made, nextDeadline });
}

export function rewrappedEvent(origin: Origin, dependant: RewrappedDependant): RewrappedEvent {
  const { fromWrappingKeyUid, toWrappingKeyUid } = dependant;
  return aboutObject('mended', origin, dependant, { fromWrappingKeyUid, toWrappingKeyUid });
}

export function retiredEvent(origin: Origin, retired: RetiredObject): RetiredEvent {
  const { headUid, endsAt } = retired;
  return aboutObject('retired', origin, retired, { headUid, end: formatInstant(endsAt) });
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
    auditHeads: report.auditHeads,
    error: report.error === null ? null : errorJson(report.error),
  });
}

export function testEvent(origin: Origin): TestEvent {
  return event('test', origin, undefined, runData(origin));
}
