// The kind of lists of tables, [[name]]: recipients and webhooks of a kms.toml, rules of a policy file.
import { nearest } from '../../text/nearest.js';
import { isSyntaxError, isTable, parseToml, type TomlTable } from '../toml/toml-document.js';
import { parseJsonText } from './lists.js';
import { describeMistake, type Read, type ValueKind, type ValueOf } from './value-kind.js';

export type Members = Readonly<Record<string, ValueKind<unknown>>>;
export type TableOf<M extends Members> = { readonly [Name in keyof M]?: ValueOf<M[Name]> };

interface ListOfTables<M extends Members> {
  readonly members: M;
  /** Members that each table must have. */
  readonly required?: readonly (keyof M & string)[];
  /** What messages call a table of the list; with its number, from 1. */
  readonly entryName: string;
  /** What is written above each table: [[name]]. */
  readonly header: string;
}

/** In a variable the list is written inline, as TOML or JSON: `[{ member = "…" }]`. */
export function listOfTables<M extends Members>(
  list: ListOfTables<M>,
): ValueKind<readonly TableOf<M>[]> {
  const { members, required = [], header } = list;
  const names = Object.keys(members);
  const requirement = `must be a list of tables with the members ${names.join(', ')}`;
  const hint = `write ${header} above each`;
  const readToml = (value: unknown): Read<readonly TableOf<M>[]> => {
    if (!Array.isArray(value)) return { mistake: { message: requirement, hint, path: [] } };
    const tables: TableOf<M>[] = [];
    for (const [index, entry] of value.entries()) {
      const table = readEntry(list, entry, index);
      if (table.mistake !== undefined) return table;
      tables.push(table.value);
    }
    return { value: tables };
  };
  return {
    requirement,
    hint,
    readToml,
    readText: (text) => readToml(parseJsonText(text) ?? parseInlineToml(text)),
    schema: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: [...required],
        properties: Object.fromEntries(names.map((name) => [name, members[name]?.schema])),
      },
    },
  };
}

function readEntry<M extends Members>(
  list: ListOfTables<M>,
  entry: unknown,
  index: number,
): Read<TableOf<M>> {
  const entryName = `${list.entryName} ${index + 1}`;
  if (!isTable(entry)) {
    const hint = `write ${list.header} above its members`;
    return { mistake: { message: `${entryName} is not a table`, hint, path: [index] } };
  }
  const values = readMembers(list.members, entry, entryName, index);
  const missing = list.required?.find((name) => !Object.hasOwn(entry, name));
  if (values.mistake !== undefined || missing === undefined) return values;
  const message = `${entryName} has no ${missing}`;
  return { mistake: { message, hint: 'give it one', path: [index] } };
}

function readMembers<M extends Members>(
  members: M,
  table: TomlTable,
  entryName: string,
  index: number,
): Read<TableOf<M>> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(table)) {
    const path = [index, name];
    const kind = Object.hasOwn(members, name) ? members[name] : undefined;
    if (kind === undefined) {
      const message = `${entryName} has an unknown member ${JSON.stringify(name)}`;
      const hint = `did you mean ${nearest(name, Object.keys(members))}?`;
      return { mistake: { message, hint, path } };
    }
    const read = kind.readToml(value);
    if (read.mistake !== undefined) {
      const message = `${entryName}: ${describeMistake(name, read.mistake)}`;
      return { mistake: { message, hint: read.mistake.hint, path } };
    }
    values[name] = read.value;
  }
  return { value: values as TableOf<M> };
}

/** Undefined if the text is not the value of a TOML member. */
function parseInlineToml(text: string): unknown {
  const document = parseToml(`value = ${text}`);
  return isSyntaxError(document) ? undefined : document.root['value'];
}
