// Decides what becomes of a notification after an attempt to send it: sent, tried again later, or given up.
// Pure; deliver.ts writes it to the outbox.
import type { EpochSeconds } from '../../kmip/date-time.js';
import { MAX_PAUSE_SECONDS, type Settlement } from '../../store/own/outbox.js';
import type { Notification } from '../../store/own/outbox-rows.js';
import type { SendResult } from '../destination.js';

export interface SettlementOptions {
  readonly now: EpochSeconds;
  /** The age at which a notification is given up if it fails again. */
  readonly giveUpAfterSeconds: number;
}

/** In characters, as the outbox keeps it. */
const LONGEST_ERROR = 500;

/** Returns how a notification is settled, given the result of the attempt that its `attempts` include. */
export function settlementOf(
  result: SendResult,
  { createdAt, attempts }: Pick<Notification, 'createdAt' | 'attempts'>,
  { now, giveUpAfterSeconds }: SettlementOptions,
): Settlement {
  if (result.kind === 'accepted') return { state: 'sent', at: now };
  const error = result.error.slice(0, LONGEST_ERROR);
  if (result.kind === 'refused' || createdAt + giveUpAfterSeconds <= now) {
    return { state: 'given-up', at: now, error };
  }
  const nextAttemptAt = now + retryDelaySeconds(attempts, result.retryAfterSeconds);
  return { state: 'waiting', nextAttemptAt, error };
}

const FIRST_DELAY_SECONDS = 60;
const LONGEST_BACKOFF_SECONDS = 6 * 3600;

/**
 * Returns the delay after this many failed attempts: 1 min, 2 min, 4 min … 6 h, or longer if the receiver asks for it.
 */
export function retryDelaySeconds(attempts: number, retryAfterSeconds: number | null): number {
  const backoff = Math.min(
    FIRST_DELAY_SECONDS * 2 ** Math.min(attempts - 1, 30),
    LONGEST_BACKOFF_SECONDS,
  );
  return Math.min(Math.max(backoff, retryAfterSeconds ?? 0), MAX_PAUSE_SECONDS);
}
