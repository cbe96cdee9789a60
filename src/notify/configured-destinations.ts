// Everybody who is to be notified, as the configuration names them. What is wrong with it is found here, before
// anything is done.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { Destination } from './destination.js';
import { hookDestinations, type HookOutput } from './hooks/hook-destinations.js';
import { accepts, type Rule } from './event-filter.js';
import type {
  NotifySettings,
  RecipientSetting,
  WebhookSetting,
} from '../settings/notify-settings.js';
import { signingKey } from './webhooks/signature.js';
import { certificatesIn, smtpSender, type SmtpServer } from './mail/smtp.js';
import { webhookSender } from './webhooks/webhook.js';
import { WEBHOOK_FORMS } from './webhooks/webhook-bodies.js';

/** Requests to one receiver that are under way at once. */
const WEBHOOKS_AT_ONCE = 4;

/** Below the lease of a claim, whatever is waited for. */
const LONGEST_TIMEOUT_SECONDS = 60;
const TIMEOUT_SECONDS = 10;

export interface DestinationOptions {
  readonly now: () => EpochSeconds;
  readonly onHookOutput: (output: HookOutput) => void;
}

/** @throws KmsError InvalidConfiguration, naming the recipient or webhook, and no secret. */
export function destinationsOf(
  settings: NotifySettings,
  { now, onHookOutput }: DestinationOptions,
): readonly Destination[] {
  const webhooks = settings.webhooks.map((webhook) => webhookDestination(webhook, now));
  const twice = webhooks.find(({ name }, index) =>
    webhooks.slice(0, index).some((other) => other.name === name),
  );
  if (twice !== undefined) {
    throw invalid(
      `there are two with the name ${twice.name}`,
      'give each webhook a name of its own',
    );
  }
  const hooks = hookDestinations(settings.hooks, onHookOutput);
  return [...mailDestinations(settings), ...webhooks, ...hooks];
}

/** Several entries for one address are several rules, and one mail. */
function mailDestinations({ smtp, recipients }: NotifySettings): readonly Destination[] {
  if (recipients.length === 0) return [];
  const server = serverOf(smtp);
  const byAddress = new Map<string, RecipientSetting[]>();
  for (const recipient of recipients) {
    const address = addressOf(recipient);
    byAddress.set(address, [...(byAddress.get(address) ?? []), recipient]);
  }
  return [...byAddress].map(([address, entries]) => ({
    name: `mail ${address}`,
    channel: 'smtp',
    together: true,
    atOnce: 1,
    timeoutSeconds: server.timeoutSeconds,
    takes: (event) => entries.some((entry) => accepts(ruleOf(entry), event)),
    send: smtpSender(server, address),
  }));
}

function serverOf(smtp: NotifySettings['smtp']): SmtpServer {
  const { host, from, username, password, security } = smtp;
  if (host === null || from === null) {
    const missing = host === null ? 'host' : 'from';
    throw invalid(
      `there are recipients, but notify.smtp.${missing} is not set`,
      `set it, or leave the recipients out`,
    );
  }
  if ((username === null) !== (password === null)) {
    throw invalid('notify.smtp.username and password come together', 'set both, or neither');
  }
  return {
    host,
    from,
    security,
    port: smtp.port ?? (security === 'tls' ? 465 : 587),
    credentials: username === null || password === null ? null : { username, password },
    caFile: smtp.caFile,
    timeoutSeconds: Math.min(smtp.timeoutSeconds, LONGEST_TIMEOUT_SECONDS),
  };
}

/** The longest that SMTP takes (RFC 5321 §4.5.3.1). */
const LONGEST_ADDRESS = 254;

function addressOf({ address }: RecipientSetting): string {
  const text = address ?? '';
  const isAddress = /^[\x21-\x7e]+@[\x21-\x7e]+$/.test(text) && !/[<>(),;:"\\]/.test(text);
  if (isAddress && text.length <= LONGEST_ADDRESS) return text.toLowerCase();
  throw invalid(
    `notify.recipients: ${JSON.stringify(text)} is not a mail address`,
    'write name@domain, in ASCII, one in each [[notify.recipients]]',
  );
}

function webhookDestination(webhook: WebhookSetting, now: () => EpochSeconds): Destination {
  const url = urlOf(webhook);
  const name = webhook.name?.toLowerCase() ?? nameOf(url);
  if (!/^[a-z0-9._-]{1,64}$/.test(name)) {
    throw invalid(
      `notify.webhooks: ${JSON.stringify(name)} cannot be a name`,
      'use letters, digits, dots, dashes and underscores, 64 at most',
    );
  }
  const secret = textOr(webhook.secret, webhook.secret_file, `the secret of the webhook ${name}`);
  const format = webhook.format ?? 'cloudevents';
  const form = WEBHOOK_FORMS[format];
  const ca = webhook.ca_file === undefined ? null : certificatesIn(webhook.ca_file);
  const key = secret === null ? null : signingKey(secret, name);
  const rule = ruleOf(webhook);
  return {
    name: `webhook ${name}`,
    channel: `webhook ${name}`,
    together: form.together,
    atOnce: form.together ? 1 : WEBHOOKS_AT_ONCE,
    timeoutSeconds: Math.min(webhook.timeout ?? TIMEOUT_SECONDS, LONGEST_TIMEOUT_SECONDS),
    takes: (event) => form.suits(event) && accepts(rule, event),
    send: webhookSender({ url, signingKey: key, format, ca }, now),
  };
}

function urlOf(webhook: WebhookSetting): URL {
  const which = webhook.name ?? 'without a name';
  const text = textOr(webhook.url, webhook.url_file, `the URL of the webhook ${which}`);
  if (text === null) throw invalid('a webhook has no url', 'give it url or url_file');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
  // Not quoted: it may be a secret with a slip of the pen in it.
  throw invalid(
    `the URL of the webhook ${which} is no http or https URL`,
    'write https://host/path',
  );
}

/** Of a URL that holds a secret, no more than its host can be shown. */
function nameOf(url: URL): string {
  const digest = createHash('sha256').update(url.href).digest('hex').slice(0, 8);
  return `${url.hostname.slice(0, 50).replace(/[^a-z0-9.-]/g, '')}-${digest}`;
}

function textOr(text: string | undefined, file: string | undefined, what: string): string | null {
  if (text !== undefined && file !== undefined) {
    throw invalid(`${what} is given twice`, 'leave out one of the two, itself or its file');
  }
  if (file === undefined) return text ?? null;
  try {
    return readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
  } catch (cause) {
    throw invalid(`the file with ${what} cannot be read`, 'check its path and rights', cause);
  }
}

function ruleOf(setting: RecipientSetting | WebhookSetting): Rule {
  return {
    ...(setting.owner === undefined ? {} : { owner: setting.owner }),
    ...(setting.tag === undefined ? {} : { tag: setting.tag }),
    ...(setting.object_type === undefined ? {} : { objectType: setting.object_type }),
    ...(setting.events === undefined ? {} : { events: setting.events }),
  };
}

function invalid(message: string, hint: string, cause?: unknown): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint, cause });
}
