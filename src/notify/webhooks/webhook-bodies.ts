// The body of a webhook in each format: CloudEvents, a chat message in Slack's form, or alerts for Alertmanager.
import type { KmsEvent } from '../../report/events.js';
import { alertsOf, raisesAlert, type Sending } from './alertmanager.js';
import type { WebhookFormat } from '../../settings/webhook-formats.js';
import { eventDigest } from '../event-digest.js';

export interface WebhookBody {
  readonly contentType: string;
  /** Whether the events of a run go into one body. */
  readonly digest: boolean;
  /** Says whether the format can express an event. */
  supports(event: KmsEvent): boolean;
  bodyOf: (events: readonly KmsEvent[], sending: Sending) => unknown;
}

export const WEBHOOK_BODIES: Readonly<Record<WebhookFormat, WebhookBody>> = {
  cloudevents: {
    contentType: 'application/cloudevents+json; charset=utf-8',
    digest: false,
    supports: () => true,
    bodyOf: ([event]) => event,
  },
  slack: {
    contentType: 'application/json; charset=utf-8',
    digest: true,
    supports: () => true,
    bodyOf: (events) => ({ text: chatText(events) }),
  },
  alertmanager: {
    contentType: 'application/json; charset=utf-8',
    digest: true,
    supports: raisesAlert,
    bodyOf: (events, sending) => events.flatMap((event) => alertsOf(event, sending)),
  },
};

/** Chats truncate long messages. */
const MOST_LINES = 40;

function chatText(events: readonly KmsEvent[]): string {
  const { title, lines, more } = eventDigest(events);
  const shown = lines
    .slice(0, MOST_LINES)
    .map(({ what, uid, detail }) => `• ${what}: ${uid} ${detail}`);
  const left = more + lines.length - shown.length;
  const closing = left > 0 ? [`and ${left} more`] : [];
  return [`*kms*: ${title}`, ...shown, ...closing].map(escapeChat).join('\n');
}

function escapeChat(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
