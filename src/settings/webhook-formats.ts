// The names of the forms that a webhook's body may have; webhook-forms.ts makes them.

export const WEBHOOK_FORMATS = ['cloudevents', 'slack', 'alertmanager'] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];
