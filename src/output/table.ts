// Tables that fit the terminal: columns of least weight go first, then the widest is cut. It prints in
// blocks, since cli-table3 takes quadratic time.
import Table from 'cli-table3';
import { printable, type Terminal } from './terminal.js';

export interface Column<Row> {
  readonly title: string;
  value(row: Row): string;
  /** As scripts and sorting want it; what `value` says if there is none. */
  raw?(row: Row): string | number | null;
  /** Columns with a weight are left out, the least first, where the terminal is too narrow. */
  readonly weight?: number;
  paint?(text: string, row: Row): string;
}

const GAP = 2;
const BLOCK_ROWS = 100;
const NARROWEST = 8;

/** Yields the lines of a table, without a line end at the last. */
export function* tableBlocks<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  terminal: Terminal,
): Generator<string> {
  const natural = new Map(columns.map((column) => [column, naturalWidth(column, rows)]));
  const width = (column: Column<Row>) => natural.get(column) ?? 0;
  const shown = fitting(columns, width, terminal.width);
  const widths = narrowed(shown.map(width), terminal.width);
  const head = shown.map((column) => terminal.paint.bold(column.title));
  for (let start = 0; start < rows.length; start += BLOCK_ROWS) {
    const table = newTable(widths);
    if (start === 0) table.push(head);
    for (const row of rows.slice(start, start + BLOCK_ROWS)) {
      table.push(shown.map((column) => cell(column, row)));
    }
    yield table
      .toString()
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n');
  }
}

function cell<Row>(column: Column<Row>, row: Row): string {
  const text = printable(column.value(row));
  return column.paint?.(text, row) ?? text;
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

function naturalWidth<Row>(column: Column<Row>, rows: readonly Row[]): number {
  return rows.reduce(
    (widest, row) => Math.max(widest, displayWidth(printable(column.value(row)))),
    displayWidth(column.title),
  );
}

/** Wide characters take two columns; an estimate on the safe side is enough to line up. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  return width;
}

function fitting<Row>(
  columns: readonly Column<Row>[],
  width: (column: Column<Row>) => number,
  available: number,
): readonly Column<Row>[] {
  let shown = columns;
  while (totalWidth(shown.map(width)) > available) {
    const lightest = shown
      .filter((column) => column.weight !== undefined)
      .sort((a, b) => (a.weight ?? 0) - (b.weight ?? 0))[0];
    if (lightest === undefined) break;
    shown = shown.filter((column) => column !== lightest);
  }
  return shown;
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
