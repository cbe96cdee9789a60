// Reads TOML: the values of a text, and where each table and member is written. The only importer of the parser, so
// that values, line numbers and edits (set-member.ts) all come from one syntax tree.
import { parseTOML, ParseError, type AST } from 'toml-eslint-parser';

/** Names of tables and members from the root; a number is the place of an entry in a list, from 0. */
export type MemberPath = readonly (string | number)[];

/** Without a prototype, so that a member may have any name. */
export type TomlTable = Record<string, unknown>;

/** Offsets in the text: from the first character to after the last. */
type TextRange = readonly [start: number, end: number];

export interface TomlDocument {
  /** Integers beyond 2^53 are bigints, dates are Dates. */
  readonly root: TomlTable;
  /** The line on which each table and member begins, by its path as `pathKey` writes it. */
  readonly lines: ReadonlyMap<string, number>;
  /** Where the value of each `name = value` is written. */
  readonly values: ReadonlyMap<string, TextRange>;
  /** Where each `[table]` is written, with its members. */
  readonly tables: ReadonlyMap<string, TextRange>;
}

/** A place that is not TOML; line and column count from 1. Nothing of the text is kept: it may hold a secret. */
export interface TomlSyntaxError {
  readonly line: number;
  readonly column: number;
}

/** Returns what a text says, or where it stops being TOML 1.1. */
export function parseToml(text: string): TomlDocument | TomlSyntaxError {
  try {
    // A byte order mark is allowed; as a blank it leaves the offsets as they are.
    return documentOf(parseTOML(text.replace(/^\uFEFF/, ' ')).body[0]);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { line: error.lineNumber, column: error.column + 1 };
  }
}

export function isSyntaxError(result: TomlDocument | TomlSyntaxError): result is TomlSyntaxError {
  return !('root' in result);
}

/** Returns the line of a member, or of the nearest table or member around it; 1 if there is none. */
export function lineOf({ lines }: TomlDocument, path: MemberPath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const line = lines.get(pathKey(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return 1;
}

export function pathKey(path: MemberPath): string {
  return JSON.stringify(path);
}

export function isTable(value: unknown): value is TomlTable {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

/** A document in the making. Only `documentOf` has one, and the functions that it calls fill it. */
interface Builder {
  readonly root: TomlTable;
  readonly lines: Map<string, number>;
  readonly values: Map<string, TextRange>;
  readonly tables: Map<string, TextRange>;
}

/** The parser has refused every name that is defined twice, so that nothing here can meet another value. */
function documentOf({ body }: AST.TOMLTopLevelTable): TomlDocument {
  const builder = { root: emptyTable(), lines: new Map(), values: new Map(), tables: new Map() };
  for (const statement of body) {
    if (statement.type === 'TOMLKeyValue') {
      addMember(builder, [], statement);
      continue;
    }
    const path = statement.resolvedKey;
    addLines(builder, path, statement);
    if (statement.kind === 'standard') builder.tables.set(pathKey(path), statement.range);
    holderOf(builder.root, [...path, '']);
    for (const member of statement.body) addMember(builder, path, member);
  }
  return builder;
}

function addMember(builder: Builder, table: MemberPath, { key, value }: AST.TOMLKeyValue): void {
  const path = [...table, ...key.keys.map((part) => ('name' in part ? part.name : part.value))];
  addLines(builder, path, key);
  builder.values.set(pathKey(path), value.range);
  addValue(builder, path, value);
}

function addValue(builder: Builder, path: MemberPath, node: AST.TOMLContentNode): void {
  const holder = holderOf(builder.root, path);
  const name = path.at(-1) ?? '';
  if (node.type === 'TOMLArray') {
    holder[name] = [];
    for (const [index, element] of node.elements.entries()) {
      if (element.type === 'TOMLInlineTable') addLines(builder, [...path, index], element);
      addValue(builder, [...path, index], element);
    }
  } else if (node.type === 'TOMLInlineTable') {
    holder[name] = emptyTable();
    for (const member of node.body) addMember(builder, path, member);
  } else {
    const isLong = node.kind === 'integer' && !Number.isSafeInteger(node.value);
    holder[name] = isLong ? node.bigint : node.value;
  }
}

/** Notes the line of a path, and of those above it that no earlier line has named. */
function addLines({ lines }: Builder, path: MemberPath, { loc }: AST.HasLocs): void {
  for (let length = 1; length <= path.length; length += 1) {
    const key = pathKey(path.slice(0, length));
    if (!lines.has(key)) lines.set(key, loc.start.line);
  }
}

/** Returns the table or list that holds the last step of a path, and makes those on the way that are missing. */
function holderOf(root: TomlTable, path: MemberPath): Record<string | number, unknown> {
  let holder: Record<string | number, unknown> = root;
  for (const [index, step] of path.slice(0, -1).entries()) {
    holder[step] ??= typeof path[index + 1] === 'number' ? [] : emptyTable();
    holder = holder[step] as Record<string | number, unknown>;
  }
  return holder;
}

function emptyTable(): TomlTable {
  return Object.create(null) as TomlTable;
}
