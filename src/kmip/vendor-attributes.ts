// Vendor attributes, and the one among them that holds an object's tags as a text with a JSON array
// (storage format §1.6, §3.4). The `tags` table is the store's business.
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { MalformedMember } from './members.js';

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

/** Returns the list with these tags, under the vendor that the list already names. */
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
  return current === undefined
    ? [...attributes, replacement]
    : attributes.map((attribute) => (attribute === current ? replacement : attribute));
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
