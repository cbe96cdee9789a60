// A digest of events for people who read mail or a chat: a title and one line for each event, the most urgent first.
import { lastingWords, resolutionWords } from '../conditions/condition-words.js';
import type { FaultKind } from '../conditions/condition.js';
import type { ConditionData, ConditionEvent, FailedEvent } from '../report/condition-events.js';
import type { KmsEvent } from '../report/events.js';
import type { WarningKind } from '../rotation/warning.js';
import { printable } from '../text/printable.js';

export interface DigestLine {
  readonly what: string;
  readonly uid: string;
  readonly detail: string;
  readonly owner: string;
}

const NONE = '–';

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

/** After many runs only the end of the last one is of interest. */
function withoutEarlierEnds(events: readonly KmsEvent[]): readonly KmsEvent[] {
  const last = events.findLast(({ type }) => type === 'kms.finished');
  return events.filter((event) => event.type !== 'kms.finished' || event === last);
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

/** What titles and lines say of a fault, while it lasts and when it is over. */
const FAULT_WORDS: Readonly<
  Record<FaultKind, Readonly<Record<'wrong' | 'over', readonly [title: string, what: string]>>>
> = {
  'no-run': {
    wrong: ['runs are missing', 'no run'],
    over: ['runs came again', 'run came'],
  },
  'destination-refuses': {
    wrong: ['messages are not delivered', 'not delivered'],
    over: ['messages are delivered again', 'delivered'],
  },
  'store-health': {
    wrong: ['the store has a fault', 'store'],
    over: ['the store is in order again', 'in order'],
  },
};

function wordsOf({ data: { condition } }: ConditionEvent): readonly [title: string, what: string] {
  return FAULT_WORDS[condition.kind][condition.telling === 'over' ? 'over' : 'wrong'];
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

function whatOf(event: KmsEvent): string {
  switch (event.type) {
    case 'kms.rotated':
      return 'rotated';
    case 'kms.failed':
      return event.data.condition?.telling === 'reminder' ? 'still failing' : 'failed';
    case 'kms.recovered':
      return 'recovered';
    case 'kms.condition':
      return wordsOf(event)[1];
    case 'kms.mended':
      return 're-wrapped';
    case 'kms.retired':
      return 'retired';
    case 'kms.finished':
      return 'run finished';
    case 'kms.test':
      return 'test';
    case 'kms.warning':
      return warningText(event.data);
  }
}

/** Returns what a deadline warning says, as in `expires in 3 days`. */
export function warningText({
  kind,
  daysLeft,
}: {
  readonly kind: WarningKind;
  readonly daysLeft: number;
}): string {
  const [passed, ahead] = WARNING_WORDS[kind];
  if (daysLeft <= 0) return passed;
  return `${ahead} ${daysLeft === 1 ? '1 day' : `${daysLeft} days`}`;
}

const WARNING_WORDS = {
  rotation: ['is overdue', 'due in', 'to be rotated by'],
  expiry: ['has expired', 'expires in', 'not after'],
  'overlap-end': [
    'its overlap has ended',
    'its overlap ends in',
    'kms rotate extend moves the end:',
  ],
  'no-usable-generation': [
    'has no usable generation',
    'has no usable generation in',
    'kms rotate key makes the next one; none can protect since',
  ],
  'unrenewable-end': [
    'ended, and no rotation renews it',
    'no rotation renews it before its end in',
    'kms report says why; not after',
  ],
  'usage-limit': [
    'its Usage Limits are used up',
    'its Usage Limits are used up in',
    'no rotation restores them: create another key, or set UsageLimitsCount; made',
  ],
} as const satisfies Record<WarningKind, readonly string[]>;

function detailOf(event: KmsEvent): string {
  switch (event.type) {
    case 'kms.rotated': {
      const { replacementUid, nextDeadline } = event.data;
      const next = nextDeadline === null ? '' : `, next ${nextDeadline}`;
      return `replaced by ${replacementUid ?? NONE}${next}`;
    }
    case 'kms.failed': {
      const { reason, message, hint } = event.data.error;
      const why = `${reason}: ${message}${hint === undefined ? '' : `; ${hint}`}`;
      const { condition } = event.data;
      if (condition === null || condition.telling === 'new') return why;
      const lasting = lastingWords({ ...condition, ...spanOf(event, condition) });
      return condition.telling === 'changed' ? `${lasting}, now ${why}` : `${lasting}: ${why}`;
    }
    case 'kms.recovered': {
      const { condition, resolution, reason } = event.data;
      const { firstSeenAt, lastSeenAt } = spanOf(event, condition);
      const seconds = lastSeenAt - firstSeenAt;
      return `${resolutionWords(resolution, condition, seconds)} (${reason})`;
    }
    case 'kms.condition': {
      const { message, hint } = event.data;
      return hint === null ? message : `${message}; ${hint}`;
    }
    case 'kms.mended':
      return `from ${event.data.fromWrappingKeyUid} to ${event.data.toWrappingKeyUid ?? NONE}`;
    case 'kms.retired':
      return `its overlap ended, in favour of ${event.data.headUid}`;
    case 'kms.warning':
      return `${WARNING_WORDS[event.data.kind][2]} ${event.data.deadline}`;
    case 'kms.finished': {
      const { rotated, failed, notAttempted } = event.data.summary;
      const left = notAttempted > 0 ? `, ${notAttempted} still due` : '';
      return `${rotated} rotated, ${failed} failed${left}, exit code ${event.data.exitCode}`;
    }
    case 'kms.test':
      return 'sent by kms notify test; nothing has happened';
  }
}

/** From when a failure began to the event about it. */
function spanOf({ time }: KmsEvent, { firstSeen }: ConditionData) {
  return { firstSeenAt: Date.parse(firstSeen) / 1000, lastSeenAt: Date.parse(time) / 1000 };
}
