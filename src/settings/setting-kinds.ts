// The kinds of values that settings have: how each is read from TOML and from the text of a variable, and
// what a JSON Schema says of it. Which setting is of which kind is notify-settings.ts's business.
import { parse, TomlError } from 'smol-toml';
import { parseDuration } from '../text/duration.js';
import { KmsError } from '../errors.js';
import { nearest } from '../text/nearest.js';

export interface Kind<T> {
  /** Says what is wrong with a value, as the end of a sentence that began with the setting's name. */
  readonly complaint: string;
  readonly hint: string;
  /** Returns the value, or undefined if a TOML value is not of this kind. */
  fromToml(value: unknown): T | undefined;
  /** The same of the text of a variable or of a flag. */
  fromText(text: string): T | undefined;
  /** JSON Schema of the TOML form. */
  readonly schema: object;
}

export type ValueOf<K> = K extends Kind<infer T> ? T : never;

const isText = (value: unknown): value is string => typeof value === 'string';

export const TEXT: Kind<string> = {
  complaint: 'must be a text',
  hint: 'put it in quotes',
  fromToml: (value) => (isText(value) ? value : undefined),
  fromText: (text) => text,
  schema: { type: 'string' },
};

/** A text that says something: an empty one is more often a mistake than a wish. */
export const NON_EMPTY: Kind<string> = {
  complaint: 'must be a text, and not empty',
  hint: 'leave it out, or give a value',
  fromToml: (value) => (isText(value) && value !== '' ? value : undefined),
  fromText: (text) => (text === '' ? undefined : text),
  schema: { type: 'string', minLength: 1 },
};

export const SWITCH: Kind<boolean> = {
  complaint: 'must be true or false',
  hint: 'write it in lower case and without quotes',
  fromToml: (value) => (typeof value === 'boolean' ? value : undefined),
  fromText: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
  schema: { type: 'boolean' },
};

export const DURATION: Kind<number> = {
  complaint: 'must be a duration',
  hint: 'write "30s", "10m", "12h", "30d", "8w", "1y" or plain seconds',
  fromToml: (value) =>
    isText(value) || isCount(value) || value === 0 ? seconds(String(value)) : undefined,
  fromText: seconds,
  schema: { type: ['string', 'integer'], pattern: '^\\d+[smhdwy]?$', minimum: 0 },
};

export const COUNT: Kind<number> = {
  complaint: 'must be a whole number of 1 or more',
  hint: 'write it without quotes',
  fromToml: (value) => (isCount(value) ? value : undefined),
  fromText: count,
  schema: { type: 'integer', minimum: 1 },
};

/** Whole numbers of 1 or more; in a variable with commas between. */
export const COUNTS: Kind<readonly number[]> = {
  complaint: 'must be a list of whole numbers of 1 or more',
  hint: 'write [30, 7, 1]; in a variable 30,7,1',
  fromToml: (value) => (isListOf(value, isCount) ? value : undefined),
  fromText: (text) => allOf(listed(text), count),
  schema: { type: 'array', items: { type: 'integer', minimum: 1 } },
};

/** Texts; in a variable with commas between. */
export const TEXTS: Kind<readonly string[]> = {
  complaint: 'must be a text or a list of texts',
  hint: 'write ["one", "two"]; in a variable one,two',
  fromToml: (value) => (isText(value) ? [value] : isListOf(value, isText) ? value : undefined),
  fromText: listed,
  schema: { type: ['string', 'array'], items: { type: 'string' } },
};

/** An executable and its arguments; in a variable as a JSON array, or the executable alone. */
export const ARGV: Kind<readonly string[]> = {
  complaint: 'must be the path of an executable, or a list of it and its arguments',
  hint: 'write ["/path/to/it", "argument"]; no shell looks at it',
  fromToml: argv,
  fromText: (text) => argv(text.startsWith('[') ? jsonOf(text) : text),
  schema: { type: ['string', 'array'], items: { type: 'string' }, minItems: 1, minLength: 1 },
};

/** One of a few words. */
export function choice<Choice extends string>(choices: readonly Choice[]): Kind<Choice> {
  const chosen = (value: unknown) => choices.find((candidate) => candidate === value);
  return {
    complaint: `must be one of ${choices.map((candidate) => JSON.stringify(candidate)).join(', ')}`,
    hint: 'write it as it stands here',
    fromToml: chosen,
    fromText: chosen,
    schema: { enum: [...choices] },
  };
}

