// The kinds of events that recipients, webhooks and hooks can ask for; report/ makes the events.
export const EVENT_KINDS = [
  'rotated',
  'failed',
  'recovered',
  'warning',
  'mended',
  'retired',
  'condition',
  'finished',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];
