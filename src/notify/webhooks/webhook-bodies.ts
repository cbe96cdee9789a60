// The body of a webhook in each format. A pure function makes each, in a file of its own where it is long.
import type { KmsEvent } from '../../report/events.js';
import { alertsOf, raisesAlert, type Sending } from './alertmanager.js';
import type { WebhookFormat } from '../../settings/webhook-formats.js';
import { slackBody, teamsBody } from './chat-bodies.js';
import { pagerdutyBody } from './pagerduty.js';

interface WebhookSending extends Sending {
  /** The key that PagerDuty wants in the body. */
  readonly token: string | null;
}

export interface WebhookBody {
  readonly contentType: string;
  /** Whether all events that wait go into one body. */
  readonly digest: boolean;
  /** Whether its receivers forget what they are not told again. */
  readonly forgets?: boolean;
  /** Says whether the format can express an event. */
  supports(event: KmsEvent): boolean;
  bodyOf: (events: readonly KmsEvent[], sending: WebhookSending) => unknown;
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
    bodyOf: slackBody,
  },
  teams: {
    contentType: 'application/json; charset=utf-8',
    digest: true,
    supports: () => true,
    bodyOf: teamsBody,
  },
  pagerduty: {
    contentType: 'application/json; charset=utf-8',
    digest: false,
    supports: raisesAlert,
    bodyOf: ([event], { token }) =>
      event !== undefined && raisesAlert(event) ? pagerdutyBody(event, token ?? '') : {},
  },
  raw: {
    contentType: 'application/json; charset=utf-8',
    digest: false,
    supports: () => true,
    bodyOf: ([event]) => event && rawBody(event),
  },
  alertmanager: {
    contentType: 'application/json; charset=utf-8',
    digest: true,
    forgets: true,
    supports: raisesAlert,
    bodyOf: (events, sending) => events.flatMap((event) => alertsOf(event, sending)),
  },
};

/** A flat document: what happened, then its data, for receivers that know no CloudEvents. */
function rawBody({ id, type, time, data }: KmsEvent): object {
  return { event: type.replace(/^kms\./, ''), id, time, ...data };
}
