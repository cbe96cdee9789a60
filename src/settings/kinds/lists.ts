// Kinds of lists of single values. In a variable or flag their items have commas between them.
import { DURATION_FORM, DURATION_PATTERN } from '../../text/duration.js';
import { integerIn, isInteger, isPositiveInteger, isString, secondsIn } from './scalars.js';
import { valueKind, type ValueKind } from './value-kind.js';

export const POSITIVE_INTEGERS = valueKind<readonly number[]>({
  requirement: 'must be a list of whole numbers of 1 or more',
  hint: 'write [30, 7, 1]; in a variable 30,7,1',
  fromToml: (value) => (isListOf(value, isInteger) ? value : undefined),
  fromText: (text) => eachOf(itemsIn(text), integerIn),
  isUsable: (numbers) => numbers.every(isPositiveInteger),
  schema: { type: 'array', items: { type: 'integer', minimum: 1 } },
});

/** Seconds, the shortest first. In a variable `none` is the empty list. */
export const DURATIONS = valueKind<readonly number[]>({
  requirement: 'must be a list of durations with a unit',
  hint: `write ["1d", "7d"], each as ${DURATION_FORM}; in a variable 1d,7d, or none`,
  fromToml: (value) => (isListOf(value, isString) ? durationsIn(value) : undefined),
  fromText: (text) => (text === 'none' ? [] : durationsIn(itemsIn(text))),
  isUsable: (durations) => durations.every((seconds) => seconds > 0),
  schema: { type: 'array', items: { type: 'string', pattern: DURATION_PATTERN } },
});

/** A single text is a list of one. */
export const STRINGS = valueKind<readonly string[]>({
  requirement: 'must be a string or a list of strings',
  hint: 'write ["one", "two"]; in a variable one,two',
  fromToml: stringsIn,
  fromText: itemsIn,
  schema: { type: ['string', 'array'], items: { type: 'string' } },
});

/** An executable and its arguments; in a variable as a JSON array, or the executable alone. */
export const COMMAND = valueKind<readonly string[]>({
  requirement: 'must be the path of an executable, or a list of it and its arguments',
  hint: 'write ["/path/to/it", "argument"]; no shell is involved',
  fromToml: stringsIn,
  fromText: (text) => stringsIn(text.startsWith('[') ? parseJsonText(text) : text),
  isUsable: ([executable = '']) => executable !== '',
  schema: { type: ['string', 'array'], items: { type: 'string' }, minItems: 1, minLength: 1 },
});

/** Some of a few words. */
export function listOfEnum<Word extends string>(
  words: readonly Word[],
): ValueKind<readonly Word[]> {
  const find = (texts: readonly string[] | undefined) =>
    eachOf(texts, (text) => words.find((word) => word === text));
  const [one, other] = words;
  return valueKind({
    requirement: `must be a list of some of ${words.map((word) => JSON.stringify(word)).join(', ')}`,
    hint: `write ["${one}", "${other}"]; in a variable ${one},${other}`,
    fromToml: (value) => find(stringsIn(value)),
    fromText: (text) => find(itemsIn(text)),
    schema: { type: 'array', items: { enum: [...words] } },
  });
}

function durationsIn(texts: readonly string[] | undefined): readonly number[] | undefined {
  return eachOf(texts, secondsIn)?.toSorted((one, other) => one - other);
}

/** Undefined if the text is not JSON. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function stringsIn(value: unknown): readonly string[] | undefined {
  const list = isString(value) ? [value] : value;
  return isListOf(list, isString) ? list : undefined;
}

/** Undefined if there is none: only a file says [], and means it. */
function itemsIn(text: string): readonly string[] | undefined {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items.length === 0 ? undefined : items;
}

/** Undefined unless every text can be read. */
function eachOf<T>(
  texts: readonly string[] | undefined,
  read: (text: string) => T | undefined,
): readonly T[] | undefined {
  const values = texts?.map(read);
  return isListOf(values, (value): value is T => value !== undefined) ? values : undefined;
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}
