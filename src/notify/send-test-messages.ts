// Sends a test message to each destination, without the outbox. For `kms notify test`.
import { testEvent, type Origin } from '../report/events.js';
import { sendWithin } from './delivery/send-within.js';
import type { Destination } from './destination.js';

export interface TestResult {
  readonly destination: string;
  readonly outcome: 'accepted' | 'refused' | 'failed';
  readonly error: string | null;
}

/** Sends all of them at once and returns the results in the order of the destinations. */
export function sendTestMessages(
  destinations: readonly Destination[],
  originOf: () => Origin,
): Promise<readonly TestResult[]> {
  return Promise.all(
    destinations.map(async (destination): Promise<TestResult> => {
      const event = testEvent(originOf());
      const message = { id: event.id, attempt: 1, events: [event] };
      const attempt = await sendWithin(destination.timeoutSeconds * 1000, destination, message);
      return {
        destination: destination.name,
        outcome: attempt.kind,
        error: attempt.kind === 'accepted' ? null : attempt.error,
      };
    }),
  );
}
