// One attempt to send one message, which ends in any case: when its time is up, whatever its sender does, and
// whatever it throws.
import type { KmsEvent } from '../../report/events.js';
import type { ClaimedMessage } from '../../store/own/outbox.js';
import { failed, unwell, type Attempt, type Destination, type Message } from '../destination.js';

export async function attemptWithin(
  milliseconds: number,
  destination: Pick<Destination, 'send'>,
  message: Message,
): Promise<Attempt> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<Attempt>((resolve) => {
    timer = setTimeout(() => {
      resolve(unwell(`no answer within ${Math.ceil(milliseconds / 1000)} s`));
      controller.abort();
    }, milliseconds);
  });
  try {
    return await Promise.race([destination.send(message, controller.signal), timeIsUp]);
  } catch (error) {
    // A sender that throws has a bug; the rotation that it would tell of is done all the same.
    return failed(`unexpected ${error instanceof Error ? error.name : typeof error}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the message of rows that are claimed. */
export function messageOf({ id, notifications }: ClaimedMessage): Message {
  return {
    id,
    attempt: Math.max(...notifications.map(({ attempts }) => attempts)),
    // Written by ourselves, in a transaction.
    events: notifications.map(({ payload }) => JSON.parse(payload) as KmsEvent),
  };
}
