// `kms report` as one HTML page that needs no other file and no network, and can be read and printed without scripts.
// Its words are in compliance-words.ts, its colours in compliance-style.ts, its table of keys in compliance-rows.ts.
import { complianceCharts } from './compliance-charts.js';
import { failingKeys, type ComplianceReport } from './compliance-report.js';
import { breakable, complianceRow, KEY_COLUMNS, prose, SORT_SCRIPT } from './compliance-rows.js';
import { comparisonSection } from './compare/comparison-words.js';
import type { ReportAdditions } from './compliance-json.js';
import { retirementSection } from '../retirement-lines.js';
import { findingSection } from './report-findings.js';
import { isFiltered, reportFacts, type ReportSubject } from './report-subject.js';
import { STYLE } from './compliance-style.js';
import { complianceTitle, complianceSummary, MEANINGS, REMEDIES } from './compliance-words.js';
import { formatInstant } from '../../kmip/date-time.js';
import { escapeHtml } from '../../text/escape-html.js';

/** Yields the page. Its table has the keys that comply only with `all`. */
export function* complianceHtml(
  report: ComplianceReport,
  subject: ReportSubject,
  { all, comparison }: ReportAdditions & { readonly all: boolean },
): Generator<string> {
  const { now } = report;
  const headline = complianceTitle(report, isFiltered(subject));
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(headline)}, ${escapeHtml(subject.store)}, ${formatInstant(now)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(headline)}</h1>
<dl class="facts">
${reportFacts(report, subject).map(fact).join('\n')}
</dl>`;
  if (report.counts.keys > 0) {
    yield `<p class="summary">${complianceSummary(report).map(prose).join(' ')}</p>`;
  }
  yield* reasons(report);
  if (comparison !== null) yield* comparisonSection(comparison);
  yield* retirementSection(report.retiring);
  yield* findingSection(report.findings);
  yield* complianceCharts(report);
  yield* keyTable(report, all);
  yield `</main>
</body>
</html>`;
}

function fact([name, value]: readonly [string, string]): string {
  const asHtml = AS_HTML[name] ?? prose;
  return `<div><dt>${escapeHtml(name)}</dt><dd>${asHtml(value)}</dd></div>`;
}

const AS_HTML: Readonly<Record<string, (text: string) => string>> = {
  Store: breakable,
  // A hash is longer than a line of a telephone.
  'Audit heads': (text) => escapeHtml(text).replace(/[0-9a-f]{16}(?=[0-9a-f])|:/g, '$&<wbr>'),
};

function* reasons(report: ComplianceReport): Generator<string> {
  const totals = [...report.counts.byViolation];
  if (totals.length === 0) return;
  yield `<section aria-labelledby="wrong">
<h2 id="wrong">What is wrong</h2>
<table class="reasons" aria-labelledby="wrong">
<thead><tr><th scope="col">Reason</th><th scope="col" class="count">Keys</th><th scope="col">Meaning</th><th scope="col">What to do</th></tr></thead>
<tbody>`;
  for (const [name, count] of totals) {
    yield `<tr><th scope="row" class="reason">${name}</th><td class="count">${count}</td><td>${escapeHtml(MEANINGS[name])}</td><td>${escapeHtml(REMEDIES[name])}</td></tr>`;
  }
  yield `</tbody>
</table>
</section>`;
}

function* keyTable(report: ComplianceReport, all: boolean): Generator<string> {
  const { keys, counts, now } = report;
  if ((all ? 0 : counts.compliant) === counts.keys) return;
  yield `<section aria-labelledby="keys">
<h2 id="keys">${all ? 'Keys' : 'Keys that do not comply'}</h2>
<p class="note">Times are in UTC.</p>
<table class="keys" aria-labelledby="keys">
<thead><tr>${KEY_COLUMNS.map(({ title }) => `<th scope="col">${escapeHtml(title)}</th>`).join('')}</tr></thead>
<tbody>`;
  for (const key of all ? keys : failingKeys(report)) yield complianceRow(key, now);
  yield `</tbody>
</table>
</section>
<script>${SORT_SCRIPT}</script>`;
}
