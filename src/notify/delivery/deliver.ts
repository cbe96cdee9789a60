// Sends what the outbox holds within a time limit: claim.ts claims, send-within.ts sends, settlement.ts decides what
// becomes of each notification. A destination that does not answer delays no other.
import {
  NO_DELIVERIES,
  totalDeliveries,
  type DeliverySummary,
} from '../../report/delivery-summary.js';
import { asKmsError } from '../../errors.js';
import type { Outbox } from '../../store/own/open-outbox.js';
import type { Notification } from '../../store/own/outbox-rows.js';
import type { Settlement } from '../../store/own/outbox.js';
import type { Destination, SendResult } from '../destination.js';
import { claimer, messageOf, type Claimed, type ClaimOptions } from './claim.js';
import {
  afterOutboxFailure,
  afterResult,
  afterSent,
  deliveriesOf,
  NO_PROGRESS,
  type DeliveryProgress,
} from './delivery-progress.js';
import { sendWithin } from './send-within.js';
import { retryDelaySeconds, settlementOf, type SettlementOptions } from './settlement.js';
import type { ClaimedMessage } from '../../store/own/claim-messages.js';

export interface DeliveryOptions extends ClaimOptions, Omit<SettlementOptions, 'now'> {
  readonly outbox: Outbox;
  readonly destinations: readonly Destination[];
  readonly monotonicMs: () => number;
  readonly stopRequested: () => Promise<boolean>;
  /** The time limit for everything; well below the lease of a claim. */
  readonly budgetMs: number;
}

/** Sends what is due. Failures are part of the result; it never throws. */
export async function deliver(options: DeliveryOptions): Promise<DeliverySummary> {
  if (options.destinations.length === 0) return NO_DELIVERIES;
  const run = { ...options, endsAtMs: options.monotonicMs() + options.budgetMs };
  const channels = new Map<string, Destination[]>();
  for (const destination of options.destinations) {
    const others = channels.get(destination.channel) ?? [];
    channels.set(destination.channel, [...others, destination]);
  }
  const served = [...channels.values()].map((destinations) => serveChannel(run, destinations));
  return totalDeliveries((await Promise.all([...served, giveUpUnconfigured(options)])).flat());
}

interface DeliveryRun extends DeliveryOptions {
  readonly endsAtMs: number;
}

/** One destination while it is served; `progress` is all that changes. */
interface Service {
  readonly run: DeliveryRun;
  readonly destination: Destination;
  readonly claim: () => Promise<Claimed>;
  progress: DeliveryProgress;
}

async function serveChannel(
  run: DeliveryRun,
  destinations: readonly Destination[],
): Promise<readonly DeliverySummary[]> {
  const done: DeliverySummary[] = [];
  for (const destination of destinations) {
    const claim = claimer(destination, run);
    const service: Service = { run, destination, claim, progress: NO_PROGRESS };
    const lanes = destination.claimsSingly === true ? destination.concurrency : 1;
    await Promise.all(Array.from({ length: lanes }, () => sendAll(service)));
    done.push(deliveriesOf(destination.name, service.progress));
    if (service.progress.unavailable) break;
  }
  return done;
}

/** Claims and sends until nothing is left or the destination must stop. */
async function sendAll(service: Service): Promise<void> {
  try {
    let someLeft = true;
    while (someLeft && !(await mustStop(service))) someLeft = await sendClaimed(service);
  } catch (error) {
    service.progress = afterOutboxFailure(service.progress, asKmsError(error).message);
  }
}

async function mustStop({ run, progress }: Service): Promise<boolean> {
  return progress.stopped || run.monotonicMs() >= run.endsAtMs || (await run.stopRequested());
}

/**
 * Accepted messages are recorded as sent in groups of this many notifications, or after this time: after a crash
 * few are sent again.
 */
const RECORDED_TOGETHER = 20;
const RECORDED_WITHIN_MS = 250;

/** Claims some messages, sends them, and releases those that it had no time for. Returns false if none is left. */
async function sendClaimed(service: Service): Promise<boolean> {
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
      result: await sendWithin(Math.max(1, limitMs), destination, messageOf(message)),
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

/** Gives up old notifications for destinations that the configuration no longer names. */
async function giveUpUnconfigured(options: DeliveryOptions): Promise<readonly DeliverySummary[]> {
  const now = options.now();
  const error = 'its destination is no longer configured';
  try {
    const givenUp = await options.outbox.giveUpOthers(
      options.destinations.map(({ name }) => name),
      { before: now - options.giveUpAfterSeconds, now, error },
    );
    if (givenUp === 0) return [];
    const message = `${givenUp} given up: ${error}`;
    return [{ ...NO_DELIVERIES, givenUp, problems: [{ destination: null, message }] }];
  } catch (failure) {
    const problem = { destination: null, message: asKmsError(failure).message };
    return [{ ...NO_DELIVERIES, problems: [problem] }];
  }
}
