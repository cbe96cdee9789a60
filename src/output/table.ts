// Draws tables that fit the terminal: the columns of least weight are dropped first, then the widest is cut. It draws
// in blocks, since cli-table3 takes quadratic time.
import Table from 'cli-table3';
import { printable } from '../text/printable.js';
import type { Terminal } from './terminal.js';

export interface Column<Row> {
  readonly title: string;
  value(row: Row): string;
  /** The value for scripts and sorting, if it differs from what `value` shows. */
  raw?(row: Row): string | number | null;
  /** On a narrow terminal, columns with a weight are dropped, the lightest first. */
  readonly weight?: number;
  /** In characters: how far it may be cut before it is dropped. Without it, the column is shown whole or not at all. */
  readonly least?: number;
  paint?(text: string, row: Row): string;
}

const GAP = 2;
const BLOCK_ROWS = 100;
const NARROWEST = 8;

/** Yields the lines of a table in blocks; a block has no line feed at its end. */
export function* tableBlocks<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  terminal: Terminal,
): Generator<string> {
  const layout = fitting(widened(columns.map(titleAlone), rows), terminal.width);
  yield* blocksOf(layout, rows, terminal, true);
}

/**
 * Yields the lines of a table whose rows arrive in pages. The first page decides which columns fit; a later page may
 * widen them. So the first rows are shown before the last are read.
 */
export async function* pagedTable<Row>(
  columns: readonly Column<Row>[],
  pages: AsyncIterable<readonly Row[]>,
  terminal: Terminal,
): AsyncGenerator<string> {
  let layout: Layout<Row> | null = null;
  for await (const rows of pages) {
    const isFirst: boolean = layout === null;
    layout = widened(layout ?? columns.map(titleAlone), rows);
    if (isFirst) layout = fitting(layout, terminal.width);
    yield* blocksOf(layout, rows, terminal, isFirst);
  }
}

/** The columns, each with the width that it needs. */
type Layout<Row> = readonly { readonly column: Column<Row>; readonly width: number }[];

interface Cell {
  readonly text: string;
  readonly paint: (text: string) => string;
}

function* blocksOf<Row>(
  layout: Layout<Row>,
  rows: readonly Row[],
  terminal: Terminal,
  titled: boolean,
): Generator<string> {
  const widths = narrowed(
    layout.map(({ width }) => width),
    terminal.width,
  );
  const paint = (text: string) => terminal.paint.bold(text);
  const head = titled ? [layout.map(({ column }) => ({ text: column.title, paint }))] : [];
  for (let start = 0; start < rows.length; start += BLOCK_ROWS) {
    const block = rows.slice(start, start + BLOCK_ROWS);
    const cells = block.map((row) => layout.map(({ column }) => cell(column, row)));
    yield drawn(start === 0 ? [...head, ...cells] : cells, widths);
  }
}

function cell<Row>(column: Column<Row>, row: Row): Cell {
  const paint = (text: string) => column.paint?.(text, row) ?? text;
  return { text: printable(column.value(row)), paint };
}

function drawn(lines: readonly (readonly Cell[])[], widths: readonly number[]): string {
  const table = newTable(widths);
  for (const cells of lines) table.push(cells.map(({ text, paint }) => paint(text)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function newTable(widths: readonly number[]): Table.Table {
  const none = '';
  return new Table({
    colWidths: [...widths],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    chars: {
      top: none,
      'top-mid': none,
      'top-left': none,
      'top-right': none,
      bottom: none,
      'bottom-mid': none,
      'bottom-left': none,
      'bottom-right': none,
      left: none,
      'left-mid': none,
      mid: none,
      'mid-mid': none,
      right: none,
      'right-mid': none,
      middle: ' '.repeat(GAP),
    },
  });
}

function titleAlone<Row>(column: Column<Row>): Layout<Row>[number] {
  return { column, width: displayWidth(column.title) };
}

function widened<Row>(layout: Layout<Row>, rows: readonly Row[]): Layout<Row> {
  return layout.map(({ column, width }) => ({
    column,
    width: rows.reduce(
      (widest, row) => Math.max(widest, displayWidth(printable(column.value(row)))),
      width,
    ),
  }));
}

/** Characters that each take exactly one column. */
const PLAIN = /^[ -~–]*$/;

/** Wide characters take two columns; a generous estimate is good enough to align them. */
function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  return width;
}

function fitting<Row>(layout: Layout<Row>, available: number): Layout<Row> {
  let shown = layout;
  while (totalWidth(shown.map(leastWidth)) > available) {
    const lightest = shown
      .filter(({ column }) => column.weight !== undefined)
      .sort((a, b) => (a.column.weight ?? 0) - (b.column.weight ?? 0))[0];
    if (lightest === undefined) break;
    shown = shown.filter((one) => one !== lightest);
  }
  let over = Math.max(0, totalWidth(shown.map(({ width }) => width)) - available);
  return shown.map((one) => {
    const cut = Math.min(over, one.width - leastWidth(one));
    over -= cut;
    return { ...one, width: one.width - cut };
  });
}

function leastWidth<Row>({ column, width }: Layout<Row>[number]): number {
  return Math.min(width, column.least ?? width);
}

function narrowed(widths: readonly number[], available: number): readonly number[] {
  const result = [...widths];
  while (totalWidth(result) > available) {
    const widest = result.indexOf(Math.max(...result));
    if ((result[widest] ?? 0) <= NARROWEST) break;
    result[widest] = (result[widest] ?? 0) - 1;
  }
  return result;
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + GAP, -GAP);
}
