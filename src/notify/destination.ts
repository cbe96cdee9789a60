// A destination: somebody or something that hears of events, and how it is reached. Each kind has a file of its
// own that makes one of these; deliver.ts sends to them all alike.
import type { KmsEvent } from '../report/events.js';

export interface Destination {
  /** As it stands in the outbox, so it must stay the same; ASCII, lower case, 320 characters at most, no secret. */
  readonly name: string;
  /** Destinations of one channel are served one after the other, channels side by side. */
  readonly channel: string;
  /** Whether the events of a run go out as one message, or each by itself. */
  readonly together: boolean;
  /** How many messages are under way at once. */
  readonly atOnce: number;
  /** Whether each is claimed by itself, so that one that takes long delays no other. */
  readonly eachAlone?: boolean;
  readonly timeoutSeconds: number;
  /** Says whether it is to hear of an event. */
  takes(event: KmsEvent): boolean;
  /** Sends a message; stops when the signal says so. What goes wrong it returns. */
  send(message: Message, signal: AbortSignal): Promise<Attempt>;
}

export interface Message {
  /** The idempotency key: the same over all attempts. */
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  /** One, unless they go out together. */
  readonly events: readonly KmsEvent[];
}

export type Attempt =
  | { readonly kind: 'accepted' }
  /** Trying again would not help. */
  | { readonly kind: 'refused'; readonly error: string }
  | {
      readonly kind: 'failed';
      readonly error: string;
      /** What the receiver asked for, if it did. */
      readonly retryAfterSeconds: number | null;
      /** Whether no other message would fare better now: the channel is left alone for the rest of the run. */
      readonly unwell: boolean;
    };

export const ACCEPTED: Attempt = { kind: 'accepted' };

export function refused(error: string): Attempt {
  return { kind: 'refused', error };
}

/** The receiver cannot be reached, or is not well. */
export function unwell(error: string, retryAfterSeconds: number | null = null): Attempt {
  return { kind: 'failed', error, retryAfterSeconds, unwell: true };
}

/** This message failed; others may not. */
export function failed(error: string): Attempt {
  return { kind: 'failed', error, retryAfterSeconds: null, unwell: false };
}
