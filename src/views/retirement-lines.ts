// What retires when, below a report or a forecast, and in their documents.
import { formatInstant } from '../kmip/date-time.js';
import type { Terminal } from '../output/terminal.js';
import type { Retirement } from '../survey/retirements.js';
import { escapeHtml } from '../text/escape-html.js';
import { printable } from '../text/printable.js';

/** Yields a line for each, with a line before; nothing if there is none. */
export function* retirementLines(
  retiring: readonly Retirement[],
  { paint }: Terminal,
): Generator<string> {
  if (retiring.length === 0) return;
  yield '';
  yield paint.bold(`${TITLE}:`);
  for (const one of retiring) yield `  ${lineOf(one)}`;
}

/** Yields a section of a page; nothing if there is none. */
export function* retirementSection(retiring: readonly Retirement[]): Generator<string> {
  if (retiring.length === 0) return;
  const items = retiring.map((one) => `<li>${escapeHtml(lineOf(one))}</li>`);
  yield `<section aria-labelledby="retiring">
<h2 id="retiring">${TITLE}</h2>
<ul>
${items.join('\n')}
</ul>
</section>`;
}

const TITLE = 'Replaced, and Active until their overlaps end';

function lineOf({ uid, headUid, endsAt }: Retirement): string {
  return `${printable(uid)}: until ${formatInstant(endsAt)}, replaced by ${printable(headUid)}`;
}

export function retirementsJson(retiring: readonly Retirement[]): readonly object[] {
  return retiring.map(({ uid, headUid, endsAt }) => ({ uid, headUid, end: formatInstant(endsAt) }));
}
