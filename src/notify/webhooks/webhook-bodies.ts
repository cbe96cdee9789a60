// What a webhook's body looks like: CloudEvents, a message for a chat that takes Slack's form, or alerts for
// Alertmanager.
import type { KmsEvent } from '../../report/events.js';
import { alertsOf, isAlert } from './alertmanager.js';
import type { WebhookFormat } from '../../settings/webhook-formats.js';
import { digestOf } from '../event-digest.js';

export interface WebhookForm {
  readonly contentType: string;
  /** Whether the events of a run make one body. */
  readonly together: boolean;
  /** Says whether an event can be put so. */
  suits(event: KmsEvent): boolean;
  body(events: readonly KmsEvent[]): unknown;
}

export const WEBHOOK_FORMS: Readonly<Record<WebhookFormat, WebhookForm>> = {
  cloudevents: {
    contentType: 'application/cloudevents+json; charset=utf-8',
    together: false,
    suits: () => true,
    body: ([event]) => event,
  },
  slack: {
    contentType: 'application/json; charset=utf-8',
    together: true,
    suits: () => true,
    body: (events) => ({ text: chatText(events) }),
  },
  alertmanager: {
    contentType: 'application/json; charset=utf-8',
    together: true,
    suits: isAlert,
    body: (events) => events.flatMap(alertsOf),
  },
};

/** Chats cut long messages off. */
const MOST_LINES = 40;

function chatText(events: readonly KmsEvent[]): string {
  const { title, lines, more } = digestOf(events);
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
