// Claims messages of one destination from the outbox, so that no other run sends them at the same time, and settles
// what it has claimed. One claim at a time: two at once could both pick the same row, and the loser would find
// nothing and take the outbox for empty.
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { KmsEvent } from '../../report/events.js';
import type { Outbox } from '../../store/own/open-outbox.js';
import type { Notification } from '../../store/own/outbox-rows.js';
import type { Settlement } from '../../store/own/outbox.js';
import type { Destination, Message } from '../destination.js';
import type { ClaimedMessage } from '../../store/own/claim-messages.js';

export interface ClaimOptions {
  readonly outbox: Pick<Outbox, 'claim' | 'settle'>;
  readonly runId: string;
  readonly now: () => EpochSeconds;
  readonly newId: () => string;
}

export interface Claimed {
  /** Empty if nothing is left to send. */
  readonly messages: readonly ClaimedMessage[];
  /** Records what became of claimed notifications. */
  settle(notifications: readonly Notification[], settlement: Settlement): Promise<void>;
}

/** How many messages are claimed for each that is sent at once. */
const CLAIMED_AHEAD = 25;

/** Returns a function that claims the next messages of a destination. */
export function claimer(destination: Destination, options: ClaimOptions): () => Promise<Claimed> {
  let previous: Promise<unknown> = Promise.resolve();
  return () => {
    const claimed = previous.then(claim, claim);
    previous = claimed;
    return claimed;
  };

  async function claim(): Promise<Claimed> {
    const { outbox, runId, now, newId } = options;
    const token = newId();
    const messages = await outbox.claim({
      destination: destination.name,
      now: now(),
      runId,
      token,
      together: destination.digest,
      limit: destination.claimsSingly === true ? 1 : destination.concurrency * CLAIMED_AHEAD,
      newId: newId(),
    });
    return {
      messages,
      settle: async (notifications, settlement) => {
        if (notifications.length === 0) return;
        const ids = notifications.map(({ id }) => id);
        const mayHaveArrived = messages.some((message) => message.mayHaveArrived);
        await outbox.settle(token, ids, settlement, mayHaveArrived);
      },
    };
  }
}

/** Returns a claimed message as it is sent. @param store the label of the store whose outbox it was in */
export function messageOf({ id, notifications }: ClaimedMessage, store: string): Message {
  return {
    id,
    attempt: Math.max(...notifications.map(({ attempts }) => attempts)),
    // We wrote the payload ourselves, so it parses.
    events: notifications.map(({ payload }) => named(JSON.parse(payload) as KmsEvent, store)),
  };
}

/** Names the store in an event that an earlier version of kms wrote, which did not name any. */
function named(event: KmsEvent, store: string): KmsEvent {
  if (Object.hasOwn(event.data, 'store')) return event;
  return { ...event, source: `/kms/${store}`, data: { ...event.data, store } } as KmsEvent;
}
