// Vendor attributes, and two among them: an object's tags as a text with a JSON array, and the uid of its
// wrapping key (storage format §1.6, §3.4, §5.2). The `tags` table is the store's business.
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { MalformedMember, memberReader, withMembers } from './members.js';

const DEFAULT_VENDOR = 'cosmian';

/** Returns the tags in the vendor attribute `tag`, in their order; none if there is no such attribute. */
export function tagsIn(attributes: readonly JsonValue[], at: string): readonly string[] {
  const attribute = attributes.find(isTagAttribute);
  if (attribute === undefined) return [];
  const value = attribute['AttributeValue'];
  const text = isJsonObject(value) ? value['_c'] : undefined;
  const tags = typeof text === 'string' ? parseTags(text) : null;
  if (tags === null) {
    throw new MalformedMember(`${at}.Attribute[tag]`, 'a text holding a JSON array of texts', text);
  }
  return tags;
}

/** Returns the list with these tags last, as the server has them, under the vendor that it already names. */
export function withTags(
  attributes: readonly JsonValue[],
  tags: readonly string[],
): readonly JsonValue[] {
  const current = attributes.find(isTagAttribute);
  const replacement: JsonObject = {
    VendorIdentification: current?.['VendorIdentification'] ?? DEFAULT_VENDOR,
    AttributeName: 'tag',
    AttributeValue: { _t: 'TextString', _c: JSON.stringify(tags) },
  };
  return [...attributes.filter((attribute) => attribute !== current), replacement];
}

/**
 * Returns the members with the vendor attribute `wrapping_key_id` naming this uid, if they have one; `last`:
 * behind the others, where the server puts it when it re-wraps.
 */
export function withWrappingKeyAttribute(
  members: JsonObject,
  uid: string,
  place: 'kept' | 'last',
): JsonObject {
  const list = memberReader(members, 'attributes').list('Attribute');
  const current = list.find(isWrappingKeyAttribute);
  if (current === undefined) return members;
  const changed = { ...current, AttributeValue: { _t: 'TextString', _c: uid } };
  const attributes =
    place === 'kept'
      ? list.map((attribute) => (attribute === current ? changed : attribute))
      : [...list.filter((attribute) => attribute !== current), changed];
  return withMembers(members, { Attribute: attributes });
}

/** Returns the vendor attribute by which the wrapping of a new key is asked for. */
export function wrappingKeyAttribute(uid: string): JsonObject {
  return {
    VendorIdentification: DEFAULT_VENDOR,
    AttributeName: 'wrapping_key_id',
    AttributeValue: { _t: 'TextString', _c: uid },
  };
}

/** Returns the members without the vendor attribute `wrapping_key_id`. */
export function withoutWrappingKeyAttribute(members: JsonObject): JsonObject {
  const list = memberReader(members, 'attributes').list('Attribute');
  const others = list.filter((attribute) => !isWrappingKeyAttribute(attribute));
  if (others.length === list.length) return members;
  return withMembers(members, { Attribute: others.length === 0 ? undefined : others });
}

function isWrappingKeyAttribute(attribute: JsonValue): attribute is JsonObject {
  return isJsonObject(attribute) && attribute['AttributeName'] === 'wrapping_key_id';
}

function isTagAttribute(attribute: JsonValue): attribute is JsonObject {
  return isJsonObject(attribute) && attribute['AttributeName'] === 'tag';
}

function parseTags(text: string): readonly string[] | null {
  let tags: JsonValue;
  try {
    tags = JSON.parse(text) as JsonValue;
  } catch {
    return null; // the caller names the row and the member
  }
  return isJsonArray(tags) && tags.every((tag) => typeof tag === 'string') ? tags : null;
}
