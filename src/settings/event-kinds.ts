// The kinds of events that somebody may ask to hear of; report/events.ts makes them.
export const EVENT_KINDS = ['rotated', 'failed', 'warning', 'mended', 'finished'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];
