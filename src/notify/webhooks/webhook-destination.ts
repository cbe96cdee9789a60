// A webhook as a destination, made from an entry of notify.webhooks.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KmsError } from '../../errors.js';
import type { WebhookSetting } from '../../settings/notify-settings.js';
import { readCaFile } from '../ca-file.js';
import { MAX_TIMEOUT_SECONDS, type Destination } from '../destination.js';
import { eventFilterOf, matchesFilter } from '../event-filter.js';
import { parseSigningSecret } from './signature.js';
import { WEBHOOK_BODIES } from './webhook-bodies.js';
import { webhookSender, type Runs } from './webhook.js';

/** How many requests to one receiver are sent at once. */
const CONCURRENT_REQUESTS = 4;

const DEFAULT_TIMEOUT_SECONDS = 10;

/** @throws KmsError InvalidConfiguration */
export function webhookDestination(webhook: WebhookSetting, runs: Runs): Destination {
  const url = urlOf(webhook);
  const name = webhook.name?.toLowerCase() ?? nameOf(url);
  if (!/^[a-z0-9._-]{1,64}$/.test(name)) {
    throw invalid(
      `notify.webhooks: ${JSON.stringify(name)} cannot be a name`,
      'use letters, digits, dots, dashes and underscores, 64 at most',
    );
  }
  const secret = textOrFile(
    webhook.secret,
    webhook.secret_file,
    `the secret of the webhook ${name}`,
  );
  const token = textOrFile(webhook.token, webhook.token_file, `the token of the webhook ${name}`);
  assertOneLogin(url, token, name);
  const format = webhook.format ?? 'cloudevents';
  if (format === 'pagerduty' && token === null) {
    throw invalid(`the webhook ${name} has no routing key`, 'give it as token or token_file');
  }
  const body = WEBHOOK_BODIES[format];
  const ca = webhook.ca_file === undefined ? null : readCaFile(webhook.ca_file);
  const signingKey = secret === null ? null : parseSigningSecret(secret, name);
  const filter = eventFilterOf(webhook);
  const timeoutSeconds = webhook.timeout ?? DEFAULT_TIMEOUT_SECONDS;
  return {
    name: `webhook ${name}`,
    channel: `webhook ${name}`,
    digest: body.digest,
    concurrency: body.digest ? 1 : CONCURRENT_REQUESTS,
    timeoutSeconds: Math.min(timeoutSeconds, MAX_TIMEOUT_SECONDS),
    accepts: (event) => body.supports(event) && matchesFilter(filter, event),
    send: webhookSender({ url, signingKey, token, format, ca }, runs),
  };
}

function urlOf(webhook: WebhookSetting): URL {
  const which = webhook.name ?? 'without a name';
  const text = textOrFile(webhook.url, webhook.url_file, `the URL of the webhook ${which}`);
  if (text === null) throw invalid('a webhook has no url', 'give it url or url_file');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
  // The message does not quote the text: it may be a secret with a typo in it.
  throw invalid(
    `the URL of the webhook ${which} is not an http or https URL`,
    'write https://host/path',
  );
}

function assertOneLogin(url: URL, token: string | null, name: string): void {
  if (token === null || url.username + url.password === '') return;
  throw invalid(
    `the webhook ${name} has a token, and a user in its URL`,
    'a receiver takes one login: leave one of the two out',
  );
}

/** The URL may hold a secret, so no more of it than the host is shown. */
function nameOf(url: URL): string {
  const digest = createHash('sha256').update(url.href).digest('hex').slice(0, 8);
  return `${url.hostname.slice(0, 50).replace(/[^a-z0-9.-]/g, '')}-${digest}`;
}

function textOrFile(
  text: string | undefined,
  file: string | undefined,
  what: string,
): string | null {
  if (text !== undefined && file !== undefined) {
    throw invalid(`${what} is given twice`, 'set the value or its file, not both');
  }
  if (file === undefined) return text ?? null;
  try {
    return readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
  } catch (cause) {
    throw invalid(`the file with ${what} cannot be read`, 'check its path and rights', cause);
  }
}

function invalid(message: string, hint: string, cause?: unknown): KmsError {
  return new KmsError('InvalidConfiguration', message, { hint, cause });
}
