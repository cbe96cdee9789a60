// Sends a test message to each destination, without the outbox. For `kms notify test`.
import type { Origin } from '../report/event-envelope.js';
import { testEvent } from '../report/run-events.js';
import type { KmsError } from '../errors.js';
import { sendWithin } from './delivery/send-within.js';
import { deliveryProblem } from './destination.js';
import type { Notifier } from './notifier.js';

export interface TestResult {
  readonly destination: string;
  readonly outcome: 'accepted' | 'refused' | 'failed';
  readonly error: string | null;
}

export interface TestOptions {
  readonly originOf: () => Origin;
  /** Takes the error of a sender that throws. */
  readonly onUnexpected: (error: KmsError) => void;
}

/**
 * Sends all of them at once and returns the results in the order of the destinations, after what the configuration
 * keeps from being sent.
 */
export async function sendTestMessages(
  { destinations, problems }: Pick<Notifier, 'destinations' | 'problems'>,
  { originOf, onUnexpected }: TestOptions,
): Promise<readonly TestResult[]> {
  const sent = await Promise.all(
    destinations.map(async (destination): Promise<TestResult> => {
      const event = testEvent(originOf());
      const message = { id: event.id, attempt: 1, events: [event] };
      const attempt = await sendWithin(
        destination.timeoutSeconds * 1000,
        (signal) => destination.send(message, signal),
        onUnexpected,
      );
      return {
        destination: destination.name,
        outcome: attempt.kind,
        error: attempt.kind === 'accepted' ? null : attempt.error,
      };
    }),
  );
  const unusable = problems.map(deliveryProblem).map(({ destination, message }) => {
    return { destination, outcome: 'failed', error: message } as const;
  });
  return [...unusable, ...sent];
}
