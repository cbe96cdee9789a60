// What a run did, for people: one line for each object, then failures with reason and hint, then totals.
import { formatInstant } from '../kmip/date-time.js';
import type { RotationResult } from '../report/rotation-result.js';
import { summaryOf, type RunReport } from '../report/run-report.js';
import { tableBlocks } from '../output/table.js';
import type { Column } from '../output/table-layout.js';
import type { Terminal } from '../output/terminal.js';
import { printable } from '../text/printable.js';

export function* runReportLines(report: RunReport, terminal: Terminal): Generator<string> {
  const { paint } = terminal;
  if (report.results.length > 0)
    yield* tableBlocks(columnsFor(report, terminal), report.results, terminal);
  yield* rewrappedLines(report, terminal);
  yield* retiredLines(report, terminal);
  const failures = [...failedLines(report, terminal)];
  if (failures.length > 0) yield '';
  yield* failures;
  if (report.notices.length > 0) yield '';
  for (const notice of report.notices) yield `${paint.yellow('notice:')} ${printable(notice)}`;
  const { results, rewrappedDependants, retired } = report;
  if (results.length + rewrappedDependants.length + retired.length > 0) yield '';
  yield totals(report);
}

/** Yields what could not be rotated or re-wrapped, and why. */
export function* failedLines(report: RunReport, { paint }: Terminal): Generator<string> {
  const { rewrappedDependants, retired, results } = report;
  for (const { uid, error } of [...rewrappedDependants, ...retired, ...results]) {
    if (error === null) continue;
    yield `${paint.red(printable(uid))}: ${error.reason}: ${printable(error.message)}`;
    if (error.hint !== null) yield `  ${paint.dim(printable(error.hint))}`;
  }
}

function* rewrappedLines(
  { rewrappedDependants }: RunReport,
  { paint }: Terminal,
): Generator<string> {
  const moved = rewrappedDependants.filter(({ error }) => error === null);
  if (moved.length > 0) yield '';
  for (const { uid, fromWrappingKeyUid, toWrappingKeyUid, outcome } of moved) {
    const [from, to] = [fromWrappingKeyUid, toWrappingKeyUid ?? '–'].map(printable);
    yield `${paint.bold(printable(uid))}: ${outcome === 'mended' ? 're-wrapped' : 'would be re-wrapped'}, from ${from} to ${to}`;
  }
}

function* retiredLines({ retired }: RunReport, { paint }: Terminal): Generator<string> {
  const done = retired.filter(({ error }) => error === null);
  if (done.length > 0) yield '';
  for (const { uid, headUid, endsAt } of done) {
    yield `${paint.bold(printable(uid))}: retired in favour of ${printable(headUid)}, its overlap ended at ${formatInstant(endsAt)}`;
  }
}

function columnsFor(
  { results }: RunReport,
  { paint }: Terminal,
): readonly Column<RotationResult>[] {
  const colours = {
    rotated: paint.green,
    'would-rotate': paint.cyan,
    failed: paint.red,
    skipped: paint.dim,
  };
  const withPairs = results.some(({ publicKeyUid }) => publicKeyUid !== null);
  return [
    { title: 'UID', value: (result) => result.uid },
    {
      title: 'OUTCOME',
      value: (result) => result.outcome,
      paint: (text, result) => colours[result.outcome](text),
    },
    { title: 'REPLACEMENT', value: (result) => result.replacementUid, weight: 3 },
    ...(withPairs ? PUBLIC_KEY_COLUMNS : []),
    {
      title: 'NEXT DEADLINE',
      value: ({ nextDeadline }) => (nextDeadline === null ? null : formatInstant(nextDeadline)),
      weight: 2,
    },
    { title: 'FLOW', value: (result) => result.flow, weight: 1 },
  ];
}

const PUBLIC_KEY_COLUMNS: readonly Column<RotationResult>[] = [
  { title: 'PUBLIC KEY', value: (result) => result.publicKeyUid, weight: 1 },
  {
    title: 'PUBLIC REPLACEMENT',
    value: (result) => result.publicKeyReplacementUid,
    weight: 1,
  },
];

function totals(report: RunReport): string {
  const summary = summaryOf(report);
  const rewrapped = report.results.reduce((sum, result) => sum + result.dependantsRewrapped, 0);
  const moved = report.rewrappedDependants.filter(({ error }) => error === null).length;
  const leftOver = report.rewrappedDependants.length - moved;
  const failed = summary.failed + leftOver + report.retired.length - summary.retired;
  const parts = [
    summary.rotated > 0 ? `${summary.rotated} rotated` : '',
    summary.wouldRotate > 0 ? `${summary.wouldRotate} would be rotated` : '',
    rewrapped > 0 ? `${rewrapped} dependant${rewrapped === 1 ? '' : 's'} re-wrapped` : '',
    moved > 0
      ? `${moved} stale dependant${moved === 1 ? '' : 's'} ${report.dryRun ? 'would be ' : ''}re-wrapped`
      : '',
    summary.retired > 0 ? `${summary.retired} retired` : '',
    failed > 0 ? `${failed} failed` : '',
    summary.skipped > 0 ? `${summary.skipped} rotated by another run` : '',
    summary.notAttempted > 0 ? `${summary.notAttempted} still due` : '',
  ].filter((part) => part !== '');
  const dryRun = report.dryRun ? ' (dry run: nothing was written)' : '';
  return (parts.length === 0 ? 'nothing was due' : parts.join(', ')) + dryRun;
}
