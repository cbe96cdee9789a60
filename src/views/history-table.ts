// `kms history` for people: what runs did, the newest first.
import type { Condition } from '../conditions/condition.js';
import { conditionLine } from './status/active-conditions.js';
import { formatDistance } from '../text/duration.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { LogEntry } from '../store/own/rotation-log.js';
import { listing, type ListRequest } from '../output/listing.js';
import type { Column } from '../output/table-layout.js';
import type { Terminal } from '../output/terminal.js';
import { foldLines } from '../text/fold-lines.js';
import { printable } from '../text/printable.js';

/** Yields the list; above it, for one object, why its last rotation failed, since a table may have to cut that. */
export function* historyTable(
  entries: readonly LogEntry[],
  now: EpochSeconds,
  terminal: Terminal,
  request: ListRequest & {
    readonly uid?: string | undefined;
    readonly conditions?: readonly Condition[];
  },
): Generator<string> {
  const last = entries.find(({ outcome }) => outcome === 'rotated' || outcome === 'failed');
  if (request.uid !== undefined && last?.outcome === 'failed' && !request.csv) {
    const why = `${last.uid} was not rotated at ${last.at}: ${whyOf(last)}`;
    for (const line of foldLines(printable(why), terminal.width)) yield terminal.paint.red(line);
    yield '';
  }
  if (!request.csv) {
    for (const one of request.conditions ?? []) {
      yield terminal.paint.red(printable(`${one.subject}: ${conditionLine(one, now)}`));
    }
  }
  if (!request.csv && entries.length === 0) return;
  yield* listing(columnsFor(now, terminal), entries, request, terminal, EXTRA_COLUMNS);
}

/** The uids of most replacements are shown whole. */
const UUID_LENGTH = 36;

function columnsFor(now: EpochSeconds, { paint }: Terminal): readonly Column<LogEntry>[] {
  const colours = {
    rotated: paint.green,
    mended: paint.cyan,
    retired: paint.green,
    extended: paint.cyan,
    policy: paint.cyan,
    completed: paint.green,
    'rolled-back': paint.cyan,
    repaired: paint.cyan,
    created: paint.green,
    failed: paint.red,
    recovered: paint.green,
  };
  return [
    { title: 'AT', value: ({ at }) => at },
    { title: 'AGO', value: ({ at }) => agoOf(at, now), raw: ({ at }) => at, weight: 2 },
    { title: 'UID', value: ({ uid }) => uid },
    {
      title: 'OUTCOME',
      value: ({ outcome }) => outcome,
      paint: (text, { outcome }) => colours[outcome](text),
    },
    {
      title: 'REPLACEMENT OR WHY',
      value: (entry) => entry.replacementUid ?? whyOf(entry),
      weight: 3,
      least: UUID_LENGTH,
    },
    { title: 'WHO', value: ({ osUser, host }) => `${osUser}@${host}`, weight: 1 },
    {
      title: 'TOOK',
      value: ({ durationMs }) => `${durationMs} ms`,
      raw: ({ durationMs }) => durationMs,
      weight: 0,
    },
  ];
}

/** Shown if asked for by name, and in CSV. */
const EXTRA_COLUMNS: readonly Column<LogEntry>[] = [
  { title: 'RUN', value: ({ runId }) => runId },
  { title: 'FLOW', value: ({ flow }) => flow },
  { title: 'VERSION', value: ({ version }) => version },
  { title: 'REASON', value: ({ reason }) => reason },
  { title: 'MESSAGE', value: ({ message }) => message },
];

function whyOf({ reason, message }: LogEntry): string {
  return [reason, message].filter((part) => part !== null).join(': ');
}

function agoOf(at: string, now: EpochSeconds): string {
  return formatDistance(Date.parse(at) / 1000, now).replace('overdue', 'ago');
}
