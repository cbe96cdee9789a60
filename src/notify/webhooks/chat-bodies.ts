// Events as a message in a chat: in Slack's form, which Mattermost takes too, and as an Adaptive Card for Microsoft
// Teams.
import type { KmsEvent } from '../../report/events.js';
import { eventDigest } from '../event-digest.js';

/** A message of an incoming webhook (Slack, "Sending messages using incoming webhooks"). */
export function slackBody(events: readonly KmsEvent[]): object {
  const { title, lines } = chatLines(events);
  return { text: [`*kms*: ${title}`, ...lines].map(escapeSlack).join('\n') };
}

/** A message for a Teams workflow, "Post to a channel when a webhook request is received". */
export function teamsBody(events: readonly KmsEvent[]): object {
  const { title, lines } = chatLines(events);
  const block = (text: string) => ({ type: 'TextBlock', text: escapeMarkdown(text), wrap: true });
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.2',
    body: [{ ...block(`kms: ${title}`), weight: 'Bolder' }, ...lines.map(block)],
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
}

/** Chats truncate long messages; Teams refuses one of more than 28 KB. */
const MOST_LINES = 40;
const LONGEST_LINE = 400;

function chatLines(events: readonly KmsEvent[]) {
  const { title, lines, more } = eventDigest(events);
  const shown = lines
    .slice(0, MOST_LINES)
    .map(({ what, uid, detail }) => `• ${what}: ${uid} ${detail}`.slice(0, LONGEST_LINE));
  const left = more + lines.length - shown.length;
  return { title, lines: left > 0 ? [...shown, `and ${left} more`] : shown };
}

function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>]/g, '\\$&');
}
