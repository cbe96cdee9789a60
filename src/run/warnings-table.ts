// Deadlines that are near, for people: a table, what could not be read, and what is due already.
import { formatDistance, formatDuration } from '../text/duration.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { WarningKind } from '../rotation/warning.js';
import type { NearDeadline } from '../survey/near-deadlines.js';
import { tableBlocks } from '../output/table.js';
import type { Column } from '../output/table-layout.js';
import type { Terminal } from '../output/terminal.js';
import { printable } from '../text/printable.js';
import { sentOf, type WarningsReport } from './warnings-report.js';

export function* warningsTable(report: WarningsReport, terminal: Terminal): Generator<string> {
  const { near, due, failures } = report.deadlines;
  if (near.length > 0) yield* tableBlocks(columnsFor(report, terminal), near, terminal);
  for (const { uid, error } of failures) {
    yield `${terminal.paint.red(printable(uid))}: ${printable(error.message)}`;
  }
  if (due > 0) yield `${due === 1 ? '1 key is' : `${due} keys are`} due already: kms due list`;
  if (near.length + failures.length + due === 0 && terminal.isTerminal)
    yield 'No deadline is near.';
}

function columnsFor(report: WarningsReport, { paint }: Terminal): readonly Column<NearDeadline>[] {
  return [
    { title: 'UID', value: ({ uid }) => uid },
    {
      title: 'WHAT',
      value: (near) => whatOf(near, report.now),
      paint: (text, { daysLeft }) => (daysLeft <= 1 ? paint.yellow(text) : text),
    },
    { title: 'DEADLINE', value: ({ deadline }) => formatInstant(deadline), weight: 4 },
    {
      title: 'KEY',
      value: ({ objectSummary }) => objectSummary.algorithm ?? objectSummary.objectType,
      weight: 2,
    },
    { title: 'TOLD', value: (near) => describeDeliveries(report, near), weight: 3 },
    { title: 'OWNER', value: ({ objectSummary }) => objectSummary.owner, weight: 1 },
  ];
}

function whatOf({ kind, deadline }: NearDeadline, now: EpochSeconds): string {
  const isOver = kind === 'expiry' && deadline < now;
  if (isOver) return `expired ${formatDuration(now - deadline)} ago`;
  return `${WORDS[kind]} ${formatDistance(deadline, now)}`;
}

const WORDS = {
  rotation: 'rotation',
  expiry: 'expires',
  'overlap-end': 'overlap ends',
  'no-usable-generation': 'no usable generation: ended',
  'unrenewable-end': 'cannot be renewed: ends',
  'usage-limit': 'Usage Limits used up: made',
} as const satisfies Record<WarningKind, string>;

function describeDeliveries(report: WarningsReport, near: NearDeadline): string | null {
  const told = sentOf(report, near).map(({ destination, state }) =>
    state === 'sent' ? destination : `${destination} (${state})`,
  );
  return told.length === 0 ? null : told.join(', ');
}
