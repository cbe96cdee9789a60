// Sends a test message to each destination, without the outbox. For `kms notify test`.
import { testEvent, type Origin } from '../report/events.js';
import { sendWithin, type Sending } from './delivery/send-within.js';
import type { Destination } from './destination.js';

export interface TestResult {
  readonly destination: string;
  readonly outcome: 'accepted' | 'refused' | 'failed';
  readonly error: string | null;
}

export interface TestOptions extends Pick<Sending, 'onUnexpected'> {
  readonly originOf: () => Origin;
}

/** Sends all of them at once and returns the results in the order of the destinations. */
export function sendTestMessages(
  destinations: readonly Destination[],
  { originOf, onUnexpected }: TestOptions,
): Promise<readonly TestResult[]> {
  return Promise.all(
    destinations.map(async (destination): Promise<TestResult> => {
      const event = testEvent(originOf());
      const message = { id: event.id, attempt: 1, events: [event] };
      const sending = { message, onUnexpected };
      const attempt = await sendWithin(destination.timeoutSeconds * 1000, destination, sending);
      return {
        destination: destination.name,
        outcome: attempt.kind,
        error: attempt.kind === 'accepted' ? null : attempt.error,
      };
    }),
  );
}
