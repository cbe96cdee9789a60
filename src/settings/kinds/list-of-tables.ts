// The kind of lists of tables, [[name]]: recipients and webhooks of a kms.toml, rules of a policy file.
import { nearest } from '../../text/nearest.js';
import { isSyntaxError, isTable, parseToml, type TomlTable } from '../toml/toml-document.js';
import { parseJsonText } from './lists.js';
import {
  describeMistake,
  type Mistake,
  type Read,
  type ValueKind,
  type ValueOf,
} from './value-kind.js';

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
  /** Whether a table that cannot be used leaves the others as they are; otherwise it makes the list a mistake. */
  readonly keepsFlawed?: true;
}

/** In a variable the list is written inline, as TOML or JSON: `[{ member = "…" }]`. */
export function listOfTables<M extends Members>(
  list: ListOfTables<M>,
): ValueKind<readonly TableOf<M>[]> {
  const { members, required = [], header, keepsFlawed = false } = list;
  const names = Object.keys(members);
  const requirement = `must be a list of tables with the members ${names.join(', ')}`;
  const hint = `write ${header} above each`;
  const readToml = (value: unknown): Read<readonly TableOf<M>[]> => {
    if (!Array.isArray(value)) {
      return { mistake: { message: requirement, hint, path: [], isFlaw: false } };
    }
    const tables = value.map((entry: unknown, index) => readEntry(list, entry, index));
    const mistakes = tables.flatMap((table) => table.mistakes);
    const [refused] = keepsFlawed ? mistakes.filter(({ isFlaw }) => !isFlaw) : mistakes;
    if (refused !== undefined) return { mistake: refused };
    return { value: tables.map((table) => table.value), flaws: mistakes };
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

interface ReadTable<M extends Members> {
  /** Without what is mistaken. */
  readonly value: TableOf<M>;
  readonly mistakes: readonly Mistake[];
}

function readEntry<M extends Members>(
  { members, required = [], entryName, header }: ListOfTables<M>,
  entry: unknown,
  index: number,
): ReadTable<M> {
  const name = `${entryName} ${index + 1}`;
  if (!isTable(entry)) {
    const hint = `write ${header} above its members`;
    const message = `${name} is not a table`;
    return { value: {}, mistakes: [{ message, hint, path: [index], isFlaw: false }] };
  }
  const read = readMembers(members, entry, name, index);
  const missing = required.find((member) => !Object.hasOwn(entry, member));
  if (missing === undefined) return read;
  const message = `${name} has no ${missing}`;
  const mistake = { message, hint: 'give it one', path: [index], isFlaw: true };
  return { ...read, mistakes: [...read.mistakes, mistake] };
}

function readMembers<M extends Members>(
  members: M,
  table: TomlTable,
  entryName: string,
  index: number,
): ReadTable<M> {
  const values: Record<string, unknown> = {};
  const mistakes: Mistake[] = [];
  for (const [name, value] of Object.entries(table)) {
    const path = [index, name];
    const kind = Object.hasOwn(members, name) ? members[name] : undefined;
    if (kind === undefined) {
      const message = `${entryName} has an unknown member ${JSON.stringify(name)}`;
      const hint = `did you mean ${nearest(name, Object.keys(members))}?`;
      mistakes.push({ message, hint, path, isFlaw: false });
      continue;
    }
    const read = kind.readToml(value);
    if (read.mistake === undefined) {
      values[name] = read.value;
      continue;
    }
    const message = `${entryName}: ${describeMistake(name, read.mistake)}`;
    mistakes.push({ ...read.mistake, message, path });
  }
  return { value: values as TableOf<M>, mistakes };
}

/** Undefined if the text is not the value of a TOML member. */
function parseInlineToml(text: string): unknown {
  const document = parseToml(`value = ${text}`);
  return isSyntaxError(document) ? undefined : document.root['value'];
}
