// `kms report` for people: first what to do, then the keys that do not comply, the most urgent first.
import {
  allComply,
  complies,
  failingKeys,
  type ComplianceReport,
  type ReportedKey,
} from './compliance-report.js';
import { formatDistance } from '../../text/duration.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import { messageWithoutUid } from '../message-without-uid.js';
import { complianceHeadline, REMEDIES } from './compliance-words.js';
import { comparisonLines } from './compare/comparison-words.js';
import type { ReportAdditions } from './compliance-json.js';
import { retirementLines } from '../retirement-lines.js';
import { findingLines } from './report-findings.js';
import {
  filterText,
  headsText,
  isFiltered,
  reportFacts,
  ruleText,
  type ReportSubject,
} from './report-subject.js';
import { listing, type ListRequest } from '../../output/listing.js';
import type { Column } from '../../output/table-layout.js';
import { keyKind } from '../keys/key-kind.js';
import type { Terminal } from '../../output/terminal.js';
import { printable } from '../../text/printable.js';
import { conditionLine } from '../status/active-conditions.js';
import { foldLines } from '../../text/fold-lines.js';

/** Yields the report; keys that comply are listed only with `all`. */
export function* complianceTable(
  report: ComplianceReport,
  subject: ReportSubject,
  terminal: Terminal,
  options: ListRequest & ReportAdditions & { readonly all: boolean },
): Generator<string> {
  const { counts } = report;
  const shown = options.all ? report.keys : failingKeys(report);
  const columns = columnsFor(report.now, terminal);
  // Made first, so that an unknown column is an error even if there is no key.
  const list = listing(columns, shown, options, terminal, subjectColumns(report, subject));
  if (options.csv) {
    yield* list;
    return;
  }
  const paint = allComply(report) ? terminal.paint.green : terminal.paint.bold;
  yield paint(complianceHeadline(report, isFiltered(subject)));
  const width = Math.max(0, ...[...counts.byViolation.keys()].map((name) => name.length));
  for (const [name, count] of counts.byViolation) {
    const what = `  ${terminal.paint.yellow(String(count).padStart(6))} ${name.padEnd(width)}  `;
    // On lines of their own, if they do not fit on one.
    const [first = '', ...more] = foldLines(REMEDIES[name], terminal.width - width - 11);
    yield what + terminal.paint.dim(first);
    for (const line of more) yield ' '.repeat(width + 11) + terminal.paint.dim(line);
  }
  if ((options.all ? 0 : counts.compliant) < counts.keys) {
    yield '';
    yield* list;
  }
  yield* lastingLines(shown, report.now, terminal);
  yield* retirementLines(report.retiring, terminal);
  yield* findingLines(report.findings, terminal);
  if (options.comparison !== null) yield* comparisonLines(options.comparison, terminal);
  yield* subjectLines(report, subject, terminal);
}

/** What a reader must know to judge the report, last: on a terminal the first lines scroll away. */
function* subjectLines(
  report: ComplianceReport,
  subject: ReportSubject,
  { paint, width }: Terminal,
): Generator<string> {
  const facts = reportFacts(report, subject);
  const names = Math.max(...facts.map(([name]) => name.length));
  yield '';
  for (const [name, value] of facts) {
    for (const [index, line] of foldLines(printable(value), width - names - 2).entries()) {
      yield paint.dim(`${(index === 0 ? name : '').padEnd(names)}  ${line}`);
    }
  }
}

/** Names what lasts, so that the reader finds it in kms status. */
function* lastingLines(
  keys: Iterable<ReportedKey>,
  now: EpochSeconds,
  { paint }: Terminal,
): Generator<string> {
  let isFirst = true;
  for (const { uid, conditions } of keys) {
    if (conditions.length === 0) continue;
    if (isFirst) yield* ['', paint.bold('kms status tells more about what lasts:')];
    isFirst = false;
    for (const one of conditions) {
      yield `  ${paint.yellow(printable(uid))}: ${conditionLine(one, now)}`;
    }
  }
}

/** CSV has no head to say what it is about, so each row says it. */
function subjectColumns(
  { now }: ComplianceReport,
  subject: ReportSubject,
): readonly Column<ReportedKey>[] {
  const { store, url, host, version } = subject;
  const values = {
    ...{ AS_OF: formatInstant(now), STORE: store, URL: url, HOST: host, VERSION: version },
    ...{ FILTERS: filterText(subject), RULES: ruleText(subject) },
    AUDIT_HEADS: headsText(subject),
  };
  const about = Object.entries(values).map(([name, value]) => ({
    title: name.replace('_', ' '),
    value: () => value,
  }));
  const lasting = ({ conditions }: ReportedKey) =>
    conditions.map((one) => conditionLine(one, now)).join('; ') || null;
  return [...about, { title: 'CONDITIONS', value: lasting }];
}

/** Enough to distinguish reasons. */
const LEAST_OF_WHY = 20;

function columnsFor(now: EpochSeconds, { paint }: Terminal): readonly Column<ReportedKey>[] {
  return [
    { title: 'UID', value: ({ uid }) => uid },
    {
      title: 'REASONS',
      value: (key) => key.violations.map(({ name }) => name).join(', ') || 'complies',
      paint: (text, key) => (complies(key) ? paint.green(text) : paint.yellow(text)),
    },
    {
      title: 'DUE',
      value: ({ deadline }) => (deadline === null ? null : formatDistance(deadline, now)),
      raw: ({ deadline }) => (deadline === null ? null : formatInstant(deadline)),
      weight: 4,
    },
    {
      title: 'WHY',
      value: ({ uid, violations: [first] }) =>
        first === undefined ? null : messageWithoutUid(uid, first.detail),
      raw: ({ violations }) => violations.map(({ detail }) => detail).join('; '),
      weight: 3,
      least: LEAST_OF_WHY,
    },
    { title: 'KEY', value: keyKind, weight: 2 },
    { title: 'OWNER', value: ({ owner }) => owner, weight: 1 },
  ];
}
