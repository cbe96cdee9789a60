// JSON text of which there is only one for a value (RFC 8785, JSON Canonicalization Scheme), to be hashed or signed.
// json.ts parses and writes JSON that keeps its form.
import { LosslessNumber } from 'lossless-json';
import { isJsonArray, type JsonValue } from './json.js';

/**
 * Returns the canonical text of a value: members in the order of their UTF-16 code units, no white space, numbers as
 * ECMAScript writes them. An integer that a double cannot hold, which RFC 8785 excludes, keeps all its digits, so
 * that two of them never have one text.
 *
 * @throws TypeError for what RFC 8785 excludes otherwise: NaN, infinity, a text with half a surrogate pair.
 */
export function canonicalJson(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return canonicalText(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof LosslessNumber) return canonicalNumber(Number(value.value));
  if (isJsonArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  const members: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member !== undefined) members.push(`${canonicalText(name)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

/** RFC 8785, §3.2.2.2: the escapes are those of ECMAScript. */
function canonicalText(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new TypeError('a text with half a surrogate pair');
  return JSON.stringify(text);
}

/** RFC 8785, §3.2.2.3: ECMAScript's shortest form, and no minus before 0. */
function canonicalNumber(number: number): string {
  if (!Number.isFinite(number)) throw new TypeError('a number that JSON does not have');
  return JSON.stringify(number);
}
