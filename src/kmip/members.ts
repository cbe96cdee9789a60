// Typed reading of single members of a JSON map, and editing a map without disturbing the rest of it.
// The error it throws names the member and what it should have been, never its value.
import { decodeDateTime, type EpochSeconds } from './date-time.js';
import {
  isJsonArray,
  isJsonObject,
  describeType,
  type JsonObject,
  type JsonValue,
} from './json.js';

/** A member that is not what KMIP says; `path` leads to it from the top of the row's column. */
export class MalformedMember extends Error {
  readonly path: string;

  constructor(path: string, expected: string, found: JsonValue | undefined) {
    super(`${path} must be ${expected}, found ${describeType(found)}`);
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
export const MAX_INTEGER = 2 ** 31 - 1;

export function memberReader(members: JsonObject, at: string): MemberReader {
  return new Reader(members, at);
}

/** A class: making new functions for each map of each row would take longer than reading the map. */
class Reader implements MemberReader {
  readonly at: string;
  readonly #members: JsonObject;

  constructor(members: JsonObject, at: string) {
    this.at = at;
    this.#members = members;
  }

  text(member: string): string | null {
    return this.#read(member, 'a text', asText);
  }

  boolean(member: string): boolean | null {
    return this.#read(member, 'true or false', asBoolean);
  }

  integer(member: string): number | null {
    return this.#read(member, 'an integer below 2^53', asInteger);
  }

  count(member: string): number | null {
    return this.#read(member, 'an integer from 0 to 2147483647', asCount);
  }

  dateTime(member: string): EpochSeconds | null {
    return this.#read(member, 'a date of nine integers', decodeDateTime);
  }

  enumeration<Name extends string>(
    member: string,
    names: Readonly<Record<Name, number>>,
  ): Name | null {
    return this.#read(member, 'a name that KMIP knows', (value) => enumerationName(names, value));
  }

  openEnumeration(member: string, names: Readonly<Record<string, number>>): string | null {
    return this.#read(
      member,
      'a name that KMIP knows',
      (value) => asText(value) ?? enumerationName(names, value),
    );
  }

  map(member: string): JsonObject | null {
    return this.#read(member, 'a map', (value) => (isJsonObject(value) ? value : null));
  }

  list(member: string): readonly JsonValue[] {
    return this.#read(member, 'an array', (value) => (isJsonArray(value) ? value : null)) ?? [];
  }

  #read<T>(member: string, expected: string, decode: (value: JsonValue) => T | null): T | null {
    const value = this.#members[member];
    if (value === undefined || value === null) return null;
    const decoded = decode(value);
    if (decoded === null) throw new MalformedMember(`${this.at}.${member}`, expected, value);
    return decoded;
  }
}

function asText(value: JsonValue): string | null {
  return typeof value === 'string' ? value : null;
}

function asBoolean(value: JsonValue): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

function asInteger(value: JsonValue): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

function asCount(value: JsonValue): number | null {
  const count = asInteger(value);
  return count !== null && count >= 0 && count <= MAX_INTEGER ? count : null;
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
 * Returns a copy with some members set, or removed where undefined is given. Members keep their
 * place; new ones go where the server would have put them: by name, `Attribute` last.
 */
export function withMembers(members: JsonObject, changes: JsonObject): JsonObject {
  // In loops, not by callbacks: a run does this more often than anything else.
  const added: string[] = [];
  for (const name of Object.keys(changes)) {
    if (changes[name] !== undefined && !Object.hasOwn(members, name)) added.push(name);
  }
  added.sort((one, other) => (comesBefore(one, other) ? -1 : 1));
  const changed: Record<string, JsonValue | undefined> = {};
  let next = 0;
  const add = () => {
    const name = added[next] ?? '';
    changed[name] = changes[name];
    next += 1;
  };
  for (const name of Object.keys(members)) {
    const isChanged = Object.hasOwn(changes, name);
    if (isChanged && changes[name] === undefined) continue;
    while (next < added.length && comesBefore(added[next] ?? '', name)) add();
    changed[name] = isChanged ? changes[name] : members[name];
  }
  while (next < added.length) add();
  return changed;
}

function comesBefore(one: string, other: string): boolean {
  return one !== 'Attribute' && (other === 'Attribute' || one < other);
}

function enumerationName<Name extends string>(
  names: Readonly<Record<Name, number>>,
  value: JsonValue,
): Name | null {
  if (typeof value === 'string') return Object.hasOwn(names, value) ? (value as Name) : null;
  for (const name in names) if (names[name] === value) return name;
  return null;
}
