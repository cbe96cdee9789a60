// Remembers which attributes differ between a row as it was read and the row made of it, for as long as that row is held:
// who makes it has both parsed, and to parse two texts once more costs more than all else that the log says of a row.
import { canonicalJson } from './canonical-json.js';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './json.js';

interface KnownChanges {
  readonly before: object;
  readonly names: readonly string[];
}

const KNOWN = new WeakMap<object, KnownChanges>();

/** Remembers all that differs but state, owner and wrapping key, which are columns: attributes, and parts of the object. */
export function rememberChanges(before: object, after: object, names: readonly string[]): void {
  KNOWN.set(after, { before, names });
}

/** Returns null if it is not remembered. */
export function rememberedChanges(before: object, after: object): readonly string[] | null {
  const known = KNOWN.get(after);
  return known?.before === before ? known.names : null;
}

/** Returns the names of the members that differ. */
export function differingMembers(had: JsonObject, has: JsonObject): readonly string[] {
  const names: string[] = [];
  for (const name in has) if (!isSame(had[name], has[name])) names.push(name);
  for (const name in had) {
    if (!Object.hasOwn(has, name) && had[name] !== undefined) names.push(name);
  }
  return names;
}

/** Most members that were not changed are the very same value. */
export function isSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (one === other) return true;
  if (!isComposite(one) || !isComposite(other)) return false;
  // Dates, of nine numbers, and lists of links.
  if (isJsonArray(one) && isJsonArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  }
  if (isJsonObject(one) && isJsonObject(other)) return differingMembers(one, other).length === 0;
  return canonicalJson(one) === canonicalJson(other);
}

function isComposite(value: JsonValue | undefined): value is Exclude<JsonValue, null> {
  return typeof value === 'object' && value !== null;
}
