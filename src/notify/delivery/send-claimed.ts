// Sends claimed messages of one destination and records in the outbox what became of each. deliver.ts decides which
// destination is served when.
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { KmsError } from '../../errors.js';
import type { ClaimedMessage } from '../../store/own/claim-messages.js';
import type { Outbox } from '../../store/own/open-outbox.js';
import type { Notification } from '../../store/own/outbox-rows.js';
import type { Settlement } from '../../store/own/outbox.js';
import type { Destination, SendResult } from '../destination.js';
import { messageOf, type Claimed } from './claim.js';
import { afterResult, afterSent, type DeliveryProgress } from './delivery-progress.js';
import { sendWithin } from './send-within.js';
import { retryDelaySeconds, settlementOf, type SettlementOptions } from './settlement.js';

/** One destination while it is served; `progress` is all that changes. */
export interface Service {
  readonly run: ServiceRun;
  readonly destination: Destination;
  readonly claim: () => Promise<Claimed>;
  progress: DeliveryProgress;
}

/** What the services of a delivery share. */
export interface ServiceRun extends Omit<SettlementOptions, 'now'> {
  readonly outbox: Pick<Outbox, 'postpone'>;
  /** Returns the label of the store. */
  readonly store: () => string;
  readonly now: () => EpochSeconds;
  readonly monotonicMs: () => number;
  readonly stopRequested: () => Promise<boolean>;
  /** When the time limit for everything is reached, by `monotonicMs`. */
  readonly endsAtMs: number;
  /** Takes each error that nobody foresaw; the delivery goes on. */
  readonly onUnexpected: (error: KmsError) => void;
}

/**
 * Accepted messages are recorded as sent in groups of this many notifications, or after this time: after a crash
 * few are sent again.
 */
const RECORDED_TOGETHER = 20;
const RECORDED_WITHIN_MS = 250;

/** Claims some messages, sends them, and releases those that it had no time for. Returns false if none is left. */
export async function sendClaimed(service: Service): Promise<boolean> {
  const { run, destination } = service;
  const claimed = await service.claim();
  const unsent = [...claimed.messages];
  const accepted: Notification[] = [];
  let recordedAtMs = run.monotonicMs();
  while (unsent.length > 0 && !(await mustStop(service))) {
    const messages = unsent.splice(0, destination.concurrency);
    accepted.push(...(await sendTogether(service, claimed, messages)));
    const isLong = run.monotonicMs() - recordedAtMs >= RECORDED_WITHIN_MS;
    if (accepted.length < RECORDED_TOGETHER && !isLong) continue;
    await recordSent(service, claimed, accepted.splice(0));
    recordedAtMs = run.monotonicMs();
  }
  await recordSent(service, claimed, accepted);
  const released = unsent.flatMap(({ notifications }) => notifications);
  await claimed.settle(released, { state: 'released', at: run.now() });
  await postponeRest(service);
  return claimed.messages.length > 0;
}

/** Says whether the destination, or the whole run, is not to be sent anything more. */
export async function mustStop({ run, progress }: Service): Promise<boolean> {
  return progress.stopped || run.monotonicMs() >= run.endsAtMs || (await run.stopRequested());
}

/** Sends some messages at once, settles those that failed, and returns the notifications that were accepted. */
async function sendTogether(
  service: Service,
  claimed: Claimed,
  messages: readonly ClaimedMessage[],
): Promise<readonly Notification[]> {
  const { run, destination } = service;
  const limitMs = Math.min(destination.timeoutSeconds * 1000, run.endsAtMs - run.monotonicMs());
  const results = await Promise.all(
    messages.map(async (message) => ({
      notifications: message.notifications,
      result: await sendWithin(
        Math.max(1, limitMs),
        (signal) => destination.send(messageOf(message, run.store()), signal),
        run.onUnexpected,
      ),
    })),
  );
  for (const { notifications, result } of results) {
    await settleResult(service, claimed, notifications, result);
  }
  return results
    .filter(({ result }) => result.kind === 'accepted')
    .flatMap(({ notifications }) => notifications);
}

/** Records what became of a message, unless it was accepted: that is recorded in groups. */
async function settleResult(
  service: Service,
  claimed: Claimed,
  notifications: readonly Notification[],
  result: SendResult,
): Promise<void> {
  const { now, giveUpAfterSeconds } = service.run;
  const options = { now: now(), giveUpAfterSeconds };
  const settled = notifications.map((notification) => ({
    notification,
    settlement: settlementOf(result, notification, options),
  }));
  if (result.kind !== 'accepted') {
    for (const { settlement, notifications } of groupBySettlement(settled)) {
      await claimed.settle(notifications, settlement);
    }
  }
  const settlements = settled.map(({ settlement }) => settlement);
  service.progress = afterResult(service.progress, result, settlements);
}

interface Settled {
  readonly notification: Notification;
  readonly settlement: Settlement;
}

function groupBySettlement(settled: readonly Settled[]) {
  const groups = new Map<string, { settlement: Settlement; notifications: Notification[] }>();
  for (const { notification, settlement } of settled) {
    const key = JSON.stringify(settlement);
    const group = groups.get(key) ?? { settlement, notifications: [] };
    group.notifications.push(notification);
    groups.set(key, group);
  }
  return groups.values();
}

async function recordSent(
  service: Service,
  claimed: Claimed,
  notifications: readonly Notification[],
): Promise<void> {
  await claimed.settle(notifications, { state: 'sent', at: service.run.now() });
  service.progress = afterSent(service.progress, notifications.length);
}

/** Tries nothing else for the destination before the time that it asked for. */
async function postponeRest({ run, destination, progress }: Service): Promise<void> {
  const { retryAfterSeconds } = progress;
  if (retryAfterSeconds === null) return;
  const until = run.now() + retryDelaySeconds(1, retryAfterSeconds);
  await run.outbox.postpone(destination.name, until);
}
