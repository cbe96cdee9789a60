// JSON text to values and back without losing anything: 64-bit integers, number spellings, member
// order, indented or compact form. It knows nothing of KMIP.
import { LosslessNumber, parse, stringify } from 'lossless-json';

/** Integers that a double holds exactly are numbers, greater ones bigint, any other spelling is kept. */
export type JsonValue =
  null | boolean | string | number | bigint | LosslessNumber | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: JsonValue | undefined;
}

export interface JsonDocument {
  readonly value: JsonValue;
  /** Indented by two blanks, as the server writes `object` on MySQL and MariaDB; else compact. */
  readonly indented: boolean;
}

/**
 * Parses a JSON text, and proves on the text itself that writing the result gives the same text,
 * white space between tokens and escapes aside.
 *
 * @throws SyntaxError if the text is no JSON, or has members that would be lost or change places:
 *   two of one name, a name of digits alone, `__proto__`.
 */
export function parseJson(text: string): JsonDocument {
  refuseDeepNesting(text);
  const indented = text.startsWith('{\n');
  const fast: unknown = JSON.parse(text);
  // Most rows pass the native parser unharmed, which is thirty times faster than the exact one.
  const written = JSON.stringify(fast);
  if (written === text) return { value: fast as JsonValue, indented };
  const compact = compacted(text);
  if (written === compact) return { value: fast as JsonValue, indented };
  const value = parse(text, undefined, parseNumber) as JsonValue;
  if (formatJson(value) !== compact) {
    throw new SyntaxError('members of one name, or named by digits alone, cannot be kept apart');
  }
  return { value, indented };
}

/** Returns null for a text that `parseJson` refuses, or that is no object. */
export function parsedObject(text: string): JsonObject | null {
  try {
    const { value } = parseJson(text);
    return isJsonObject(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Writes a JSON text, compact or indented by two blanks; exact integers as they are. */
export function formatJson(value: JsonValue, indented = false): string {
  const space = indented ? 2 : undefined;
  const text = nativeText(value, space) ?? stringify(value, undefined, space);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

/** Returns null if there is a number that is none of JavaScript's; looking for one first would take longer. */
function nativeText(value: JsonValue, space: number | undefined): string | null {
  try {
    const text = JSON.stringify(value, undefined, space);
    return text.includes('"isLosslessNumber"') ? null : text;
  } catch (error) {
    // A bigint.
    if (error instanceof TypeError) return null;
    throw error;
  }
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof LosslessNumber)
  );
}

export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Says in one word what a value is, for error messages that must not show the value itself. */
export function describeType(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (isJsonArray(value)) return 'an array';
  if (value instanceof LosslessNumber) return 'a number that is no integer';
  if (typeof value === 'bigint') return 'a number';
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}

/** The server's reader goes no deeper; ours would run out of stack on a hostile row. */
const DEEPEST_NESTING = 128;

function refuseDeepNesting(text: string): void {
  if (
    text.split('[', DEEPEST_NESTING).length + text.split('{', DEEPEST_NESTING).length <=
    DEEPEST_NESTING
  ) {
    return;
  }
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    if (depth > DEEPEST_NESTING) throw new SyntaxError('nested too deeply');
  }
}

function compacted(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\s+/gs, (token) => {
    if (!token.startsWith('"')) return '';
    return token.includes('\\') ? JSON.stringify(JSON.parse(token)) : token;
  });
}

function parseNumber(text: string): number | bigint | LosslessNumber {
  if (!/^-?\d+$/.test(text) || text === '-0') return new LosslessNumber(text);
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
