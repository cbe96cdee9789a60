// Turns an event into the rows that tell those concerned of it; whoever makes the event writes them with what it
// tells of.
import type { KmsEvent, Origin } from '../report/events.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { ExtraRow } from '../store/apply.js';
import { outboxRow } from '../store/own/outbox-rows.js';
import type { Destination } from './destination.js';

/** Returns the rows that tell of an event; none, and makes none, where nobody is to hear of anything. */
export type EnqueueEvent = (make: (origin: Origin) => KmsEvent) => readonly ExtraRow[];

export interface EnqueueOptions {
  readonly destinations: readonly Pick<Destination, 'name' | 'takes'>[];
  readonly runId: string;
  readonly host: string;
  readonly version: string;
  readonly now: () => EpochSeconds;
  readonly newId: () => string;
}

export function enqueuerFor(terms: EnqueueOptions): EnqueueEvent {
  const { destinations, runId, host, version } = terms;
  if (destinations.length === 0) return () => [];
  return (make) => {
    const now = terms.now();
    const event = make({ id: terms.newId(), now, runId, host, version });
    const payload = JSON.stringify(event);
    return destinations
      .filter((destination) => destination.takes(event))
      .map(({ name }) =>
        outboxRow({
          eventId: event.id,
          eventType: event.type,
          destination: name,
          runId,
          uid: event.subject ?? null,
          payload,
          createdAt: now,
        }),
      );
  };
}
