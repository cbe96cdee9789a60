// Prints a list the way the user asked for it: which columns, in which order, as a table or as CSV (RFC 4180). The
// caller defines the columns.
import { KmsError } from '../errors.js';
import { newSortedList, type Compare } from '../files/sorted-list.js';
import { nearest } from '../text/nearest.js';
import { pagedTable, tableBlocks } from './table.js';
import type { Column } from './table-layout.js';
import type { Terminal } from './terminal.js';

export interface ListRequest {
  /** Names of columns, separated by commas; without it, those that fit. */
  readonly columns?: string | undefined;
  /** A column's name; a leading dash sorts in descending order. */
  readonly sort?: string | undefined;
  readonly csv: boolean;
  /** Whether texts that a spreadsheet would take for a formula get an apostrophe in front. */
  readonly csvSafe?: boolean;
}

/**
 * Yields the lines of a list. Columns in `extra` are shown only if named.
 *
 * @throws KmsError InvalidArgument for an unknown column.
 */
export function listing<Row>(
  columns: readonly Column<Row>[],
  rows: Iterable<Row>,
  request: ListRequest,
  terminal: Terminal,
  extra: readonly Column<Row>[] = [],
): Generator<string> {
  const chosen = choice(columns, request, extra);
  const sorted = chosen.order === null ? rows : inOrder(rows, chosen.order);
  return request.csv
    ? csv(chosen.columns, sorted, request)
    : tableBlocks(chosen.columns, sorted, terminal);
}

/** Does the same for rows that arrive in pages. Shows each page at once unless the rows have to be sorted. */
export async function* pagedListing<Row>(
  columns: readonly Column<Row>[],
  pages: AsyncIterable<readonly Row[]>,
  request: ListRequest,
  terminal: Terminal,
  extra: readonly Column<Row>[] = [],
): AsyncGenerator<string> {
  const chosen = choice(columns, request, extra);
  if (chosen.order !== null) {
    const sorted = newSortedList(chosen.order);
    for await (const rows of pages) for (const row of rows) sorted.add(row);
    if (request.csv) yield* csv(chosen.columns, sorted, request);
    else if (sorted.length > 0) yield* tableBlocks(chosen.columns, sorted, terminal);
    return;
  }
  if (!request.csv) {
    yield* pagedTable(chosen.columns, pages, terminal);
    return;
  }
  yield csvHead(chosen.columns);
  for await (const rows of pages) yield* csvRows(chosen.columns, rows, request);
}

function inOrder<Row>(rows: Iterable<Row>, order: Compare<Row>): Iterable<Row> {
  const all = newSortedList(order);
  for (const row of rows) all.add(row);
  return all;
}

interface Choice<Row> {
  readonly columns: readonly Column<Row>[];
  /** Null to leave the rows in the order they come in. */
  readonly order: Compare<Row> | null;
}

function choice<Row>(
  columns: readonly Column<Row>[],
  { columns: names, sort, csv }: ListRequest,
  extra: readonly Column<Row>[],
): Choice<Row> {
  const all = [...columns, ...extra];
  const named = names?.split(',').map((name) => columnNamed(name.trim(), all));
  const order = sort === undefined ? null : orderOf(sort, all);
  // A column that the user named is shown even if it does not fit.
  const shown = csv ? (named ?? all) : (named?.map(unweighted) ?? columns);
  return { columns: shown, order };
}

function unweighted<Row>(column: Column<Row>): Column<Row> {
  const { weight, ...rest } = column;
  return weight === undefined ? column : rest;
}

/** Returns the name of a column on the command line. */
function nameOf({ title }: Pick<Column<never>, 'title'>): string {
  return title.toLowerCase().replaceAll(' ', '-');
}

function columnNamed<Row>(name: string, columns: readonly Column<Row>[]): Column<Row> {
  const found = columns.find((column) => nameOf(column) === name.toLowerCase());
  if (found !== undefined) return found;
  const names = columns.map(nameOf);
  throw new KmsError('InvalidArgument', `there is no column ${JSON.stringify(name)}`, {
    hint: `did you mean ${nearest(name, names)}? There are ${names.join(', ')}`,
  });
}

function orderOf<Row>(sort: string, columns: readonly Column<Row>[]): Compare<Row> {
  const descending = sort.startsWith('-');
  const column = columnNamed(descending ? sort.slice(1) : sort, columns);
  return (a, b) => compare(rawOf(column, a), rawOf(column, b)) * (descending ? -1 : 1);
}

/** Missing values come last. */
function compare(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

function* csv<Row>(
  columns: readonly Column<Row>[],
  rows: Iterable<Row>,
  request: ListRequest,
): Generator<string> {
  yield csvHead(columns);
  yield* csvRows(columns, rows, request);
}

function csvHead<Row>(columns: readonly Column<Row>[]): string {
  return columns.map((column) => csvCell(nameOf(column))).join(',');
}

function* csvRows<Row>(
  columns: readonly Column<Row>[],
  rows: Iterable<Row>,
  { csvSafe = false }: ListRequest,
): Generator<string> {
  const cell = (value: string | number | null) => csvCell(csvSafe ? harmless(value) : value);
  for (const row of rows) yield columns.map((column) => cell(rawOf(column, row))).join(',');
}

/** A text that begins like this is a formula to a spreadsheet (OWASP, "CSV Injection"); a number is none. */
const FORMULA = /^[=+\-@\t\r\n]/;
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;

function harmless(value: string | number | null): string | number | null {
  if (typeof value !== 'string' || NUMBER.test(value)) return value;
  return FORMULA.test(value) ? `'${value}` : value;
}

function rawOf<Row>(column: Column<Row>, row: Row): string | number | null {
  return column.raw === undefined ? column.value(row) : column.raw(row);
}

function csvCell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
