// The destinations that the configuration names, and what is wrong with it: for a run that sends, and for those who only
// check. It connects to nothing and runs nothing.
import type { EpochSeconds } from '../kmip/date-time.js';
import type { NotifySettings } from '../settings/notify-settings.js';
import type { Destinations } from './destination.js';
import { heartbeatProblems } from './heartbeat.js';
import { hookDestinations, type HookOutput } from './hooks/hook-destinations.js';
import { mailDestinations } from './mail/mail-destinations.js';
import { webhookDestinations } from './webhooks/webhook-destinations.js';

export interface DestinationOptions {
  readonly now: () => EpochSeconds;
  readonly onHookOutput: (output: HookOutput) => void;
}

/** Reads the files that the settings name and looks hooks up. No problem shows a secret. */
export function configuredDestinations(
  settings: NotifySettings,
  { now, onHookOutput }: DestinationOptions,
): Destinations {
  const kinds = [
    mailDestinations(settings),
    webhookDestinations(settings, { now, cadenceSeconds: settings.cadenceSeconds }),
    hookDestinations(settings, onHookOutput),
  ];
  return {
    usable: kinds.flatMap(({ usable }) =>
      usable.map((one) => ({ ...one, digest: one.digest && settings.digest })),
    ),
    waiting: kinds.flatMap(({ waiting }) => waiting),
    problems: [...kinds.flatMap(({ problems }) => problems), ...heartbeatProblems(settings)],
  };
}
