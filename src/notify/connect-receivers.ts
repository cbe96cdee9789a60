// Connects to every receiver that the destinations of a configuration have, without delivering anything. For
// `kms config check --connect`.
import type { KmsError } from '../errors.js';
import { sendWithin } from './delivery/send-within.js';
import type { Destination } from './destination.js';

export interface ReceiverAnswer {
  readonly name: string;
  /** Why it would take no message; null if it was reached. */
  readonly error: string | null;
}

/** Connects to all of them at once, to one that several destinations share once. */
export function connectReceivers(
  destinations: readonly Pick<Destination, 'receiver'>[],
  onUnexpected: (error: KmsError) => void,
): Promise<readonly ReceiverAnswer[]> {
  const receivers = new Set(destinations.flatMap(({ receiver }) => receiver ?? []));
  return Promise.all(
    [...receivers].map(async (receiver) => {
      const result = await sendWithin(
        receiver.timeoutSeconds * 1000,
        (signal) => receiver.connect(signal),
        onUnexpected,
      );
      return {
        name: receiver.name,
        error: result.kind === 'accepted' ? null : result.error,
      };
    }),
  );
}