/** What is wrong within a list of tables; whoever knows file and setting puts them before the message. */
export class Complaint extends Error {
  readonly hint: string;
  /** The place of the entry, from 0, and the member. */
  readonly path: readonly (string | number)[];

  constructor(message: string, hint: string, path: readonly (string | number)[]) {
    super(message);
    this.name = 'Complaint';
    this.hint = hint;
    this.path = path;
  }
}

/** Some of a few words; in a variable with commas between. */
export function choices<Choice extends string>(words: readonly Choice[]): Kind<readonly Choice[]> {
  const chosen = (texts: readonly string[] | undefined) =>
    allOf(texts ?? [''], (text) => words.find((word) => word === text));
  return {
    complaint: `must be a list of some of ${words.map((word) => JSON.stringify(word)).join(', ')}`,
    hint: `write ["${words.slice(0, 2).join('", "')}"]; in a variable ${words.slice(0, 2).join(',')}`,
    fromToml: (value) => chosen(TEXTS.fromToml(value)),
    fromText: (text) => chosen(listed(text)),
    schema: { type: 'array', items: { enum: [...words] } },
  };
}

/** Members of a table, each of a kind; those that `required` names must be there. */
export type Members = Readonly<Record<string, Kind<unknown>>>;
export type TableOf<M extends Members> = { readonly [Name in keyof M]?: ValueOf<M[Name]> };

/** A list of tables ([[name]]); in a variable the same as TOML or JSON: `[{ member = "…" }]`. */
export function tables<M extends Members>(
  members: M,
  required: readonly (keyof M & string)[],
): Kind<readonly TableOf<M>[]> {
  const names = Object.keys(members);
  const read = (value: unknown): readonly TableOf<M>[] | undefined => {
    if (!Array.isArray(value)) return undefined;
    return value.map((table: unknown, index) => {
      if (!isTable(table)) {
        throw new Complaint(`entry ${index + 1} is no table`, 'write [[…]] above it', [index]);
      }
      return tableIn(table, members, required, index);
    });
  };
  return {
    complaint: `must be a list of tables with the members ${names.join(', ')}`,
    hint: 'write each below a line of its own with [[…]]',
    fromToml: read,
    fromText: (text) => read(jsonOf(text) ?? tomlOf(text)),
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

function tableIn<M extends Members>(
  table: Record<string, unknown>,
  members: M,
  required: readonly string[],
  index: number,
): TableOf<M> {
  const entry = `entry ${index + 1}`;
  const values = Object.entries(table).map(([name, value]) => {
    const kind = Object.hasOwn(members, name) ? members[name] : undefined;
    if (kind === undefined) {
      const known = nearest(name, Object.keys(members));
      const message = `${entry} has an unknown member ${JSON.stringify(name)}`;
      throw new Complaint(message, `did you mean ${known}?`, [index, name]);
    }
    const read = kind.fromToml(value);
    if (read === undefined) {
      throw new Complaint(`${entry}: ${name} ${kind.complaint}`, kind.hint, [index, name]);
    }
    return [name, read] as const;
  });
  const missing = required.find((name) => !Object.hasOwn(table, name));
  if (missing !== undefined)
    throw new Complaint(`${entry} has no ${missing}`, 'give it one', [index]);
  return Object.fromEntries(values) as TableOf<M>;
}

function seconds(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof KmsError) return undefined;
    throw error;
  }
}

function count(text: string): number | undefined {
  return /^\d+$/.test(text) && isCount(Number(text)) ? Number(text) : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function isListOf<T>(value: unknown, is: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(is);
}

function listed(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function allOf<T>(texts: readonly string[], read: (text: string) => T | undefined) {
  const values = texts.map(read);
  return isListOf(values, (value): value is T => value !== undefined) ? values : undefined;
}

function argv(value: unknown): readonly string[] | undefined {
  const list = isText(value) ? [value] : value;
  return isListOf(list, isText) && (list[0] ?? '') !== '' ? list : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function tomlOf(text: string): unknown {
  try {
    return parse(`value = ${text}`)['value'];
  } catch (error) {
    if (error instanceof TomlError) return undefined;
    throw error;
  }
}

export function isTable(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}
