// One object, several, or the generations of one, for people. Never key material: a KeyView has none.
import { formatDistance, formatDuration } from '../../text/duration.js';
import { keyKind } from './key-kind.js';
import type { KeyView } from './key-view.js';
import type { EpochSeconds } from '../../kmip/date-time.js';
import { listing, type ListRequest } from '../../output/listing.js';
import type { Column } from '../../output/table-layout.js';
import type { Terminal } from '../../output/terminal.js';
import { printable } from '../../text/printable.js';

/** Yields one line for each attribute that the object has. */
export function* keyDetails(
  view: KeyView,
  now: EpochSeconds,
  terminal: Terminal,
  certificates: readonly string[] = [],
): Generator<string> {
  const lines: readonly (readonly [string, string | null])[] = [
    ['Unique Identifier', view.uid],
    ['Object Type', view.objectType],
    ['Key', keyKind(view)],
    ['State', view.state],
    ['Owner', view.owner],
    ['Name', list(view.names)],
    ['Tags', list(view.tags)],
    ['Wrapped by', view.wrappingKeyUid],
    ['Dependants', view.dependants > 0 ? String(view.dependants) : null],
    ['Used by', certificates.length === 0 ? null : `certificate ${certificates.join(', ')}`],
    ['Keyset', view.keyset === null ? null : `${view.keyset}, generation ${view.generation}`],
    ['Initial Date', view.initialDate],
    ['Activation Date', view.activationDate],
    ['Deactivation Date', view.deactivationDate],
    ['Rotate Interval', interval(view.intervalSeconds)],
    ['Rotate Offset', interval(view.offsetSeconds)],
    ['Rotate Automatic', view.automatic === null ? null : String(view.automatic)],
    ['Rotate Date', view.rotateDate],
    ['Deadline', view.deadline === null ? null : withDistance(view.deadline, now)],
    ['Retires', view.retiresAt === null ? null : withDistance(view.retiresAt, now)],
    ['Replaces', view.replacedUid],
    ['Replaced by', view.replacementUid],
    ['Malformed', view.error?.message ?? null],
  ];
  for (const [label, value] of lines) {
    if (value !== null) yield `${terminal.paint.bold(label.padEnd(18))} ${printable(value)}`;
  }
}

export function keyTable(
  views: Iterable<KeyView>,
  now: EpochSeconds,
  terminal: Terminal,
  request: ListRequest = { csv: false },
): Generator<string> {
  const columns: readonly Column<KeyView>[] = [
    { title: 'UID', value: (view) => view.uid },
    { title: 'STATE', value: (view) => view.state },
    { title: 'KEY', value: keyKind },
    {
      title: 'INTERVAL',
      value: (view) => interval(view.intervalSeconds),
      raw: (view) => view.intervalSeconds,
      weight: 3,
    },
    {
      title: 'DUE',
      value: (view) =>
        view.deadline === null ? null : formatDistance(Date.parse(view.deadline) / 1000, now),
      raw: (view) => view.deadline,
      weight: 4,
    },
    { title: 'TAGS', value: (view) => list(view.tags), weight: 1 },
    { title: 'OWNER', value: (view) => view.owner, weight: 2 },
  ];
  return listing(columns, views, request, terminal);
}

/** Draws the generations one below the other, the latest last. */
export function* lineageDrawing(
  generations: readonly KeyView[],
  now: EpochSeconds,
  { paint }: Terminal,
): Generator<string> {
  for (const [index, view] of generations.entries()) {
    const last = index === generations.length - 1;
    const mark = view.state === 'Active' ? paint.green('●') : paint.dim('○');
    const next = view.deadline === null ? '' : `, due ${withDistance(view.deadline, now)}`;
    const end = view.retiresAt === null ? '' : `, retires ${withDistance(view.retiresAt, now)}`;
    yield `${mark} ${paint.bold(printable(view.uid))}  ${view.state ?? ''}${next}${end}`;
    yield `${last ? ' ' : '│'}   generation ${view.generation}, since ${view.initialDate ?? 'unknown'}`;
    if (!last) yield '│';
  }
}

function interval(seconds: number | null): string | null {
  if (seconds === null) return null;
  return `${seconds < 0 ? '-' : ''}${formatDuration(Math.abs(seconds))}`;
}

function withDistance(instant: string, now: EpochSeconds): string {
  return `${instant} (${formatDistance(Date.parse(instant) / 1000, now)})`;
}

function list(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : texts.join(', ');
}
