// What a command needs to notify others: the outbox rows that it writes with its changes, and their delivery
// afterwards. Without destinations nothing is loaded and nothing is written.
import { randomUUID } from 'node:crypto';
import type { KmsError } from '../errors.js';
import { NO_DELIVERIES, type DeliverySummary } from '../report/delivery-summary.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { Store } from '../store/store.js';
import { createEnqueueEvent, type EnqueueEvent } from './enqueue-event.js';
import { deliver } from './delivery/deliver.js';
import type { Destination } from './destination.js';
import type { HookOutput } from './hooks/hook-destinations.js';
import type { NotifySettings } from '../settings/notify-settings.js';

export interface Notifier {
  readonly destinations: readonly Destination[];
  readonly enqueueEvent: EnqueueEvent;
  /** Sends the waiting notifications of this run and of earlier ones. */
  deliver(store: Pick<Store, 'outbox'>): Promise<DeliverySummary>;
}

export interface NotifierOptions {
  readonly runId: string;
  readonly host: string;
  readonly version: string;
  /** Returns the label of the store. */
  readonly store: () => string;
  readonly now: () => EpochSeconds;
  readonly monotonicMs: () => number;
  readonly stopRequested: () => Promise<boolean>;
  readonly onHookOutput: (output: HookOutput) => void;
  /** Takes each error of a delivery that nobody foresaw. */
  readonly onUnexpected: (error: KmsError) => void;
}

/** The longest that delivery may delay the end of a run. */
const BUDGET_MS = 30_000;

export const NO_NOTIFIER: Notifier = {
  destinations: [],
  enqueueEvent: () => [],
  deliver: () => Promise.resolve(NO_DELIVERIES),
};

/** Returns the notifier that the configuration asks for. @throws KmsError InvalidConfiguration */
export async function createNotifier(
  settings: NotifySettings,
  options: NotifierOptions,
): Promise<Notifier> {
  if (hasNoDestinations(settings)) return NO_NOTIFIER;
  const { configuredDestinations } = await import('./configured-destinations.js');
  return createNotifierFor(
    configuredDestinations(settings, options),
    settings.giveUpAfterSeconds,
    options,
  );
}

function hasNoDestinations({ recipients, webhooks, hooks }: NotifySettings): boolean {
  const hooked = Object.values(hooks.argvs).some((argv) => argv !== null);
  return recipients.length + webhooks.length === 0 && !hooked;
}

export function createNotifierFor(
  destinations: readonly Destination[],
  giveUpAfterSeconds: number,
  options: NotifierOptions,
): Notifier {
  const common = { ...options, destinations, newId: randomUUID };
  return {
    destinations,
    enqueueEvent: createEnqueueEvent(common),
    deliver: ({ outbox }) =>
      deliver({ ...common, outbox, giveUpAfterSeconds, budgetMs: BUDGET_MS }),
  };
}
