// A digest of events for people who read mail or a chat: a title and one line for each event, the most urgent first.
import type { ConditionEvent, FailedEvent } from '../report/condition-events.js';
import type { KmsEvent } from '../report/events.js';
import { printable } from '../text/printable.js';
import { detailOf, NONE, whatOf, wordsOf } from './event-words.js';

export interface DigestLine {
  readonly what: string;
  readonly uid: string;
  readonly detail: string;
  readonly owner: string;
}

/** Nobody reads more; `kms history` shows the rest. */
const MOST_LINES = 200;

export interface EventDigest {
  readonly title: string;
  readonly lines: readonly DigestLine[];
  /** How many events have no line. */
  readonly more: number;
}

export function eventDigest(events: readonly KmsEvent[]): EventDigest {
  const sorted = [...events].sort((one, other) => urgencyOf(one) - urgencyOf(other));
  const groups = groupsOf(withoutEarlierEnds(sorted));
  const shown = groups.slice(0, MOST_LINES);
  const more = events.length - shown.reduce((sum, { length }) => sum + length, 0);
  return { title: titleOf(sorted), lines: shown.flatMap(lineOfGroup), more };
}

/** After many runs only the end of the last one is of interest, with the heads that all of them left in the log. */
function withoutEarlierEnds(events: readonly KmsEvent[]): readonly KmsEvent[] {
  const ends = events.filter((event) => event.type === 'kms.finished');
  const last = ends.at(-1);
  if (last === undefined || ends.length === 1) return events;
  const auditHeads = ends.flatMap(({ data }) => data.auditHeads ?? []);
  const end = { ...last, data: { ...last.data, auditHeads } };
  return events.flatMap<KmsEvent>((event) => {
    if (event.type !== 'kms.finished') return [event];
    return event === last ? [end] : [];
  });
}

/** So many failures of one cause, or fewer, have a line each. */
const MOST_ALIKE = 3;

/** Returns failures that have one cause together, at the place of the first, and every other event by itself. */
function groupsOf(events: readonly KmsEvent[]): readonly (readonly KmsEvent[])[] {
  const alike = new Map<string, KmsEvent[]>();
  for (const event of events) {
    const cause = event.type === 'kms.failed' ? causeOf(event) : event.id;
    alike.set(cause, [...(alike.get(cause) ?? []), event]);
  }
  return [...alike.values()].flatMap((group) =>
    group.length > MOST_ALIKE ? [group] : group.map((event) => [event]),
  );
}

/** Equal for failures of one cause: their messages differ in the uid alone. */
function causeOf({ data: { uid, error, condition } }: FailedEvent): string {
  const message = error.message.replaceAll(JSON.stringify(uid), '');
  return JSON.stringify([condition?.telling ?? null, error.reason, message]);
}

function lineOfGroup(group: readonly KmsEvent[]): readonly DigestLine[] {
  const lines = group.slice(0, MOST_ALIKE).map(lineOf);
  const [first] = lines;
  if (first === undefined || group.length <= lines.length) return lines;
  const uids = lines.map(({ uid }) => uid).join(', ');
  return [{ ...first, uid: `${uids} and ${group.length - lines.length} more` }];
}

/** The most urgent first. */
const ORDER: readonly KmsEvent['type'][] = [
  ...([
    'kms.condition',
    'kms.failed',
    'kms.warning',
    'kms.recovered',
    'kms.mended',
    'kms.retired',
    'kms.rotated',
  ] as const),
  ...(['kms.finished', 'kms.test'] as const),
];

function urgencyOf({ type }: KmsEvent): number {
  return ORDER.indexOf(type);
}

/** Counts each type, as in `1 failed, 2 rotated (kms-3f2a9c1b on host)`. */
function titleOf(events: readonly KmsEvent[]): string {
  const counts = ORDER.map((type) => {
    const count = events.filter((event) => event.type === type).length;
    if (count === 0) return '';
    switch (type) {
      case 'kms.failed':
        return `${count} failed`;
      case 'kms.recovered':
        return `${count} recovered`;
      case 'kms.warning':
        return count === 1 ? '1 deadline is near' : `${count} deadlines are near`;
      case 'kms.condition':
        return faultTitles(events).join(', ');
      case 'kms.mended':
        return `${count} re-wrapped`;
      case 'kms.retired':
        return `${count} retired`;
      case 'kms.rotated':
        return `${count} rotated`;
      case 'kms.finished':
        return count === 1 ? 'run finished' : `${count} runs finished`;
      case 'kms.test':
        return 'test of notifications';
    }
  });
  const distinct = (values: readonly string[]) => [...new Set(values.map(printable))].join(', ');
  const stores = distinct(events.map(({ data }) => data.store));
  const hosts = distinct(events.map(({ data }) => data.host));
  return `${counts.filter((count) => count !== '').join(', ')} (${stores} on ${hosts})`;
}

/** Says of each kind what is wrong, rather than that something is over. */
function faultTitles(events: readonly KmsEvent[]): readonly string[] {
  const faults = events.flatMap((event) => (event.type === 'kms.condition' ? [event] : []));
  const isOver = ({ data }: ConditionEvent) => data.condition.telling === 'over';
  const lasting = faults.filter((event) => !isOver(event));
  const kinds = new Set(lasting.map(({ data }) => data.condition.kind));
  const over = faults.filter((event) => isOver(event) && !kinds.has(event.data.condition.kind));
  return [...new Set([...lasting, ...over].map((event) => wordsOf(event)[0]))];
}

function lineOf(event: KmsEvent): DigestLine {
  const about = 'uid' in event.data ? event.data : null;
  return {
    what: whatOf(event),
    uid: printable(about?.uid ?? ('subject' in event.data ? event.data.subject : NONE)),
    detail: printable(detailOf(event)),
    owner: printable(about?.owner ?? NONE),
  };
}
