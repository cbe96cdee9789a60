// `kms due list` for people: a table with the most urgent column first, and below it why some keys cannot be rotated.
import { newSortedList } from '../../files/sorted-list.js';
import type { LongList } from '../../text/lazy-lists.js';
import { formatDistance } from '../../text/duration.js';
import type { ListedKey } from './due-list.js';
import { keyKind } from '../keys/key-kind.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import type { StaleDependant } from '../../survey/stale-dependants.js';
import type { Eligibility } from '../../rotation/eligibility.js';
import { conditionLine, type ActiveConditions } from '../status/active-conditions.js';
import { messageWithoutUid } from '../message-without-uid.js';
import { listing, pagedListing, type ListRequest } from '../../output/listing.js';
import type { Column } from '../../output/table-layout.js';
import type { Terminal } from '../../output/terminal.js';
import { printable } from '../../text/printable.js';

/** Yields the list of keys, which arrive in pages and in order, then why some of them cannot be rotated. */
export async function* dueTable(
  pages: AsyncIterable<readonly ListedKey[]>,
  now: EpochSeconds,
  terminal: Terminal,
  request: ListRequest = { csv: false },
): AsyncGenerator<string> {
  const problems: string[] = [];
  const noting = noted(pages, (key) => problems.push(...problemOf(key, terminal)));
  yield* pagedListing(columnsFor(now, terminal), noting, request, terminal, EXTRA_COLUMNS);
  if (request.csv) return;
  if (problems.length > 0) yield '';
  yield* problems;
}

async function* noted(
  pages: AsyncIterable<readonly ListedKey[]>,
  note: (key: ListedKey) => void,
): AsyncGenerator<readonly ListedKey[]> {
  for await (const page of pages) {
    page.forEach(note);
    yield page;
  }
}

/** Yields how many objects have each verdict, then all objects with a policy and the verdict on each. */
export function* explainedTable(
  keys: LongList<ListedKey>,
  {
    now,
    conditions,
    staleDependants,
  }: {
    readonly now: EpochSeconds;
    readonly conditions: ActiveConditions;
    readonly staleDependants: readonly StaleDependant[];
  },
  terminal: Terminal,
  request: ListRequest = { csv: false },
): Generator<string> {
  const verdicts = new Map<Eligibility, number>();
  let hasProblems = false;
  for (const key of keys) {
    verdicts.set(key.verdict, (verdicts.get(key.verdict) ?? 0) + 1);
    hasProblems ||= whyOf(key) !== null;
  }
  const columns = columnsFor(now, terminal, [VERDICT], hasProblems && !request.csv ? [WHY] : []);
  if (!request.csv && keys.length > 0) {
    yield* [counts(verdicts, staleDependants.length, terminal), ''];
  }
  if (request.csv || keys.length > 0) {
    yield* listing(columns, request.csv ? keys : byVerdict(keys), request, terminal, EXTRA_COLUMNS);
  }
  if (request.csv) return;
  const lasting = (uid: string) =>
    (conditions.get(uid) ?? []).map((one) => ailment(uid, conditionLine(one, now), terminal));
  let isFirst = true;
  for (const key of keys) {
    const problems = [
      ...problemOf(key, terminal),
      ...key.remarks.map(({ detail }) => ailment(key.uid, detail, terminal)),
      ...lasting(key.uid),
    ];
    if (problems.length > 0 && isFirst) yield '';
    isFirst &&= problems.length === 0;
    yield* problems;
  }
  if (staleDependants.length > 0) yield '';
  for (const { uid, wrappingKeyUid, replacementUid, error } of staleDependants) {
    const why = error === null ? `, which ${replacementUid} replaced` : `: ${error.message}`;
    yield printable(`${uid}: still wrapped by ${wrappingKeyUid}${why}`);
    yield* lasting(uid);
  }
}

/** First what somebody must look at, last what no run will ever rotate. */
const VERDICTS: readonly Eligibility[] = [
  ...(['undecidable', 'unsupported', 'hsm-resident', 'due', 'upcoming', 'not-due'] as const),
  ...([
    'opted-out',
    'not-armed',
    'public-key',
    'not-active',
    'already-replaced',
    'retiring',
  ] as const),
];

/** By verdict, then in the order they have. */
function byVerdict(keys: Iterable<ListedKey>): Iterable<ListedKey> {
  const place = ({ verdict }: ListedKey) => VERDICTS.indexOf(verdict);
  const sorted = newSortedList<ListedKey>((a, b) => place(a) - place(b));
  for (const key of keys) sorted.add(key);
  return sorted;
}

function counts(
  found: ReadonlyMap<Eligibility, number>,
  staleDependants: number,
  { paint }: Terminal,
): string {
  const verdicts = VERDICTS.flatMap((verdict) => {
    const count = found.get(verdict);
    return count === undefined ? [] : [`${count} ${verdict}`];
  });
  const orphaned =
    staleDependants === 0
      ? []
      : [`${staleDependants} ${staleDependants === 1 ? 'orphan' : 'orphans'}`];
  return paint.bold([...verdicts, ...orphaned].join(', '));
}

function problemOf({ uid, error }: ListedKey, terminal: Terminal): readonly string[] {
  return error === null ? [] : [ailment(uid, error.message, terminal)];
}

function ailment(uid: string, what: string, { paint }: Terminal): string {
  return `${paint.red(printable(uid))}: ${printable(what)}`;
}

const VERDICT: Column<ListedKey> = { title: 'VERDICT', value: (key) => key.verdict };

/** Why it cannot be rotated, or what is wrong with its dates. */
const WHY: Column<ListedKey> = {
  ...plain('WHY', whyOf),
  value: (key) => {
    const why = whyOf(key);
    return why === null ? null : messageWithoutUid(key.uid, why);
  },
  weight: 5,
  least: 20,
};

function whyOf({ error, remarks, flow, retiresAt }: ListedKey): string | null {
  if (retiresAt !== null) return `replaced, retires at ${retiresAt}`;
  const how = flow === 'server' ? 'through the server' : null;
  return error?.message ?? remarks[0]?.detail ?? how;
}

function columnsFor(
  now: EpochSeconds,
  { paint }: Terminal,
  verdict: readonly Column<ListedKey>[] = [],
  why: readonly Column<ListedKey>[] = [],
): readonly Column<ListedKey>[] {
  return [
    { title: 'UID', value: (key) => key.uid },
    ...verdict,
    {
      title: 'DUE',
      value: (key) => distanceOf(key, now),
      raw: ({ deadline }) => (deadline === null ? null : now - Date.parse(deadline) / 1000),
      paint: (text, key) => (key.due === false ? text : paint.yellow(text)),
    },
    ...why,
    { title: 'DEADLINE', value: (key) => key.deadline, weight: 4 },
    { title: 'KEY', value: keyKind, weight: 3 },
    { title: 'FLOW', value: (key) => key.flow, weight: 2 },
    { title: 'OWNER', value: (key) => key.owner, weight: 1 },
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
  WHY,
];

function plain(title: string, raw: (key: ListedKey) => string | number | null): Column<ListedKey> {
  const value = (key: ListedKey) => {
    const known = raw(key);
    return known === null ? null : String(known);
  };
  return { title, value, raw };
}

/** Empty unless a run, or a module, would rotate it now or later: the deadline of a retired key would mislead. */
function distanceOf({ deadline, verdict }: ListedKey, now: EpochSeconds): string | null {
  const scheduled = ['due', 'unsupported', 'hsm-resident', 'upcoming', 'not-due'].includes(verdict);
  return deadline === null || !scheduled ? null : formatDistance(Date.parse(deadline) / 1000, now);
}
