// Outboxes filled by hand, and what stands in them. No assertions here.
import { randomUUID } from 'node:crypto';
import { testEvent } from '../../src/report/run-events.js';
import { anOrigin } from './events.js';
import { NO_DELIVERIES, type DeliverySummary } from '../../src/report/delivery-summary.js';
import { deliver, type DeliveryOptions } from '../../src/notify/delivery/deliver.js';
import { ACCEPTED, type Destination } from '../../src/notify/destination.js';
import { outboxRow, type NewNotification } from '../../src/store/own/outbox-rows.js';
import type { Store } from '../../src/store/store.js';
import { sql } from './sql.js';
import { JANUARY } from './symmetric-keys.js';

export interface OutboxEntry {
  readonly event_id: string;
  readonly destination: string;
  readonly state: string;
  readonly attempts: number;
  readonly last_error: string | null;
}

/** Puts notifications in as a run does that told of so many events. */
export async function fill(
  store: Store,
  count: number,
  changes: Partial<NewNotification> = {},
): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const made = ids.map((eventId) => aNotification({ eventId, ...changes }));
  await store.writeOwnRows(made.map(outboxRow));
  return ids;
}

function aNotification(changes: Partial<NewNotification> = {}): NewNotification {
  const eventId = changes.eventId ?? randomUUID();
  const runId = changes.runId ?? 'run-1';
  const now = changes.createdAt ?? JANUARY;
  const origin = anOrigin({ id: eventId, now, runId });
  return {
    eventId,
    eventType: 'kms.test',
    destination: 'webhook test',
    runId,
    uid: null,
    payload: JSON.stringify(testEvent(origin)),
    createdAt: now,
    ...changes,
  };
}

/** A destination that accepts everything, unless told otherwise. */
export function aDestination(changes: Partial<Destination> = {}): Destination {
  const name = changes.name ?? 'webhook test';
  return {
    name,
    channel: name,
    digest: false,
    concurrency: 4,
    timeoutSeconds: 10,
    receiver: null,
    accepts: () => true,
    send: () => Promise.resolve(ACCEPTED),
    ...changes,
  };
}

export function deliveringTo(
  store: Store,
  destinations: readonly Destination[],
  changes: Partial<DeliveryOptions> = {},
): Promise<DeliverySummary> {
  return deliver({
    outbox: store.outbox,
    destinations,
    runId: randomUUID(),
    now: () => JANUARY,
    monotonicMs: () => 0,
    newId: randomUUID,
    stopRequested: () => Promise.resolve(false),
    giveUpAfterSeconds: 7 * 86_400,
    budgetMs: 30_000,
    store: () => 'test-store',
    onUnexpected: () => undefined,
    ...changes,
  });
}

export function accepted(count: number): DeliverySummary {
  return { ...NO_DELIVERIES, accepted: count, reached: count > 0 ? ['webhook test'] : [] };
}

export async function entriesOf(url: string): Promise<readonly OutboxEntry[]> {
  return sql<OutboxEntry>(
    url,
    'SELECT event_id, destination, state, attempts, last_error FROM kms_rotation_outbox ORDER BY id',
  );
}
