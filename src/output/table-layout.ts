// Which columns of a table are shown, and how wide each is. On a terminal that is too narrow the least important are
// dropped; what is shown is whole, unless its column says how far it may be cut. table.ts draws.
import { printable } from '../text/printable.js';

export interface Column<Row> {
  readonly title: string;
  /** Null for none: a dash in a table, nothing in CSV. */
  value(row: Row): string | null;
  /** The value for scripts and sorting, if it differs from what `value` shows. */
  raw?(row: Row): string | number | null;
  /** On a terminal that is too narrow for all, columns with a weight are dropped, the lightest first. */
  readonly weight?: number;
  /** In characters: how far it may be cut before it is dropped. Without it, the column is shown whole or not at all. */
  readonly least?: number;
  paint?(text: string, row: Row): string;
}

export interface Layout<Row> {
  readonly shown: readonly PlacedColumn<Row>[];
  /** The titles of the columns that are not shown, in their order. */
  readonly dropped: readonly string[];
}

interface PlacedColumn<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

/** Between two columns. */
export const GAP = 2;

const NONE = '–';

/** Returns the columns that fit, each as wide as its title and these rows need. */
export function layoutFor<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  available: number,
): Layout<Row> {
  const placed = columns.map((column) => ({ column, width: widthOf(column, rows) }));
  const kept = new Set(placed.filter(({ column }) => column.weight === undefined));
  const optional = placed.filter((one) => !kept.has(one)).sort((a, b) => weight(b) - weight(a));
  for (const one of optional) {
    if (totalWidth([...kept, one].map(leastWidth)) <= available) kept.add(one);
  }
  const shown = placed.filter((one) => kept.has(one));
  const dropped = placed.filter((one) => !kept.has(one)).map(({ column }) => column.title);
  return { shown: squeezed(shown, available), dropped };
}

/** Returns what a table shows of a value. */
export function cellText<Row>(column: Column<Row>, row: Row): string {
  return printable(column.value(row) ?? NONE);
}

/** Characters that each take exactly one column. */
const PLAIN = /^[ -~–]*$/;

/** Wide characters take two columns; a generous estimate is good enough to align them. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  return width;
}

function widthOf<Row>(column: Column<Row>, rows: readonly Row[]): number {
  return rows.reduce(
    (widest, row) => Math.max(widest, displayWidth(cellText(column, row))),
    displayWidth(column.title),
  );
}

function weight<Row>({ column }: PlacedColumn<Row>): number {
  return column.weight ?? 0;
}

/** Cuts columns that may be cut, as far as they must. */
function squeezed<Row>(
  placed: readonly PlacedColumn<Row>[],
  available: number,
): readonly PlacedColumn<Row>[] {
  let over = Math.max(0, totalWidth(placed.map(({ width }) => width)) - available);
  return placed.map((one) => {
    const cut = Math.min(over, one.width - leastWidth(one));
    over -= cut;
    return { ...one, width: one.width - cut };
  });
}

function leastWidth<Row>({ column, width }: PlacedColumn<Row>): number {
  return Math.min(width, column.least ?? width);
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + GAP, -GAP);
}
