// Kinds of single values: texts, switches, numbers, durations, words of a fixed choice.
import { KmsError } from '../../errors.js';
import { DURATION_FORM, DURATION_PATTERN, parseDuration } from '../../text/duration.js';
import { valueKind, type ValueKind } from './value-kind.js';

export const STRING = valueKind({
  requirement: 'must be a string',
  hint: 'put it in quotes',
  fromToml: (value) => (isString(value) ? value : undefined),
  fromText: (text) => text,
  schema: { type: 'string' },
});

/** An empty text is more often a mistake, such as an unset variable of a script, than meant. */
export const NON_EMPTY_STRING = valueKind({
  requirement: 'must be a string, and not empty',
  hint: 'leave it out, or give a value',
  fromToml: (value) => (isString(value) ? value : undefined),
  fromText: (text) => text,
  isUsable: (text) => text !== '',
  schema: { type: 'string', minLength: 1 },
});

export const BOOLEAN = valueKind({
  requirement: 'must be true or false',
  hint: 'write it in lower case and without quotes',
  fromToml: (value) => (typeof value === 'boolean' ? value : undefined),
  fromText: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
  schema: { type: 'boolean' },
});

/** Seconds. */
export const DURATION = valueKind({
  requirement: 'must be a duration with a unit, at most 1000y',
  hint: `write ${DURATION_FORM}; put it in quotes`,
  fromToml: (value) => (isString(value) || value === 0 ? secondsIn(String(value)) : undefined),
  fromText: secondsIn,
  schema: { anyOf: [{ type: 'string', pattern: DURATION_PATTERN }, { const: 0 }] },
});

/** Seconds, at least one. */
export const POSITIVE_DURATION = valueKind({
  requirement: 'must be a duration with a unit, from 1s to 1000y',
  hint: `write ${DURATION_FORM.replace(/; 0 .*/, '')}; put it in quotes`,
  fromToml: (value) => (isString(value) ? secondsIn(value) : undefined),
  fromText: secondsIn,
  isUsable: (seconds) => seconds > 0,
  schema: { type: 'string', pattern: '^0*[1-9]\\d*[smhdwy]$' },
});

export const POSITIVE_INTEGER = valueKind({
  requirement: 'must be a whole number of 1 or more',
  hint: 'write it without quotes',
  fromToml: (value) => (isInteger(value) ? value : undefined),
  fromText: integerIn,
  isUsable: isPositiveInteger,
  schema: { type: 'integer', minimum: 1 },
});

/** A whole number of percent, at most so much. */
export function percentUpTo(most: number): ValueKind<number> {
  return valueKind({
    requirement: `must be a whole number from 0 to ${most}`,
    hint: 'write it without quotes and without %',
    fromToml: (value) => (isInteger(value) ? value : undefined),
    fromText: integerIn,
    isUsable: (value) => value >= 0 && value <= most,
    schema: { type: 'integer', minimum: 0, maximum: most },
  });
}

/** One of a few words. */
export function enumOf<Word extends string>(words: readonly Word[]): ValueKind<Word> {
  const find = (value: unknown) => words.find((word) => word === value);
  return valueKind({
    requirement: `must be one of ${words.map((word) => JSON.stringify(word)).join(', ')}`,
    hint: 'write one of these, in this spelling',
    fromToml: find,
    fromText: find,
    schema: { enum: [...words] },
  });
}

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}

export function isInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

export function isPositiveInteger(value: unknown): value is number {
  return isInteger(value) && value >= 1;
}

export function integerIn(text: string): number | undefined {
  return /^-?\d+$/.test(text) && isInteger(Number(text)) ? Number(text) : undefined;
}

export function secondsIn(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof KmsError) return undefined;
    throw error;
  }
}
