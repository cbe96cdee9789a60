// A webhook as a destination, made from an entry of notify.webhooks.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KmsError } from '../../errors.js';
import { readablePath } from '../../files/credential.js';
import type { WebhookSetting } from '../../settings/notify-settings.js';
import { readCaFile } from '../ca-file.js';
import type { KmsEvent } from '../../report/events.js';
import { HTTP_URL, SIGNING_SECRET, signingKeyOf } from '../../settings/kinds/receivers.js';
import { NON_EMPTY_STRING } from '../../settings/kinds/scalars.js';
import type { ValueKind } from '../../settings/kinds/value-kind.js';
import type { Addressee, Destination } from '../destination.js';
import { eventFilterOf, matchesFilter } from '../event-filter.js';
import { WEBHOOK_BODIES } from './webhook-bodies.js';
import { proxyFor } from './proxy.js';
import { connectWebhook, webhookSender, type Runs } from './webhook.js';

/** How many requests to one receiver are sent at once. */
const CONCURRENT_REQUESTS = 4;

const DEFAULT_TIMEOUT_SECONDS = 10;

/** @throws KmsError InvalidConfiguration, which shows no secret. */
export function webhookDestination(webhook: WebhookSetting, runs: Runs): Destination {
  const { url: text, url_file: urlFile, secret: given, secret_file: secretFile } = webhook;
  const url = textOrFile(webhook, { what: 'URL', text, file: urlFile, kind: HTTP_URL });
  if (url === null) throw invalid('a webhook has no url', 'give it url or url_file');
  const secret = textOrFile(webhook, {
    what: 'secret',
    text: given,
    file: secretFile,
    kind: SIGNING_SECRET,
  });
  const token = textOrFile(webhook, {
    what: 'token',
    text: webhook.token,
    file: webhook.token_file,
    kind: NON_EMPTY_STRING,
  });
  const ca = webhook.ca_file === undefined ? null : readCaFile(webhook.ca_file);
  const { name, format, forgets, accepts } = addressed(webhook, new URL(url));
  assertOneLogin(new URL(url), token, name);
  if (format === 'pagerduty' && token === null) {
    throw invalid(`the ${name} has no routing key`, 'give it as token or token_file');
  }
  proxyFor(new URL(url), process.env);
  const { digest } = WEBHOOK_BODIES[format];
  const signingKey = secret === null ? null : signingKeyOf(secret);
  const sent = { url: new URL(url), signingKey, token, format, ca };
  const timeoutSeconds = webhook.timeout ?? DEFAULT_TIMEOUT_SECONDS;
  return {
    name,
    accepts,
    forgets,
    channel: name,
    digest,
    concurrency: digest ? 1 : CONCURRENT_REQUESTS,
    timeoutSeconds,
    receiver: { name, timeoutSeconds, connect: (signal) => connectWebhook(sent, signal) },
    send: webhookSender(sent, runs),
  };
}

/** Returns for whom notifications wait while a webhook cannot be used; null if that is unknown. */
export function addresseeOf(webhook: WebhookSetting): Addressee | null {
  const { name, url } = webhook;
  return name === undefined && url === undefined
    ? null
    : addressed(webhook, url === undefined ? null : new URL(url));
}

function addressed(webhook: WebhookSetting, url: URL | null) {
  const { name = url === null ? '' : nameOf(url), format = 'cloudevents' } = webhook;
  const filter = eventFilterOf(webhook);
  return {
    name: `webhook ${name.toLowerCase()}`,
    format,
    forgets: WEBHOOK_BODIES[format].forgets === true,
    accepts: (event: KmsEvent) =>
      WEBHOOK_BODIES[format].supports(event) && matchesFilter(filter, event),
  };
}

function assertOneLogin(url: URL, token: string | null, name: string): void {
  if (token === null || url.username + url.password === '') return;
  throw invalid(
    `the ${name} has a token, and a user in its URL`,
    'a receiver takes one login: leave one of the two out',
  );
}

/** The URL may hold a secret, so no more of it than the host is shown. */
function nameOf(url: URL): string {
  const digest = createHash('sha256').update(url.href).digest('hex').slice(0, 8);
  return `${url.hostname.slice(0, 50).replace(/[^a-z0-9.-]/g, '')}-${digest}`;
}

interface TextOrFile {
  readonly what: string;
  readonly text: string | undefined;
  readonly file: string | undefined;
  readonly kind: ValueKind<string>;
}

/** Errors do not quote the text: it may be a secret. */
function textOrFile(
  { name = 'without a name' }: WebhookSetting,
  { what, text, file, kind }: TextOrFile,
): string | null {
  const title = `the ${what} of the webhook ${name}`;
  if (text !== undefined && file !== undefined) {
    throw invalid(`${title} is given twice`, 'set the value or its file, not both');
  }
  if (file === undefined) return text ?? null;
  const read = kind.readText(contentOf(file, title));
  if (read.mistake === undefined) return read.value;
  throw invalid(`${title}, in its file, ${read.mistake.message}`, read.mistake.hint);
}

function contentOf(file: string, title: string): string {
  try {
    return readFileSync(readablePath(file), 'utf8').replace(/^\ufeff|[\r\n]+$/g, '');
  } catch (cause) {
    throw invalid(`the file with ${title} cannot be read`, 'check its path and rights', cause);
  }
}

function invalid(message: string, hint: string, cause?: unknown): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint, cause });
}
