// A notification, which is one event for one destination, and the row of kms_rotation_outbox that it is stored as.
import type { EpochSeconds } from '../../kmip/date-time.js';
import { OUTBOX_TABLE, type OwnRow } from './our-tables.js';

/** How long only the run that wrote a row may claim it, and how long a claim lasts. Settle well within that time. */
export const LEASE_SECONDS = 300;

/** The type of a row which says only that something still holds: once it is sent, nobody needs it. */
export const HOLDING_TYPE = 'kms.holding';

export interface NewNotification {
  readonly eventId: string;
  readonly eventType: string;
  readonly destination: string;
  readonly runId: string;
  readonly uid: string | null;
  /** JSON. */
  readonly payload: string;
  readonly createdAt: EpochSeconds;
}

export type NotificationState = 'waiting' | 'sent' | 'given-up';

export interface Notification extends NewNotification {
  readonly id: number;
  readonly state: NotificationState;
  /** Attempts that have begun: a claim counts as one. */
  readonly attempts: number;
  /** If it is claimed, when the claim ends. */
  readonly nextAttemptAt: EpochSeconds;
  readonly isClaimed: boolean;
  readonly settledAt: EpochSeconds | null;
  readonly lastError: string | null;
}

export function outboxRow(notification: NewNotification): OwnRow {
  return {
    table: OUTBOX_TABLE,
    row: {
      event_id: notification.eventId,
      event_type: notification.eventType,
      destination: notification.destination,
      run_id: notification.runId,
      uid: notification.uid,
      payload: notification.payload,
      created_at: notification.createdAt,
      state: 'waiting',
      attempts: 0,
      next_attempt_at: notification.createdAt + LEASE_SECONDS,
    },
  };
}

/** The columns that `notificationOf` reads. */
export const OUTBOX_COLUMNS = [
  ...['id', 'event_id', 'event_type', 'destination', 'run_id', 'uid', 'payload', 'created_at'],
  ...['state', 'attempts', 'next_attempt_at', 'claimed_by', 'message_id', 'settled_at'],
  'last_error',
];

/** Some drivers return 64-bit integers as text. */
type BigInteger = number | string;

export interface OutboxRow {
  readonly id: BigInteger;
  readonly event_id: string;
  readonly event_type: string;
  readonly destination: string;
  readonly run_id: string;
  readonly uid: string | null;
  readonly payload: string;
  readonly created_at: BigInteger;
  readonly state: NotificationState;
  readonly attempts: number;
  readonly next_attempt_at: BigInteger;
  readonly claimed_by: string | null;
  readonly message_id: string | null;
  readonly settled_at: BigInteger | null;
  readonly last_error: string | null;
}

export function notificationOf(row: OutboxRow): Notification {
  return {
    id: Number(row.id),
    eventId: row.event_id,
    eventType: row.event_type,
    destination: row.destination,
    runId: row.run_id,
    uid: row.uid,
    payload: row.payload,
    createdAt: Number(row.created_at),
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: Number(row.next_attempt_at),
    isClaimed: row.claimed_by !== null,
    settledAt: row.settled_at === null ? null : Number(row.settled_at),
    lastError: row.last_error,
  };
}
