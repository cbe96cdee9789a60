// Sends webhooks: one signed POST for each message (http.ts), in the format of the receiver.
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { SendResult, Message } from '../destination.js';
import { connectHttp, httpSender, type HttpReceiver } from './http.js';
import { signatureOf } from './signature.js';
import type { WebhookFormat } from '../../settings/webhook-formats.js';
import { WEBHOOK_BODIES } from './webhook-bodies.js';

export interface Webhook extends HttpReceiver {
  readonly signingKey: Buffer | null;
  /** Sent as a bearer token; PagerDuty's routing key goes into the body instead. */
  readonly token: string | null;
  readonly format: WebhookFormat;
}

export interface Runs {
  readonly now: () => EpochSeconds;
  /** How often runs are started; null if unknown. */
  readonly cadenceSeconds: number | null;
}

export function webhookSender(
  webhook: Webhook,
  { now, cadenceSeconds }: Runs,
): (message: Message, signal: AbortSignal) => Promise<SendResult> {
  const post = httpSender(webhook, now);
  return (message, signal) => {
    const { contentType, bodyOf } = WEBHOOK_BODIES[webhook.format];
    const body = JSON.stringify(
      bodyOf(message.events, { now: now(), cadenceSeconds, token: webhook.token }),
    );
    const headers = {
      'content-type': contentType,
      ...tokenOf(webhook),
      ...identityOf(webhook, message.id, now(), body),
    };
    return post({ headers, body }, signal);
  };
}

export function connectWebhook(webhook: Webhook, signal: AbortSignal): Promise<SendResult> {
  return connectHttp(webhook, tokenOf(webhook), signal);
}

function tokenOf({ token, format }: Webhook): Readonly<Record<string, string>> {
  return token === null || format === 'pagerduty' ? {} : { authorization: `Bearer ${token}` };
}

function identityOf({ signingKey }: Webhook, id: string, timestamp: EpochSeconds, body: string) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    ...(signingKey === null
      ? {}
      : { 'webhook-signature': signatureOf(signingKey, { id, timestamp, body }) }),
  };
}
