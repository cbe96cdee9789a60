// What a command needs to tell others what it does: the rows that go with its work, and the sending after it. Where
// nobody is to be told, nothing is loaded and nothing written.
import { randomUUID } from 'node:crypto';
import { NO_DELIVERIES, type Deliveries } from '../report/deliveries.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { Store } from '../store/open.js';
import { enqueuerFor, type EnqueueEvent } from './enqueue-event.js';
import { deliver } from './delivery/deliver.js';
import type { Destination } from './destination.js';
import type { HookOutput } from './hooks/hook-destinations.js';
import type { NotifySettings } from '../settings/notify-settings.js';

export interface Notifier {
  readonly destinations: readonly Destination[];
  readonly enqueueEvent: EnqueueEvent;
  /** Sends what waits, of this run and of earlier ones. */
  deliver(store: Pick<Store, 'outbox'>): Promise<Deliveries>;
}

export interface NotifierOptions {
  readonly runId: string;
  readonly host: string;
  readonly version: string;
  readonly now: () => EpochSeconds;
  readonly monotonicMs: () => number;
  readonly stopRequested: () => Promise<boolean>;
  readonly onHookOutput: (output: HookOutput) => void;
}

/** How long the sending may hold a run up, whoever does not answer. */
const BUDGET_MS = 30_000;

export const NO_NOTIFIER: Notifier = {
  destinations: [],
  enqueueEvent: () => [],
  deliver: () => Promise.resolve(NO_DELIVERIES),
};

/** @throws KmsError InvalidConfiguration */
export async function notifierOf(
  settings: NotifySettings,
  terms: NotifierOptions,
): Promise<Notifier> {
  if (tellsNobody(settings)) return NO_NOTIFIER;
  const { destinationsOf } = await import('./configured-destinations.js');
  return notifierFor(destinationsOf(settings, terms), settings.giveUpAfterSeconds, terms);
}

function tellsNobody({ recipients, webhooks, hooks }: NotifySettings): boolean {
  const hooked = Object.values(hooks.argvs).some((argv) => argv !== null);
  return recipients.length + webhooks.length === 0 && !hooked;
}

export function notifierFor(
  destinations: readonly Destination[],
  giveUpAfterSeconds: number,
  terms: NotifierOptions,
): Notifier {
  const common = { ...terms, destinations, newId: randomUUID };
  return {
    destinations,
    enqueueEvent: enqueuerFor(common),
    deliver: ({ outbox }) =>
      deliver({ ...common, outbox, giveUpAfterSeconds, budgetMs: BUDGET_MS }),
  };
}
