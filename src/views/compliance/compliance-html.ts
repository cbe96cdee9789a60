// `kms report` as one HTML page that needs no other file and no network, and can be read without scripts. Its script
// only sorts the table by the column whose heading is clicked.
import { keyKind } from '../keys/key-kind.js';
import {
  complies,
  totalsOf,
  type ComplianceReport,
  type ReportedKey,
} from './compliance-report.js';
import { DAY_SECONDS, formatDistance } from '../../text/duration.js';
import { complianceHeadline, REMEDIES } from './compliance-words.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import { escapeHtml } from '../../text/escape-html.js';

type Bar = readonly [label: string, count: number];

/** Yields the page. Its table has the keys that comply only with `all`. */
export function* complianceHtml(
  report: ComplianceReport,
  { all }: { readonly all: boolean },
): Generator<string> {
  const { now, keys } = report;
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Keys and their policies, ${formatInstant(now)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${complianceHeadline(report).replace(/[.:]$/, '')}</h1>
<p>As of <time datetime="${formatInstant(now)}">${formatInstant(now)}</time>.</p>
<section class="charts">
${chart('What is wrong', [...totalsOf(report)])}
${chart('Deadlines', deadlineBars(keys, now))}
${chart('Ages', ageBars(keys, now))}
</section>
<ul>
${[...totalsOf(report)].map(([name, count]) => `<li>${count} ${name}: ${escapeHtml(REMEDIES[name])}</li>`).join('\n')}
</ul>
<table>
<colgroup>${COLUMNS.map(({ share }) => `<col style="width: ${share}%">`).join('')}</colgroup>
<thead><tr>${COLUMNS.map(({ title }) => `<th scope="col">${escapeHtml(title)}</th>`).join('')}</tr></thead>
<tbody>`;
  for (const key of keys) if (all || !complies(key)) yield row(key, now);
  yield `</tbody>
</table>
<script>${SCRIPT}</script>
</body>
</html>`;
}

interface Column {
  readonly title: string;
  /** Per cent of the width. Computed by the browser, the widths of very many rows take a minute. */
  readonly share: number;
  readonly text: (key: ReportedKey, now: EpochSeconds) => string;
  /** What to sort by, if not the text. */
  readonly order?: (key: ReportedKey) => number | string;
}

const COLUMNS: readonly Column[] = [
  { title: 'Unique Identifier', share: 24, text: ({ uid }) => uid },
  {
    title: 'Reasons',
    share: 11,
    text: ({ violations }) => violations.map(({ name }) => name).join(', ') || 'complies',
  },
  {
    title: 'Why',
    share: 25,
    text: ({ violations }) => violations.map(({ detail }) => detail).join('; '),
  },
  {
    title: 'Deadline',
    share: 13,
    text: ({ deadline }, now) =>
      deadline === null ? '' : `${formatInstant(deadline)} (${formatDistance(deadline, now)})`,
    order: ({ deadline }) => deadline ?? Number.MAX_SAFE_INTEGER,
  },
  {
    title: 'Since',
    share: 10,
    text: ({ since }) => (since === null ? '' : formatInstant(since)),
    order: ({ since }) => since ?? 0,
  },
  {
    title: 'Key',
    share: 6,
    text: (key) => keyKind(key) ?? '',
  },
  { title: 'Owner', share: 11, text: ({ owner }) => owner ?? '' },
];

function row(key: ReportedKey, now: EpochSeconds): string {
  const cells = COLUMNS.map(({ text, order }) => {
    const sort = order === undefined ? '' : ` data-order="${escapeHtml(String(order(key)))}"`;
    return `<td${sort}>${escapeHtml(text(key, now))}</td>`;
  });
  return `<tr class="${complies(key) ? 'complies' : 'fails'}">${cells.join('')}</tr>`;
}

function deadlineBars(keys: readonly ReportedKey[], now: EpochSeconds): readonly Bar[] {
  const ahead = keys.flatMap(({ deadline }) => (deadline === null ? [] : [deadline - now]));
  return bars(ahead, [
    ['overdue', 0],
    ['within 7 days', 7 * DAY_SECONDS],
    ['within 30 days', 30 * DAY_SECONDS],
    ['within 90 days', 90 * DAY_SECONDS],
    ['within a year', 365 * DAY_SECONDS],
    ['later', Infinity],
  ]);
}

function ageBars(keys: readonly ReportedKey[], now: EpochSeconds): readonly Bar[] {
  const ages = keys.flatMap(({ since }) => (since === null ? [] : [now - since]));
  return bars(ages, [
    ['up to 30 days', 30 * DAY_SECONDS],
    ['up to 90 days', 90 * DAY_SECONDS],
    ['up to 180 days', 180 * DAY_SECONDS],
    ['up to a year', 365 * DAY_SECONDS],
    ['older', Infinity],
  ]);
}

/** Counts values by the first limit that they do not exceed. */
function bars(
  values: readonly number[],
  limits: readonly (readonly [label: string, limit: number])[],
): readonly Bar[] {
  const placed = values.map((value) => limits.findIndex(([, limit]) => value <= limit));
  return limits.map(([label], index) => [label, placed.filter((place) => place === index).length]);
}

const BAR = { height: 22, left: 120, width: 220 } as const;

function chart(title: string, all: readonly Bar[]): string {
  const greatest = Math.max(1, ...all.map(([, count]) => count));
  const rows = all.map(([label, count], index) => {
    const y = index * BAR.height;
    const width = Math.round((count / greatest) * BAR.width);
    return `<text x="${BAR.left - 8}" y="${y + 15}" text-anchor="end">${escapeHtml(label)}</text>
<rect x="${BAR.left}" y="${y + 3}" width="${width}" height="${BAR.height - 6}"/>
<text x="${BAR.left + width + 6}" y="${y + 15}">${count}</text>`;
  });
  const height = Math.max(1, all.length) * BAR.height;
  const shown =
    all.length === 0
      ? '<p>nothing</p>'
      : `<svg viewBox="0 0 ${BAR.left + BAR.width + 60} ${height}" role="img" aria-label="${escapeHtml(title)}">
${rows.join('\n')}
</svg>`;
  return `<figure><figcaption>${escapeHtml(title)}</figcaption>
${shown}
</figure>`;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bar: #2a6fdb; --bad: #b3400a; --good: #2b7a2b; }
@media (prefers-color-scheme: dark) { :root { --bar: #6aa5ff; --bad: #ff9d66; --good: #7fd07f; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
.charts { display: flex; flex-wrap: wrap; gap: 1rem 2rem; }
figure { flex: 1 1 20rem; margin: 0; }
figcaption { font-weight: 600; margin-bottom: .3rem; }
svg { width: 100%; max-width: 30rem; }
svg rect { fill: var(--bar); }
svg text { fill: currentColor; font-size: 13px; }
table { border-collapse: collapse; margin-top: 1.5rem; table-layout: fixed; width: 100%; }
th, td { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; padding: .35rem .6rem; text-align: left; vertical-align: top; }
th { cursor: pointer; position: sticky; top: 0; background: Canvas; }
th[aria-sort=ascending]::after { content: " ▲"; }
th[aria-sort=descending]::after { content: " ▼"; }
.fails td:nth-child(2) { color: var(--bad); }
.complies td:nth-child(2) { color: var(--good); }
`;

const SCRIPT = `
for (const heading of document.querySelectorAll('th')) {
  heading.addEventListener('click', () => {
    const descending = heading.getAttribute('aria-sort') === 'ascending';
    for (const other of heading.parentNode.children) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    const key = (row) => {
      const cell = row.cells[heading.cellIndex];
      return cell.dataset.order ?? cell.textContent;
    };
    const compare = (a, b) => {
      const [x, y] = [key(a), key(b)];
      return x !== '' && y !== '' && !isNaN(x) && !isNaN(y) ? x - y : x < y ? -1 : x > y ? 1 : 0;
    };
    const body = document.querySelector('tbody');
    const rows = [...body.rows].sort(compare);
    body.append(...(descending ? rows.reverse() : rows));
  });
}
`;
