// A comparison of two reports for people: lines below a table, and a section of the HTML page.
import type { Terminal } from '../../../output/terminal.js';
import { escapeHtml } from '../../../text/escape-html.js';
import { counted } from '../../../text/phrases.js';
import { printable } from '../../../text/printable.js';
import { breakable } from '../compliance-rows.js';
import type { ComparedKey, Comparison } from './comparison.js';

/** Yields the lines, with one before. */
export function* comparisonLines(comparison: Comparison, { paint }: Terminal): Generator<string> {
  yield '';
  yield paint.bold(`Since the report of ${comparison.since}:`);
  for (const sentence of sentences(comparison)) yield `  ${sentence}`;
  const colour = { worse: paint.yellow, mixed: paint.yellow, better: paint.green } as const;
  for (const key of comparison.keys) {
    yield `  ${colour[key.direction](key.direction.padEnd(6))} ${printable(key.uid)}: ${changeOf(key)}`;
  }
  for (const { code, uids } of comparison.findings.appeared) {
    yield `  ${paint.yellow('worse ')} kms doctor finds ${code} ${printable(uids.join(', '))}`;
  }
  for (const { code, uids } of comparison.findings.resolved) {
    yield `  ${paint.green('better')} kms doctor no longer finds ${code} ${printable(uids.join(', '))}`;
  }
}

/** Yields the section. */
export function* comparisonSection(comparison: Comparison): Generator<string> {
  const { keys, since, summary, findings } = comparison;
  yield `<section aria-labelledby="compared">
<h2 id="compared">What changed since <time datetime="${escapeHtml(since)}">${escapeHtml(since)}</time></h2>
<p>${sentences(comparison).map(escapeHtml).join(' ')}</p>`;
  const figures = Object.entries(summary.byShortcoming).filter(
    ([, one]) => one.before !== one.after,
  );
  yield* table(
    'sums',
    'Keys by reason',
    ['Reason', 'Before', 'Now'],
    figures.map(([name, { before, after }]) => [name, String(before), String(after)]),
  );
  yield* table(
    'reasons',
    'Object by object',
    ['Change', 'Unique Identifier', 'Reasons'],
    [
      ...keys.map((key) => [key.direction, key.uid, changeOf(key)]),
      ...findings.appeared.map(({ code, uids }) => [
        'worse',
        uids.join(', '),
        `kms doctor finds ${code}`,
      ]),
      ...findings.resolved.map(({ code, uids }) => [
        'better',
        uids.join(', '),
        `kms doctor no longer finds ${code}`,
      ]),
    ],
  );
  yield '</section>';
}

function* table(
  kind: string,
  caption: string,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): Generator<string> {
  if (rows.length === 0) return;
  yield `<table class="${kind}">
<caption>${caption}</caption>
<thead><tr>${titles.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead>
<tbody>`;
  for (const [first = '', ...rest] of rows) {
    const cells = rest.map((text) => `<td>${breakable(text)}</td>`).join('');
    yield `<tr${first === 'better' ? ' class="better"' : ''}><th scope="row" class="reason">${escapeHtml(first)}</th>${cells}</tr>`;
  }
  yield `</tbody>
</table>`;
}

/** Returns the comparison in sum. */
function sentences({ summary, changedRules }: Comparison): readonly string[] {
  const { keys, nonCompliant, better, worse, mixed } = summary;
  return [
    `Then ${nonCompliant.before} of ${counted(keys.before, 'key')} did not comply, now ${nonCompliant.after} of ${keys.after}.`,
    `${better} became better, ${worse} worse${mixed === 0 ? '' : `, ${mixed} both`}; ${summary.new} came, ${summary.gone} went.`,
    ...(changedRules.length === 0
      ? []
      : [`The rules changed, so the reports differ for that too: ${changedRules.join(', ')}.`]),
  ];
}

function changeOf({ presence, resolved, appeared }: ComparedKey): string {
  if (presence === 'new') return `new, ${appeared.join(', ')}`;
  if (presence === 'gone') return `gone, was ${resolved.join(', ')}`;
  return [
    ...(appeared.length === 0 ? [] : [`now ${appeared.join(', ')}`]),
    ...(resolved.length === 0 ? [] : [`no longer ${resolved.join(', ')}`]),
  ].join('; ');
}
