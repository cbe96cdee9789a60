// `kms due list` for people: a table with the most pressing column first, and what ails what cannot be
// decided or done.
import { formatDistance } from '../duration.js';
import type { ListedKey } from '../due-list.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { Orphan } from '../orphans.js';
import { listing, type ListRequest } from './listing.js';
import type { Column } from './table.js';
import { printable, type Terminal } from './terminal.js';

export function* dueTable(
  keys: readonly ListedKey[],
  options: { now: EpochSeconds; explain: boolean; orphans: readonly Orphan[] },
  terminal: Terminal,
  request: ListRequest = { csv: false },
): Generator<string> {
  const columns = columnsFor(options.now, options.explain, terminal);
  if (request.csv || keys.length > 0) {
    yield* listing(columns, keys, request, terminal, EXTRA_COLUMNS);
  }
  if (request.csv) return;
  const ailing = keys.filter((key) => key.error !== null);
  if (ailing.length > 0) yield '';
  for (const { uid, error } of ailing) {
    yield `${terminal.paint.red(printable(uid))}: ${printable(error?.message ?? '')}`;
  }
  if (options.orphans.length > 0) yield '';
  for (const { uid, wrappingKeyUid, replacementUid } of options.orphans) {
    const by = replacementUid ?? 'another key';
    yield printable(`${uid}: still wrapped by ${wrappingKeyUid}, which ${by} replaced`);
  }
}

function columnsFor(
  now: EpochSeconds,
  explain: boolean,
  { paint }: Terminal,
): readonly Column<ListedKey>[] {
  const verdict: Column<ListedKey> = { title: 'VERDICT', value: (key) => key.verdict };
  return [
    { title: 'UID', value: (key) => key.uid },
    ...(explain ? [verdict] : []),
    {
      title: 'DUE',
      value: (key) => distanceOf(key, now),
      raw: ({ deadline }) => (deadline === null ? null : now - Date.parse(deadline) / 1000),
      paint: (text, key) => (key.due === false ? text : paint.yellow(text)),
    },
    {
      title: 'DEADLINE',
      value: (key) => key.deadline ?? '–',
      raw: (key) => key.deadline,
      weight: 4,
    },
    { title: 'KEY', value: keyKind, weight: 3 },
    { title: 'FLOW', value: (key) => key.flow ?? '–', raw: (key) => key.flow, weight: 2 },
    { title: 'OWNER', value: (key) => key.owner ?? '–', raw: (key) => key.owner, weight: 1 },
  ];
}

/** Shown if asked for by name, and in CSV. */
const EXTRA_COLUMNS: readonly Column<ListedKey>[] = [
  plain('OBJECT TYPE', (key) => key.objectType),
  plain('STATE', (key) => key.state),
  plain('INTERVAL SECONDS', (key) => key.intervalSeconds),
  plain('RULE', (key) => key.deadlineRule),
  plain('KEYSET', (key) => key.keyset),
  plain('GENERATION', (key) => key.generation),
  plain('WRAPPING KEY', (key) => key.wrappingKeyUid),
  plain('DEPENDANTS', (key) => key.dependants),
];

function plain(title: string, raw: (key: ListedKey) => string | number | null): Column<ListedKey> {
  return { title, value: (key) => String(raw(key) ?? '–'), raw };
}

function keyKind(key: ListedKey): string {
  const kind = key.algorithm ?? key.objectType ?? '–';
  return key.length === null ? kind : `${kind}-${key.length}`;
}

/** Only of what a run would rotate now or later; of a retired key it would mislead. */
function distanceOf({ deadline, verdict }: ListedKey, now: EpochSeconds): string {
  const scheduled = ['due', 'unsupported', 'upcoming', 'not-due'].includes(verdict);
  return deadline === null || !scheduled ? '–' : formatDistance(Date.parse(deadline) / 1000, now);
}
