// A destination: a mail address, a webhook or a hook that receives events. Each kind makes its own in its folder;
// delivery/ sends to all of them alike.
import type { KmsError } from '../errors.js';
import type { DeliveryProblem } from '../report/delivery-summary.js';
import type { KmsEvent } from '../report/events.js';

export interface Destination {
  /** Its key in the outbox, so it must never change; lower-case ASCII, at most 320 characters, no secret. */
  readonly name: string;
  /** Destinations that share a channel are served one after another; different channels are served in parallel. */
  readonly channel: string;
  /** Whether all events that wait go out as one message; otherwise each event is a message of its own. */
  readonly digest: boolean;
  /** How many messages are sent at once. */
  readonly concurrency: number;
  /** Whether each message is claimed by itself, so that a slow one delays no other. */
  readonly claimsSingly?: boolean;
  readonly timeoutSeconds: number;
  /** What it is reached through; null for a hook, which kms starts itself. */
  readonly receiver: Receiver | null;
  /** Whether it forgets what it is not told again, so that it is told of what still holds. */
  readonly forgets?: boolean;
  /** Says whether the destination wants an event. */
  accepts(event: KmsEvent): boolean;
  /** Sends a message and returns what became of it; stops when the signal aborts. */
  send(message: Message, signal: AbortSignal): Promise<SendResult>;
}

/** A server that takes messages. Mail addresses share one. */
interface Receiver {
  readonly name: string;
  readonly timeoutSeconds: number;
  /** Does all that comes before a message: address, TLS, login. Delivers nothing. */
  connect(signal: AbortSignal): Promise<SendResult>;
}

/** What writes notifications into the outbox needs to know of a destination. */
export type Addressee = Pick<Destination, 'name' | 'accepts' | 'forgets'>;

/** Why something that the configuration asks for cannot be used. */
export interface DestinationProblem {
  /** The name of a destination, or what messages call several. */
  readonly destination: string;
  readonly error: KmsError;
}

/** The destinations of a configuration. */
export interface Destinations {
  readonly usable: readonly Destination[];
  /** Those whose settings cannot be used: their notifications wait in the outbox until the settings are mended. */
  readonly waiting: readonly Addressee[];
  readonly problems: readonly DestinationProblem[];
}

/** Returns a problem as the report of a run has it. */
export function deliveryProblem({ destination, error }: DestinationProblem) {
  const { message, hint } = error;
  return {
    destination,
    message: hint === null ? message : `${message} (${hint})`,
  } satisfies DeliveryProblem;
}

export interface Message {
  /** The idempotency key: the same for every attempt. */
  readonly id: string;
  /** Starts at 1. */
  readonly attempt: number;
  /** One event, unless the destination takes digests. */
  readonly events: readonly KmsEvent[];
}

export type SendResult =
  | { readonly kind: 'accepted' }
  /** Another attempt would not help. */
  | { readonly kind: 'refused'; readonly error: string }
  | {
      readonly kind: 'failed';
      readonly error: string;
      /** From Retry-After; null if the receiver did not ask for a pause. */
      readonly retryAfterSeconds: number | null;
      /** Whether every other message would fail too: then the channel is skipped for the rest of the run. */
      readonly unavailable: boolean;
    };

export const ACCEPTED: SendResult = { kind: 'accepted' };

export function refused(error: string): SendResult {
  return { kind: 'refused', error };
}

/** The receiver cannot be reached, or cannot serve anybody now. */
export function unavailable(error: string, retryAfterSeconds: number | null = null): SendResult {
  return { kind: 'failed', error, retryAfterSeconds, unavailable: true };
}

/** This message failed; others may succeed. */
export function failed(error: string): SendResult {
  return { kind: 'failed', error, retryAfterSeconds: null, unavailable: false };
}
