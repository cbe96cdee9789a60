// The charts on the HTML page of `kms report`: deadlines by month, and ages. Each is a table, so that it can be read
// without seeing it.
import type { ComplianceReport } from './compliance-report.js';
import { DAY_SECONDS } from '../../text/duration.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import { mapped } from '../../text/lazy-lists.js';
import { escapeHtml } from '../../text/escape-html.js';

/** How many keys fall under each label, in the order of the chart. */
type Bars = readonly (readonly [label: string, count: number])[];

/** Yields the charts that have something to show. */
export function* complianceCharts({ keys, now }: ComplianceReport): Generator<string> {
  const charts = [
    ['Rotations ahead', 'Month', monthBars(instants(keys, 'deadline'), now, 'overdue')],
    ['Ends of certificates', 'Month', monthBars(instants(keys, 'notAfter'), now, 'ended')],
    ['Time in use', 'Up to', ageBars(instants(keys, 'since'), now)],
  ] as const;
  const shown = charts.filter(([, , bars]) => bars.some(([, count]) => count > 0));
  if (shown.length === 0) return;
  yield '<section class="charts" aria-label="Charts">';
  for (const [title, heading, bars] of shown) yield chart(title, heading, bars);
  yield '</section>';
}

function* instants(
  keys: ComplianceReport['keys'],
  name: 'deadline' | 'notAfter' | 'since',
): Generator<EpochSeconds> {
  for (const { [name]: at } of keys) if (at !== null) yield at;
}

const MONTHS = 12;

/** Counts instants by month (UTC): what has passed, this month and the next eleven, and what comes later. */
export function monthBars(ats: Iterable<EpochSeconds>, now: EpochSeconds, passed: string): Bars {
  const first = new Date(now * 1000);
  const labels = Array.from({ length: MONTHS }, (_, index) =>
    formatInstant(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + index) / 1000).slice(0, 7),
  );
  const labelOf = (at: EpochSeconds) => {
    if (at <= now) return passed;
    const month = formatInstant(at).slice(0, 7);
    return labels.includes(month) ? month : 'later';
  };
  return counted(mapped(ats, labelOf), [passed, ...labels, 'later']);
}

const AGES: readonly (readonly [label: string, most: number])[] = [
  ['30 days', 30 * DAY_SECONDS],
  ['90 days', 90 * DAY_SECONDS],
  ['180 days', 180 * DAY_SECONDS],
  ['a year', 365 * DAY_SECONDS],
  ['2 years', 730 * DAY_SECONDS],
  ['longer', Infinity],
];

function ageBars(sinces: Iterable<EpochSeconds>, now: EpochSeconds): Bars {
  const labelOf = (since: EpochSeconds) => AGES.find(([, most]) => now - since <= most)?.[0];
  return counted(
    mapped(sinces, labelOf),
    AGES.map(([label]) => label),
  );
}

function counted(found: Iterable<string | undefined>, labels: readonly string[]): Bars {
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const label of found) {
    if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return labels.map((label) => [label, counts.get(label) ?? 0]);
}

function chart(title: string, heading: string, bars: Bars): string {
  const greatest = Math.max(...bars.map(([, count]) => count));
  const rows = bars.map(([label, count]) => {
    const width = ((count / greatest) * 100).toFixed(1);
    return `<tr><th scope="row">${escapeHtml(label)}</th><td><div><span class="count">${count}</span><svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="${width}" height="1"/></svg></div></td></tr>`;
  });
  return `<table class="chart">
<caption>${escapeHtml(title)}</caption>
<thead><tr><th scope="col">${escapeHtml(heading)}</th><th scope="col">Keys</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`;
}
