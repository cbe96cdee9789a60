// What `kms doctor` finds wrong, as a part of the report: it is about a store, where the rest of the report is about keys.
import { escapeHtml } from '../../text/escape-html.js';
import type { Terminal } from '../../output/terminal.js';
import { counted } from '../../text/phrases.js';
import { printable } from '../../text/printable.js';
import type { SurveyFilters } from '../../survey/survey-filters.js';

/** An error that doctor found. */
export interface ReportedFinding {
  readonly code: string;
  /** The object that it is about first. */
  readonly uids: readonly string[];
  readonly message: string;
  /** What `kms doctor --fix` does, or what a person can do. */
  readonly repair: string;
}

/** Leaves out what does not concern a reported key, if tags or a type choose among them; doctor knows owners alone. */
export function findingsOn(
  findings: readonly ReportedFinding[],
  keys: Iterable<{ readonly uid: string }>,
  { tags, objectType }: SurveyFilters,
): readonly ReportedFinding[] {
  if (tags.length === 0 && objectType === undefined) return findings;
  const named = new Set(findings.flatMap(({ uids }) => uids));
  const reported = new Set<string>();
  for (const { uid } of keys) if (named.has(uid)) reported.add(uid);
  return findings.filter(({ uids }) => uids.some((uid) => reported.has(uid)));
}

/** Yields them for a terminal, with a line before; nothing if there is none. */
export function* findingLines(
  findings: readonly ReportedFinding[],
  { paint }: Terminal,
): Generator<string> {
  if (findings.length === 0) return;
  yield '';
  yield paint.bold(
    `kms doctor finds ${counted(findings.length, 'error')}, and tells more about each:`,
  );
  for (const { code, message } of findings) yield `  ${paint.yellow(code)}: ${printable(message)}`;
}

/** Yields a section of the page; nothing if there is none. */
export function* findingSection(findings: readonly ReportedFinding[]): Generator<string> {
  if (findings.length === 0) return;
  yield `<section aria-labelledby="findings">
<h2 id="findings">What kms doctor finds</h2>
<table class="reasons" aria-labelledby="findings">
<thead><tr><th scope="col">Finding</th><th scope="col">Meaning</th><th scope="col">Repair</th></tr></thead>
<tbody>`;
  for (const { code, message, repair } of findings) {
    yield `<tr><th scope="row" class="reason">${code}</th><td>${escapeHtml(message)}</td><td>${escapeHtml(repair)}</td></tr>`;
  }
  yield `</tbody>
</table>
</section>`;
}
