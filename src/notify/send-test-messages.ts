// A trial: one message to each destination, not through the outbox, and what came of it.
import { testEvent, type Origin } from '../report/events.js';
import { attemptWithin } from './delivery/send-within.js';
import type { Destination } from './destination.js';

export interface TestMessage {
  readonly destination: string;
  readonly outcome: 'accepted' | 'refused' | 'failed';
  readonly error: string | null;
}

/** Tries all at once, and returns what came of it in their order. */
export function sendTestMessages(
  destinations: readonly Destination[],
  originOf: () => Origin,
): Promise<readonly TestMessage[]> {
  return Promise.all(
    destinations.map(async (destination): Promise<TestMessage> => {
      const event = testEvent(originOf());
      const message = { id: event.id, attempt: 1, events: [event] };
      const attempt = await attemptWithin(destination.timeoutSeconds * 1000, destination, message);
      return {
        destination: destination.name,
        outcome: attempt.kind,
        error: attempt.kind === 'accepted' ? null : attempt.error,
      };
    }),
  );
}
