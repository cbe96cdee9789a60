// The destinations that the configuration names. Errors in it are found here, before a command does anything.
import { KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { NotifySettings } from '../settings/notify-settings.js';
import type { Destination } from './destination.js';
import { hookDestinations, type HookOutput } from './hooks/hook-destinations.js';
import { mailDestinations } from './mail/mail-destinations.js';
import { webhookDestination } from './webhooks/webhook-destination.js';

export interface DestinationOptions {
  readonly now: () => EpochSeconds;
  readonly onHookOutput: (output: HookOutput) => void;
}

/** @throws KmsError InvalidConfiguration, which names the recipient or webhook and never a secret. */
export function configuredDestinations(
  settings: NotifySettings,
  { now, onHookOutput }: DestinationOptions,
): readonly Destination[] {
  const { cadenceSeconds } = settings;
  const webhooks = settings.webhooks.map((webhook) =>
    webhookDestination(webhook, { now, cadenceSeconds }),
  );
  assertDistinctNames(webhooks);
  const hooks = hookDestinations(settings.hooks, onHookOutput);
  return [...mailDestinations(settings), ...webhooks, ...hooks];
}

function assertDistinctNames(webhooks: readonly Destination[]): void {
  const repeated = webhooks.find(({ name }, index) =>
    webhooks.slice(0, index).some((other) => other.name === name),
  );
  if (repeated === undefined) return;
  throw new KmsError(
    'InvalidConfiguration',
    `notify.webhooks: two have the name ${repeated.name}`,
    {
      hint: 'give each webhook a name of its own',
    },
  );
}
