// Vendor attributes, and two among them: an object's tags as a text with a JSON array, and the uid of its
// wrapping key (storage format §1.6, §3.4, §5.2). store/ has the table `tags`.
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { MalformedMember, memberReader, withMembers } from './members.js';

const DEFAULT_VENDOR = 'cosmian';

/** Returns the tags in the vendor attribute `tag`, in their order; none if there is no such attribute. */
export function tagsIn(attributes: readonly JsonValue[], at: string): readonly string[] {
  const attribute = tagAttributeOf(attributes);
  if (attribute === undefined) return [];
  const tags = tagsOf(attribute);
  if (tags !== null) return tags;
  const text = contentOf(attribute);
  throw new MalformedMember(
    `${at}.Attribute[tag]`,
    'a string that holds a JSON array of strings',
    text,
  );
}

/** Returns the list with these tags last, as the server has them, under the vendor that it already names. */
export function withTags(
  attributes: readonly JsonValue[],
  tags: readonly string[],
): readonly JsonValue[] {
  const current = tagAttributeOf(attributes);
  const replacement: JsonObject = {
    VendorIdentification: current?.['VendorIdentification'] ?? DEFAULT_VENDOR,
    AttributeName: 'tag',
    AttributeValue: { _t: 'TextString', _c: JSON.stringify(tags) },
  };
  return [...attributes.filter((attribute) => !isOneWith(attribute, current)), replacement];
}

/**
 * Returns the members with the vendor attribute `wrapping_key_id` naming this uid, once, if they have one; `last`:
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
  const others = list.filter(
    (attribute) => attribute === current || !isOneWith(attribute, current),
  );
  const attributes =
    place === 'kept'
      ? others.map((attribute) => (attribute === current ? changed : attribute))
      : [...others.filter((attribute) => attribute !== current), changed];
  return withMembers(members, { Attribute: attributes });
}

/** Returns the vendor attribute that asks for the wrapping of a new key. */
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

/** Says whether both are the same attribute of one vendor. It may be there twice, and a reader takes either. */
function isOneWith(attribute: JsonValue, other: JsonObject | undefined): boolean {
  if (!isJsonObject(attribute) || other === undefined) return false;
  return ['VendorIdentification', 'AttributeName'].every((name) => attribute[name] === other[name]);
}

/** Another vendor may call something else so: the server's own is the one with a system tag in it. */
function tagAttributeOf(attributes: readonly JsonValue[]): JsonObject | undefined {
  const called = attributes.filter(isTagAttribute);
  const isSystem = (attribute: JsonObject) =>
    tagsOf(attribute)?.some((tag) => tag.startsWith('_')) ?? false;
  return called.find(isSystem) ?? called[0];
}

function tagsOf(attribute: JsonObject): readonly string[] | null {
  const text = contentOf(attribute);
  return typeof text === 'string' ? parseTags(text) : null;
}

function contentOf(attribute: JsonObject): JsonValue | undefined {
  const value = attribute['AttributeValue'];
  return isJsonObject(value) ? value['_c'] : undefined;
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
