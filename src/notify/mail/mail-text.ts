// A digest of events as a mail: the subject, and the same table in plain text and in HTML.
import type { KmsEvent } from '../../report/events.js';
import { eventDigest, type EventDigest, type DigestLine } from '../event-digest.js';
import { escapeHtml } from '../../text/escape-html.js';

export interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const COLUMNS: readonly (readonly [title: string, member: keyof DigestLine])[] = [
  ['WHAT', 'what'],
  ['UID', 'uid'],
  ['OWNER', 'owner'],
  ['DETAIL', 'detail'],
];

/** The widest column, in characters. A longer uid breaks its own line only and does not widen all the others. */
const WIDEST = 40;

export function mailText(events: readonly KmsEvent[]): MailText {
  const digest = eventDigest(events);
  const closing = closingOf(digest, events);
  return {
    subject: `[kms] ${digest.title}`,
    text: `${[...textTable(digest), '', ...closing].join('\n')}\n`,
    html: htmlOf(digest, closing),
  };
}

function closingOf({ more }: EventDigest, events: readonly KmsEvent[]): readonly string[] {
  const distinct = (values: readonly string[]) => [...new Set(values)];
  const runs = distinct(events.map(({ data }) => data.runId));
  const stores = distinct(events.map(({ data }) => data.store));
  return [
    ...(more > 0 ? [`and ${more} more`] : []),
    `store ${stores.join(', ')}`,
    runs.length === 1 ? `run ${runs.join()}` : `runs ${namedRuns(runs)}`,
  ];
}

/** A message that waited for days is about many runs. */
const MOST_RUNS = 3;

function namedRuns(runs: readonly string[]): string {
  const named = runs.slice(0, MOST_RUNS).join(', ');
  const more = runs.length - MOST_RUNS;
  return more > 0 ? `${named} and ${more} more` : named;
}

function textTable({ lines }: EventDigest): readonly string[] {
  const titles = Object.fromEntries(COLUMNS.map(([title, member]) => [member, title]));
  const rows = [titles as unknown as DigestLine, ...lines];
  const widths = new Map(
    COLUMNS.map(([, member]) => [
      member,
      Math.min(WIDEST, Math.max(...rows.map((row) => row[member].length))),
    ]),
  );
  return rows.map((row) =>
    COLUMNS.map(([, member]) => row[member].padEnd(widths.get(member) ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function htmlOf({ title, lines }: EventDigest, closing: readonly string[]): string {
  const row = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell) => `<${tag} align="left">${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const head = row(
    COLUMNS.map(([name]) => name),
    'th',
  );
  const body = lines.map((line) =>
    row(
      COLUMNS.map(([, member]) => line[member]),
      'td',
    ),
  );
  return [
    `<!DOCTYPE html><html><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>`,
    `<body><table border="1" cellpadding="4" cellspacing="0">${head}`,
    ...body,
    `</table><p>${closing.map(escapeHtml).join('<br>')}</p></body></html>`,
  ].join('\n');
}
