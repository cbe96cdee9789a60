// Sets one member in the text of a TOML file, and leaves everything else in it as it is: comments, order, line ends.
import { isDeepStrictEqual } from 'node:util';
import {
  isSyntaxError,
  isTable,
  parseToml,
  pathKey,
  type TomlDocument,
  type TomlTable,
} from './toml-document.js';
import { formatKey, formatMember, formatTomlValue } from './toml-value.js';

/** A member of a table, and what precedes a new line for it. */
export interface NewMember {
  /** The names of its tables, at least one, then its own. */
  readonly path: readonly string[];
  readonly value: unknown;
  readonly comment: string;
}

/**
 * Returns the text with the member set, in the place of its former value, else below its `[table]`, else below a new
 * one; null if the text is not TOML or writes that table in a form that cannot be extended so.
 */
export function setMember(text: string, member: NewMember): string | null {
  const document = parseToml(text);
  if (isSyntaxError(document)) return null;
  const expected = withMember(document.root, member);
  if (expected === null) return null;
  if (isDeepStrictEqual(plain(document.root), expected)) return text;
  const edited =
    replaceValue(text, document, member) ??
    addToTable(text, document, member) ??
    addTable(text, member);
  const reread = parseToml(edited);
  // Whatever the text was like, nothing but this member may have changed.
  if (isSyntaxError(reread) || !isDeepStrictEqual(plain(reread.root), expected)) return null;
  return edited;
}

function replaceValue(
  text: string,
  { values }: TomlDocument,
  { path, value }: NewMember,
): string | null {
  const range = values.get(pathKey(path));
  if (range === undefined) return null;
  return text.slice(0, range[0]) + formatTomlValue(value) + text.slice(range[1]);
}

function addToTable(text: string, { tables }: TomlDocument, member: NewMember): string | null {
  const range = tables.get(pathKey(member.path.slice(0, -1)));
  if (range === undefined) return null;
  const newLine = newLineOf(text);
  const lineEnd = text.indexOf('\n', range[1]);
  const [before, after] =
    lineEnd === -1 ? [text + newLine, ''] : [text.slice(0, lineEnd + 1), text.slice(lineEnd + 1)];
  return before + linesOf(member, newLine) + after;
}

function addTable(text: string, member: NewMember): string {
  const newLine = newLineOf(text);
  const table = `[${formatKey(member.path.slice(0, -1))}]${newLine}${linesOf(member, newLine)}`;
  if (text === '') return table;
  return `${text}${text.endsWith('\n') ? '' : newLine}${newLine}${table}`;
}

function linesOf({ path, value, comment }: NewMember, newLine: string): string {
  return `# ${comment}${newLine}${formatMember(path.slice(-1), value)}${newLine}`;
}

function newLineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** Null if there is something else than a table on the way. */
function withMember(root: TomlTable, { path, value }: NewMember): object | null {
  const copy = plain(root);
  let table: TomlTable = copy;
  for (const name of path.slice(0, -1)) {
    const inner = Object.hasOwn(table, name) ? table[name] : {};
    if (!isTable(inner)) return null;
    table[name] = inner;
    table = inner;
  }
  table[path.at(-1) ?? ''] = value;
  return copy;
}

/** A copy that can be compared: its tables have the usual prototype. */
function plain(root: TomlTable): TomlTable {
  return structuredClone(root);
}
