// The document `kms.notify-list/v1`: the notifications in the outbox, without their payloads.
import { formatInstant } from '../kmip/date-time.js';
import type { Notification } from '../store/own/outbox-rows.js';

export function notificationListJson(
  listed: readonly Notification[],
  known: ReadonlySet<string>,
): object {
  return {
    schema: 'kms.notify-list/v1',
    notifications: listed.map((one) => ({
      eventId: one.eventId,
      type: one.eventType,
      uid: one.uid,
      destination: one.destination,
      /** False if the configuration no longer names it. */
      configured: known.has(one.destination),
      runId: one.runId,
      createdAt: formatInstant(one.createdAt),
      state: one.state,
      attempts: one.attempts,
      nextAttemptAt: one.state === 'waiting' ? formatInstant(one.nextAttemptAt) : null,
      settledAt: one.settledAt === null ? null : formatInstant(one.settledAt),
      lastError: one.lastError,
    })),
    count: listed.length,
  };
}
