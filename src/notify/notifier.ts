// What a command needs to notify others: the outbox rows that it writes with its changes, and their delivery
// afterwards. Without destinations nothing is loaded and nothing is written.
import { randomUUID } from 'node:crypto';
import type { KmsError } from '../errors.js';
import { NO_DELIVERIES, type DeliverySummary } from '../report/delivery-summary.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { Store } from '../store/store.js';
import { createEnqueueEvent, type EnqueueEvent } from './enqueue-event.js';
import { deliver } from './delivery/deliver.js';
import {
  deliveryProblem,
  type Destination,
  type DestinationProblem,
  type Destinations,
} from './destination.js';
import type { HookOutput } from './hooks/hook-destinations.js';
import type { NotifySettings } from '../settings/notify-settings.js';

export interface Notifier {
  /** Those that can be sent to. */
  readonly destinations: readonly Destination[];
  /** The names of all for which notifications are written, also of those that cannot be used. */
  readonly names: readonly string[];
  readonly problems: readonly DestinationProblem[];
  readonly enqueueEvent: EnqueueEvent;
  /** Sends the waiting notifications of this run and of earlier ones, but to none of the destinations in `without`. */
  deliver(store: Pick<Store, 'outbox'>, without?: readonly string[]): Promise<DeliverySummary>;
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
  names: [],
  problems: [],
  enqueueEvent: () => [],
  deliver: () => Promise.resolve(NO_DELIVERIES),
};

/** Returns the notifier that the configuration asks for. What is wrong with it is among its problems. */
export async function createNotifier(
  settings: NotifySettings,
  options: NotifierOptions,
): Promise<Notifier> {
  if (asksForNothing(settings)) return NO_NOTIFIER;
  const { configuredDestinations } = await import('./configured-destinations.js');
  return createNotifierFor(
    configuredDestinations(settings, options),
    settings.giveUpAfterSeconds,
    options,
  );
}

/** A server for mails is looked at even if nobody gets any: what is wrong with it should not wait for the first. */
function asksForNothing(settings: NotifySettings): boolean {
  const { recipients, webhooks, hooks, smtp, heartbeat, flaws } = settings;
  const { host, username, password, caFile } = smtp;
  const ofMail = [host, username, password, caFile];
  const named = [...Object.values(hooks.argvs), ...ofMail, heartbeat.url, heartbeat.caFile];
  const lists = [recipients, webhooks, flaws];
  return lists.every(({ length }) => length === 0) && named.every((value) => value === null);
}

export function createNotifierFor(
  { usable, waiting, problems }: Destinations,
  giveUpAfterSeconds: number,
  options: NotifierOptions,
): Notifier {
  const common = { ...options, destinations: usable, newId: randomUUID };
  const addressees = [...usable, ...waiting];
  return {
    destinations: usable,
    names: addressees.map(({ name }) => name),
    problems,
    enqueueEvent: createEnqueueEvent({ ...common, destinations: addressees }),
    deliver: async ({ outbox }, without = []) => {
      const limits = { giveUpAfterSeconds, budgetMs: BUDGET_MS };
      const sent = await deliver({ ...common, outbox, without, ...limits });
      return { ...sent, problems: [...problems.map(deliveryProblem), ...sent.problems] };
    },
  };
}
