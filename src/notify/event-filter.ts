// Which events a recipient or webhook receives: the filter that its entry in the configuration sets.
import { eventKindOf, type KmsEvent } from '../report/events.js';
import { EVENT_KINDS, type EventKind } from '../settings/event-kinds.js';
import type { RecipientSetting, WebhookSetting } from '../settings/notify-settings.js';

/** A missing member restricts nothing. */
export interface EventFilter {
  readonly owner?: string;
  readonly tag?: string;
  readonly objectType?: string;
  readonly events?: readonly EventKind[];
}

/** The end of a run is sent only to those who ask for it: most runs have nothing to do. */
const DEFAULT_EVENTS: readonly EventKind[] = EVENT_KINDS.filter((kind) => kind !== 'finished');

/** Says whether an event passes a filter. A filter on objects stops events that are about no object. */
export function matchesFilter(filter: EventFilter, event: KmsEvent): boolean {
  const kind = eventKindOf(event);
  if (kind === null) return true;
  if (!(filter.events ?? DEFAULT_EVENTS).includes(kind)) return false;
  const { owner, tag, objectType } = filter;
  if (!('uid' in event.data)) return [owner, tag, objectType].every((one) => one === undefined);
  const { data } = event;
  return (
    (owner === undefined || data.owner === owner) &&
    (tag === undefined || data.tags.includes(tag)) &&
    (objectType === undefined || data.objectType === objectType)
  );
}

export function eventFilterOf(setting: RecipientSetting | WebhookSetting): EventFilter {
  return {
    ...(setting.owner === undefined ? {} : { owner: setting.owner }),
    ...(setting.tag === undefined ? {} : { tag: setting.tag }),
    ...(setting.object_type === undefined ? {} : { objectType: setting.object_type }),
    ...(setting.events === undefined ? {} : { events: setting.events }),
  };
}
