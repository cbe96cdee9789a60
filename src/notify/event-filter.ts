// Which events a recipient or a receiver is to hear of.
import { kindOf, type KmsEvent } from '../report/events.js';
import type { EventKind } from '../settings/event-kinds.js';

/** What is left out restricts nothing. */
export interface Rule {
  readonly owner?: string;
  readonly tag?: string;
  readonly objectType?: string;
  readonly events?: readonly EventKind[];
}

/** The end of a run is told only to those who ask for it: most runs have nothing to do. */
const UNLESS_TOLD: readonly EventKind[] = ['rotated', 'failed', 'warning', 'mended'];

/** Says whether a rule lets an event through; one about some objects lets none through that is about none. */
export function accepts(rule: Rule, event: KmsEvent): boolean {
  const kind = kindOf(event);
  if (kind === null) return true;
  if (!(rule.events ?? UNLESS_TOLD).includes(kind)) return false;
  const { owner, tag, objectType } = rule;
  if (!('uid' in event.data)) return [owner, tag, objectType].every((one) => one === undefined);
  const { data } = event;
  return (
    (owner === undefined || data.owner === owner) &&
    (tag === undefined || data.tags.includes(tag)) &&
    (objectType === undefined || data.objectType === objectType)
  );
}
