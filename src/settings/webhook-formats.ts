// The names of the formats of a webhook's body; notify/ writes them.

export const WEBHOOK_FORMATS = [
  'cloudevents',
  'raw',
  'slack',
  'teams',
  'pagerduty',
  'alertmanager',
] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];
