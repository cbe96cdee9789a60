// The table of keys on the HTML page of `kms report`: its columns, a row, and the script that sorts it.
import { keyKind } from '../keys/key-kind.js';
import { complies, type ReportedKey } from './compliance-report.js';
import { formatDistance } from '../../text/duration.js';
import { formatInstant, type EpochSeconds } from '../../kmip/date-time.js';
import { conditionLine } from '../status/active-conditions.js';
import { escapeHtml } from '../../text/escape-html.js';

interface Column {
  readonly title: string;
  /** Returns HTML. */
  readonly cell: (key: ReportedKey, now: EpochSeconds) => string;
  /** What to sort by, if not the text. */
  readonly order?: (key: ReportedKey) => number;
}

/** The first one heads the row. Their widths are in compliance-style.ts. */
export const KEY_COLUMNS: readonly Column[] = [
  {
    title: 'Unique Identifier',
    cell: (key) => `<span class="uid">${breakable(key.uid)}</span>${small(keyKind(key))}`,
  },
  { title: 'Owner', cell: ({ owner }) => breakable(owner ?? '') },
  {
    title: 'Reasons',
    cell: ({ violations, conditions }, now) =>
      [
        ...(violations.length === 0 ? ['<span class="reason">complies</span>'] : []),
        ...violations.map(
          ({ name, detail }) => `<span class="reason">${name}</span>${small(detail)}`,
        ),
        ...conditions.map((condition) => small(conditionLine(condition, now))),
      ].join(''),
  },
  {
    title: 'Deadline',
    cell: ({ deadline }, now) =>
      deadline === null ? '' : `${time(deadline)}${small(formatDistance(deadline, now))}`,
    order: ({ deadline }) => deadline ?? Number.MAX_SAFE_INTEGER,
  },
  {
    title: 'In use since',
    cell: ({ since }) => (since === null ? '' : time(since)),
    order: ({ since }) => since ?? 0,
  },
];

/** Returns one key as a row of the table. */
export function complianceRow(key: ReportedKey, now: EpochSeconds): string {
  const cells = KEY_COLUMNS.map(({ cell, order }, index) => {
    const sort = order === undefined ? '' : ` data-order="${order(key)}"`;
    const html = cell(key, now);
    return index === 0 ? `<th scope="row">${html}</th>` : `<td${sort}>${html}</td>`;
  });
  return `<tr class="${complies(key) ? 'complies' : 'fails'}">${cells.join('')}</tr>`;
}

/** Lets a uid, an owner or a URL continue on the next line after a separator, so that it is not cut anywhere. */
export function breakable(text: string): string {
  return escapeHtml(text).replace(/[/._:@](?=[^\s/])/g, '$&<wbr>');
}

/** A second line of a cell. */
function small(text: string | null): string {
  return text === null ? '' : `<small>${prose(text)}</small>`;
}

/** Returns a sentence as HTML. Dates in it stay on one line. */
export function prose(text: string): string {
  return escapeHtml(text).replace(
    /\b\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?/g,
    '<time datetime="$&">$&</time>',
  );
}

/** To the minute; a reader of the source finds the second. */
function time(at: EpochSeconds): string {
  const instant = formatInstant(at);
  return `<time datetime="${instant}">${instant.replace('T', ' ').replace(/:\d\dZ$/, '')}</time>`;
}

/** Turns the headings into buttons, so that the keyboard reaches them: each sorts by its column, then in reverse. */
export const SORT_SCRIPT = `
const body = document.querySelector('.keys tbody');
for (const heading of document.querySelectorAll('.keys thead th')) {
  const button = document.createElement('button');
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener('click', () => {
    const descending = heading.getAttribute('aria-sort') === 'ascending';
    for (const other of heading.parentNode.children) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    const orderOf = ({ cells: { [heading.cellIndex]: cell } }) =>
      cell.dataset.order === undefined
        ? (cell.querySelector('.uid') ?? cell).textContent
        : Number(cell.dataset.order);
    const rows = [...body.rows].map((row) => [orderOf(row), row]);
    rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    if (descending) rows.reverse();
    body.append(...rows.map(([, row]) => row));
  });
}
`;
