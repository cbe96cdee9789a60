// What the log says of a row of `objects` that was written: a digest of it, and which of its attributes changed. No key
// material, and no value of anything, is in either.
import { hash } from 'node:crypto';
import { isJsonObject, parsedObject, type JsonObject } from '../../kmip/json.js';
import { differingMembers, isSame, rememberedChanges } from '../../kmip/known-changes.js';
import type { ObjectRow } from '../../kmip/managed-object.js';

/**
 * Returns SHA-256, as 64 hexadecimal digits, of `[id,object,attributes,state,owner,wrapping_key_id]`: a JSON array without
 * white space between its items, the two columns of JSON as they are written, the others as JSON texts or null.
 */
export function rowDigest(row: ObjectRow): string {
  return hash(
    'sha256',
    `[${json(row.id)},${row.object},${row.attributes},${json(row.state)},${json(row.owner)},${json(row.wrappingKeyId)}]`,
  );
}

const json = (text: string | null) => JSON.stringify(text);

/**
 * Returns the names of what differs, as KMIP spells them, in alphabetical order: attributes of the column, and of the
 * object Key Material, Key Wrapping Data and Certificate Value. `Object` stands for anything else in it.
 */
export function changedNames(before: ObjectRow, after: ObjectRow): readonly string[] {
  const known = rememberedChanges(before, after);
  const names = new Set((known ?? changedAttributes(before, after)).map(spelled));
  if (before.state !== after.state) names.add('State');
  if (before.owner !== after.owner) names.add('Owner');
  if (before.wrappingKeyId !== after.wrappingKeyId) names.add('Wrapping Key');
  if (known === null && before.object !== after.object) {
    // Null for a row that cannot be read, which doctor may repair.
    const [had, has] = [parsedObject(before.object), parsedObject(after.object)];
    for (const name of changedInObject(had, has)) names.add(name);
    if (names.size === 0 && !isSame(had, has)) names.add('Object');
  } else if (names.size === 0 && before.object !== after.object) names.add('Object');
  return [...names].sort();
}

function changedAttributes(before: ObjectRow, after: ObjectRow): readonly string[] {
  if (before.attributes === after.attributes) return [];
  const [had, has] = [parsedObject(before.attributes), parsedObject(after.attributes)];
  return had === null || has === null ? ['Attributes'] : differingMembers(had, has);
}

function changedInObject(before: JsonObject | null, after: JsonObject | null): readonly string[] {
  const [had, has] = [partsOf(before), partsOf(after)];
  return Object.keys(had).filter((name) => !isSame(had[name], has[name]));
}

/** A key that is wrapped has its bytes in Key Value itself. */
function partsOf(object: JsonObject | null): JsonObject {
  const inner = mapOf(Object.values(object ?? {})[0]);
  const block = mapOf(inner['KeyBlock']);
  const value = block['KeyValue'];
  return {
    'Key Material': isJsonObject(value) ? value['KeyMaterial'] : value,
    'Key Wrapping Data': block['KeyWrappingData'],
    'Certificate Value': inner['CertificateValue'],
  };
}

function mapOf(value: JsonObject[string]): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** `RotateInterval` is Rotate Interval. */
function spelled(name: string): string {
  let text = SPELLED.get(name);
  if (text === undefined) {
    text = name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
    if (SPELLED.size < MAX_SPELLED) SPELLED.set(name, text);
  }
  return text;
}

const SPELLED = new Map<string, string>();
/** KMIP has fewer attributes; what a hostile row has is not kept. */
const MAX_SPELLED = 200;
