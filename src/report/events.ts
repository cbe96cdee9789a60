// The events of every kind, and what all receivers ask of one.
import { EVENT_KINDS, type EventKind } from '../settings/event-kinds.js';
import type { ConditionEvent, FailedEvent, RecoveredEvent } from './condition-events.js';
import type {
  FinishedEvent,
  RetiredEvent,
  RewrappedEvent,
  RotatedEvent,
  TestEvent,
  WarningEvent,
} from './run-events.js';

export type KmsEvent =
  | RotatedEvent
  | FailedEvent
  | RecoveredEvent
  | WarningEvent
  | RewrappedEvent
  | RetiredEvent
  | ConditionEvent
  | FinishedEvent
  | TestEvent;

/** Says whether an event is only for receivers that forget what they are not told again. */
export function isRepetition(event: KmsEvent): boolean {
  if (event.type !== 'kms.failed' && event.type !== 'kms.condition') return false;
  return event.data.condition?.telling === 'holds';
}

/** Returns the name of an event in filters; null for a test, which has none. */
export function eventKindOf({ type }: KmsEvent): EventKind | null {
  return EVENT_KINDS.find((kind) => type === `kms.${kind}`) ?? null;
}
