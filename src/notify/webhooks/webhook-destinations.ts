// The webhooks of the configuration as destinations. webhook-destination.ts makes each; here are their names, and what is
// wrong with them.
import { KmsError, resultOrError } from '../../errors.js';
import {
  EVENT_FILTER,
  type NotifySettings,
  type SettingFlaw,
  type WebhookSetting,
} from '../../settings/notify-settings.js';
import type { Addressee, Destination, DestinationProblem, Destinations } from '../destination.js';
import { addresseeOf, webhookDestination } from './webhook-destination.js';
import type { Runs } from './webhook.js';

export function webhookDestinations({ webhooks, flaws }: NotifySettings, runs: Runs): Destinations {
  const ofWebhooks = flaws.filter(({ setting }) => setting === 'notify.webhooks');
  const made = webhooks.map((webhook, index) => {
    const own = ofWebhooks.filter(({ entry }) => entry === index);
    return own.length > 0 ? flawed(webhook, own) : sound(webhook, runs);
  });
  const distinct = made.map((one, index) =>
    isNamedBefore(one, made.slice(0, index)) ? nameTaken(one) : one,
  );
  const whole = ofWebhooks.filter(({ entry }) => entry === null);
  return {
    usable: distinct.flatMap(({ usable }) => usable ?? []),
    waiting: distinct.flatMap(({ waiting }) => waiting ?? []),
    problems: [
      ...whole.map(({ error }) => ({ destination: 'webhooks', error })),
      ...distinct.flatMap(({ problems }) => problems),
    ],
  };
}

interface Made {
  readonly usable: Destination | null;
  readonly waiting: Addressee | null;
  readonly problems: readonly DestinationProblem[];
}

function sound(webhook: WebhookSetting, runs: Runs): Made {
  const made = resultOrError(() => webhookDestination(webhook, runs));
  if (!(made instanceof KmsError)) return { usable: made, waiting: null, problems: [] };
  return unusable(addresseeOf(webhook), [made]);
}

/** Without the member that is wrong, a filter could let through what it is not meant to, or a name be another. */
function flawed(webhook: WebhookSetting, flaws: readonly SettingFlaw[]): Made {
  const isKnown = flaws.every(
    ({ member }) => member !== 'name' && !Object.hasOwn(EVENT_FILTER, member ?? ''),
  );
  const errors = flaws.map(({ error }) => error);
  return unusable(isKnown ? addresseeOf(webhook) : null, errors);
}

function unusable(waiting: Addressee | null, errors: readonly KmsError[]): Made {
  const destination = waiting?.name ?? 'webhook';
  return { usable: null, waiting, problems: errors.map((error) => ({ destination, error })) };
}

function isNamedBefore(one: Made, before: readonly Made[]): boolean {
  const name = nameOf(one);
  return name !== null && before.some((other) => nameOf(other) === name);
}

function nameOf({ usable, waiting }: Made): string | null {
  return (usable ?? waiting)?.name ?? null;
}

/** What waits under this name is for the first. */
function nameTaken(one: Made): Made {
  const name = nameOf(one) ?? '';
  const error = new KmsError('InvalidConfiguration', `notify.webhooks: two have the name ${name}`, {
    hint: 'give each webhook a name of its own',
  });
  const problems = [...one.problems, { destination: name, error }];
  return { usable: null, waiting: null, problems };
}
