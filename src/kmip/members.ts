// Typed reading of single members of a JSON map, and editing a map without disturbing the rest of it.
// The error it throws names the member and what it should have been, never its value.
import { decodeDateTime, type EpochSeconds } from './date-time.js';
import { isJsonArray, isJsonObject, kindOf, type JsonObject, type JsonValue } from './json.js';

/** A member that is not what KMIP says; `path` leads to it from the top of the row's column. */
export class MalformedMember extends Error {
  readonly path: string;

  constructor(path: string, expected: string, found: JsonValue | undefined) {
    super(`${path} must be ${expected}, found ${kindOf(found)}`);
    this.name = 'MalformedMember';
    this.path = path;
  }
}

/** Readers of optional members: absent and null both read as null (storage format §3.1). */
export interface MemberReader {
  readonly at: string;
  text(member: string): string | null;
  boolean(member: string): boolean | null;
  integer(member: string): number | null;
  /** From 0 to 2^31 - 1. */
  count(member: string): number | null;
  dateTime(member: string): EpochSeconds | null;
  enumeration<Name extends string>(
    member: string,
    names: Readonly<Record<Name, number>>,
  ): Name | null;
  /** Like `enumeration`, for lists that vendors extend: a name that we do not know is taken as it is. */
  openEnumeration(member: string, names: Readonly<Record<string, number>>): string | null;
  map(member: string): JsonObject | null;
  list(member: string): readonly JsonValue[];
}

/** KMIP’s Integer has 32 bits. */
export const GREATEST_COUNT = 2 ** 31 - 1;

export function memberReader(members: JsonObject, at: string): MemberReader {
  const read = <T>(
    member: string,
    expected: string,
    decode: (value: JsonValue) => T | null,
  ): T | null => {
    const value = members[member];
    if (value === undefined || value === null) return null;
    const decoded = decode(value);
    if (decoded === null) throw new MalformedMember(`${at}.${member}`, expected, value);
    return decoded;
  };
  return {
    at,
    text: (member) => read(member, 'a text', (value) => (typeof value === 'string' ? value : null)),
    boolean: (member) =>
      read(member, 'true or false', (value) => (typeof value === 'boolean' ? value : null)),
    integer: (member) =>
      read(member, 'an integer below 2^53', (value) =>
        typeof value === 'number' && Number.isSafeInteger(value) ? value : null,
      ),
    count: (member) =>
      read(member, 'an integer from 0 to 2147483647', (value) =>
        typeof value === 'number' &&
        Number.isInteger(value) &&
        value >= 0 &&
        value <= GREATEST_COUNT
          ? value
          : null,
      ),
    dateTime: (member) => read(member, 'a date of nine integers', decodeDateTime),
    enumeration: (member, names) =>
      read(member, 'a name that KMIP knows', (value) => enumerationName(names, value)),
    openEnumeration: (member, names) =>
      read(member, 'a name that KMIP knows', (value) =>
        typeof value === 'string' ? value : enumerationName(names, value),
      ),
    map: (member) => read(member, 'a map', (value) => (isJsonObject(value) ? value : null)),
    list: (member) =>
      read(member, 'an array', (value) => (isJsonArray(value) ? value : null)) ?? [],
  };
}

/** Returns the value as a map. @throws MalformedMember otherwise. */
export function asMap(value: JsonValue | undefined, at: string): JsonObject {
  if (!isJsonObject(value)) throw new MalformedMember(at, 'a map', value);
  return value;
}

/** Returns the text of a member that must be there. @throws MalformedMember otherwise. */
export function requiredText(members: JsonObject, member: string, at: string): string {
  const text = memberReader(members, at).text(member);
  if (text === null) throw new MalformedMember(`${at}.${member}`, 'a text', undefined);
  return text;
}

/**
 * Returns a copy with some members set, or removed where undefined is given. What was there keeps its
 * place; what is new goes where the server would have put it: by name, `Attribute` last.
 */
export function withMembers(members: JsonObject, changes: JsonObject): JsonObject {
  const entries = Object.entries(members)
    .map(([name, value]): [string, JsonValue | undefined] => [
      name,
      Object.hasOwn(changes, name) ? changes[name] : value,
    ])
    .filter(([, value]) => value !== undefined);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || Object.hasOwn(members, name)) continue;
    const next = entries.findIndex(([other]) => other === 'Attribute' || other > name);
    const place = name === 'Attribute' || next === -1 ? entries.length : next;
    entries.splice(place, 0, [name, value]);
  }
  return Object.fromEntries(entries);
}

function enumerationName<Name extends string>(
  names: Readonly<Record<Name, number>>,
  value: JsonValue,
): Name | null {
  const entries = Object.entries(names) as [Name, number][];
  return entries.find(([name, number]) => value === name || value === number)?.[0] ?? null;
}
