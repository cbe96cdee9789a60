// Turns an event into outbox rows, one for each destination that accepts it. The caller writes them in the same
// transaction as the change that the event reports.
import type { Origin } from '../report/event-envelope.js';
import { isRepetition, type KmsEvent } from '../report/events.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { OwnRow } from '../store/own/our-tables.js';
import { HOLDING_TYPE, outboxRow } from '../store/own/outbox-rows.js';
import type { Addressee } from './destination.js';

/** Returns the outbox rows of an event. Without destinations it returns none and does not call `make`. */
export type EnqueueEvent = (make: (origin: Origin) => KmsEvent) => readonly OwnRow[];

export interface EnqueueOptions {
  readonly destinations: readonly Addressee[];
  readonly runId: string;
  readonly host: string;
  readonly version: string;
  /** Returns the label of the store, which is open by the time that an event is made. */
  readonly store: () => string;
  readonly now: () => EpochSeconds;
  readonly newId: () => string;
}

export function createEnqueueEvent(options: EnqueueOptions): EnqueueEvent {
  const { destinations, runId, host, version, store } = options;
  if (destinations.length === 0) return () => [];
  return (make) => {
    const now = options.now();
    const event = make({ id: options.newId(), now, runId, host, version, store: store() });
    const payload = JSON.stringify(event);
    return destinations
      .filter(({ accepts, forgets = false }) => (forgets || !isRepetition(event)) && accepts(event))
      .map(({ name }) =>
        outboxRow({
          eventId: event.id,
          eventType: isRepetition(event) ? HOLDING_TYPE : event.type,
          destination: name,
          runId,
          uid: event.subject ?? null,
          payload,
          createdAt: now,
        }),
      );
  };
}
