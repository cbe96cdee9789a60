// The tables of rotation policies: those that a store has, and those that a command changes.
import { formatDistance } from '../text/duration.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { policyText } from '../rotation/policy-text.js';
import type { PolicyReport } from './change-report.js';
import type { PolicyEntry } from './policy-list.js';
import { tableBlocks } from '../output/table.js';
import type { Column } from '../output/table-layout.js';
import type { Terminal } from '../output/terminal.js';
import { printable } from '../text/printable.js';

/** Of longer lists of uids only the first are printed; --json lists them all. */
const MOST_LISTED = 20;

export function policyTable(
  entries: readonly PolicyEntry[],
  now: EpochSeconds,
  terminal: Terminal,
): Generator<string> {
  const columns: readonly Column<PolicyEntry>[] = [
    { title: 'UID', value: ({ uid }) => uid },
    { title: 'POLICY', value: ({ policy }) => policyText(policy) },
    { title: 'DUE', value: ({ deadline }) => distance(deadline, now), weight: 3 },
    { title: 'VERDICT', value: ({ verdict }) => verdict, weight: 2 },
    { title: 'OWNER', value: ({ owner }) => owner, weight: 1 },
  ];
  return tableBlocks(columns, entries, terminal);
}

export function* policyReport(
  report: PolicyReport,
  now: EpochSeconds,
  terminal: Terminal,
): Generator<string> {
  const { paint } = terminal;
  const columns: readonly Column<PolicyReport['changed'][number]>[] = [
    { title: 'UID', value: ({ uid }) => uid },
    { title: 'BEFORE', value: ({ before }) => policyText(before), weight: 4 },
    { title: 'AFTER', value: ({ after }) => policyText(after) },
    { title: 'DUE', value: ({ deadline }) => distance(deadline, now), weight: 2 },
    ...(report.changed.some(({ rule }) => rule !== null)
      ? [{ title: 'RULE', value: ruleOf, weight: 1 }]
      : []),
  ];
  if (report.changed.length > 0) yield* tableBlocks(columns, report.changed, terminal);
  if (report.changed.length > 0 && report.failed.length > 0) yield '';
  for (const { uid, error } of report.failed) {
    yield `${paint.red(printable(uid))}: ${error.reason}: ${printable(error.message)}`;
    if (error.hint !== null) yield `  ${paint.dim(printable(error.hint))}`;
  }
  yield* listing('to be noted', notices(report));
  yield* listing('matched by rules that disagree (the first decides)', conflicts(report));
  yield* listing('matched by no rule', report.unmatched);
  if (report.changed.length + report.failed.length > 0) yield '';
  yield totals(report);
}

function ruleOf({ rule }: { readonly rule: number | null }): string | null {
  return rule === null ? null : String(rule + 1);
}

function notices({ changed }: PolicyReport): readonly string[] {
  return changed.flatMap(({ uid, notice }) => (notice === null ? [] : [`${uid}: ${notice}`]));
}

function conflicts(report: PolicyReport): readonly string[] {
  return report.conflicts.map(({ uid, rules }) => {
    const [first = 0, ...others] = rules;
    return `${uid} (rule ${first + 1}, not ${others.map((rule) => rule + 1).join(', ')})`;
  });
}

function* listing(title: string, lines: readonly string[]): Generator<string> {
  if (lines.length === 0) return;
  yield '';
  yield `${title}: ${lines.length}`;
  for (const line of lines.slice(0, MOST_LISTED)) yield `  ${printable(line)}`;
  if (lines.length > MOST_LISTED) {
    yield `  and ${lines.length - MOST_LISTED} more, which --json lists`;
  }
}

function totals(report: PolicyReport): string {
  const { changed, failed, unchanged, passedOver, notAttempted, dryRun } = report;
  const due = changed.filter(({ newlyDue }) => newlyDue).length;
  const parts = [
    changed.length > 0 ? `${changed.length} ${dryRun ? 'would be changed' : 'changed'}` : '',
    due > 0 ? `${due} of them ${dryRun ? 'would be' : 'now'} due` : '',
    unchanged > 0 ? `${unchanged} already so` : '',
    failed.length > 0 ? `${failed.length} failed` : '',
    passedOver > 0 ? `${passedOver} skipped (never rotated by a run)` : '',
    notAttempted > 0 ? `${notAttempted} not tried` : '',
  ].filter((part) => part !== '');
  const end = dryRun ? ' (dry run: nothing was written)' : '';
  return (parts.length === 0 ? 'no object matches' : parts.join(', ')) + end;
}

function distance(deadline: EpochSeconds | null, now: EpochSeconds): string | null {
  return deadline === null ? null : formatDistance(deadline, now);
}
