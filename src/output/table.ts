// Draws tables, in blocks, since cli-table3 takes quadratic time. table-layout.ts decides what is shown and how wide.
import Table from 'cli-table3';
import {
  cellText,
  displayWidth,
  GAP,
  layoutFor,
  type Column,
  type Layout,
} from './table-layout.js';
import type { Terminal } from './terminal.js';

const BLOCK_ROWS = 100;

/** So many rows are read before the first is shown, as they decide the widths of all. */
const LAYOUT_ROWS = 1000;

/** Yields the lines of a table in blocks; a block has no line feed at its end. */
export function* tableBlocks<Row>(
  columns: readonly Column<Row>[],
  rows: Iterable<Row>,
  terminal: Terminal,
): Generator<string> {
  let layout: Layout<Row> | null = null;
  for (const some of inPages(rows)) {
    const isFirst: boolean = layout === null;
    layout ??= layoutFor(columns, some, terminal.width);
    yield* blocksOf(layout, some, terminal, isFirst);
  }
  yield* droppedLine(layout ?? layoutFor(columns, [], terminal.width), terminal);
}

function* inPages<Row>(rows: Iterable<Row>): Generator<readonly Row[]> {
  let page: Row[] = [];
  for (const row of rows) {
    page.push(row);
    if (page.length < LAYOUT_ROWS) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** Yields the lines of a table whose rows arrive in pages, the first before the last are read. */
export async function* pagedTable<Row>(
  columns: readonly Column<Row>[],
  pages: AsyncIterable<readonly Row[]>,
  terminal: Terminal,
): AsyncGenerator<string> {
  let layout: Layout<Row> | null = null;
  for await (const rows of inLargePages(pages)) {
    const isFirst: boolean = layout === null;
    layout ??= layoutFor(columns, rows, terminal.width);
    yield* blocksOf(layout, rows, terminal, isFirst);
  }
  if (layout !== null) yield* droppedLine(layout, terminal);
}

async function* inLargePages<Row>(
  pages: AsyncIterable<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  let rows: Row[] = [];
  for await (const page of pages) {
    rows.push(...page);
    if (rows.length < LAYOUT_ROWS) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

function* droppedLine<Row>({ dropped }: Layout<Row>, { paint }: Terminal): Generator<string> {
  if (dropped.length > 0) yield paint.dim(`not shown for lack of room: ${dropped.join(', ')}`);
}

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly paint: (text: string) => string;
}

function* blocksOf<Row>(
  layout: Layout<Row>,
  rows: readonly Row[],
  terminal: Terminal,
  titled: boolean,
): Generator<string> {
  for (let start = 0; start < rows.length; start += BLOCK_ROWS) {
    const lines = rows.slice(start, start + BLOCK_ROWS).map((row) => cellsOf(layout, row));
    const head = titled && start === 0 ? [titles(layout, terminal)] : [];
    yield drawn([...head, ...lines]);
  }
}

function titles<Row>({ shown }: Layout<Row>, terminal: Terminal): readonly Cell[] {
  const paint = (text: string) => terminal.paint.bold(text);
  return shown.map(({ column, width }) => ({ text: column.title, width, paint }));
}

/** A value that is wider than its column, on a later page, is not cut but moves the rest of its line. */
function cellsOf<Row>({ shown }: Layout<Row>, row: Row): readonly Cell[] {
  return shown.map(({ column, width }) => {
    const text = cellText(column, row);
    const room = column.least === undefined ? Math.max(width, displayWidth(text)) : width;
    return { text, width: room, paint: (shownText) => column.paint?.(shownText, row) ?? shownText };
  });
}

/** All lines of one cli-table3 have the same widths. */
function drawn(lines: readonly (readonly Cell[])[]): string {
  const tables: { widths: string; table: Table.Table }[] = [];
  for (const cells of lines) {
    const widths = cells.map(({ width }) => width);
    let last = tables.at(-1);
    if (last?.widths !== String(widths)) {
      last = { widths: String(widths), table: newTable(widths) };
      tables.push(last);
    }
    last.table.push(cells.map(({ text, paint }) => paint(text)));
  }
  return tables
    .flatMap(({ table }) => table.toString().split('\n'))
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
