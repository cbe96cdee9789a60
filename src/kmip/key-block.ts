// The Key Block inside a managed object (KMIP 2.1 §3.1): what kind of key it holds, whether it is
// wrapped, and its embedded attributes. Its material stays JSON; key-material.ts decodes it.
import { decodeAttributes, type Attributes } from './attributes.js';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { decodeKeyWrappingData, type KeyWrappingData } from './key-wrapping-data.js';
import { asMap, MalformedMember, memberReader } from './members.js';
import { CRYPTOGRAPHIC_ALGORITHMS, KEY_FORMAT_TYPES } from './vocabulary.js';

export interface KeyBlock {
  readonly keyFormatType: string;
  readonly cryptographicAlgorithm: string | null;
  /** Bits. */
  readonly cryptographicLength: number | null;
  /** Null when wrapped or absent. */
  readonly keyMaterial: JsonValue | null;
  /** The embedded copy; null when wrapped or absent. */
  readonly attributes: Attributes | null;
  /** Null when the key is not wrapped; a destroyed key names its wrapping key but has no ciphertext. */
  readonly keyWrappingData: KeyWrappingData | null;
}

/** @throws MalformedMember naming the first member that is not what the format says. */
export function decodeKeyBlock(value: JsonValue | undefined, at: string): KeyBlock {
  const members = asMap(value, at);
  const read = memberReader(members, at);
  const keyFormatType = read.openEnumeration('KeyFormatType', KEY_FORMAT_TYPES);
  if (keyFormatType === null) {
    throw new MalformedMember(`${at}.KeyFormatType`, 'a name that KMIP knows', undefined);
  }
  const keyValue = members['KeyValue'];
  const hasCiphertext = isJsonArray(keyValue);
  const plain = keyValue === undefined || hasCiphertext ? null : asMap(keyValue, `${at}.KeyValue`);
  const embedded = plain?.['Attributes'];
  const keyWrappingData = decodeKeyWrappingData(members, at);
  if (hasCiphertext && keyWrappingData === null) {
    throw new MalformedMember(`${at}.KeyValue`, 'a map, as there is no KeyWrappingData', keyValue);
  }
  return {
    keyFormatType,
    cryptographicAlgorithm: read.openEnumeration(
      'CryptographicAlgorithm',
      CRYPTOGRAPHIC_ALGORITHMS,
    ),
    cryptographicLength: read.integer('CryptographicLength'),
    keyMaterial: plain?.['KeyMaterial'] ?? null,
    attributes:
      embedded === undefined ? null : decodeAttributes(embedded, `${at}.KeyValue.Attributes`),
    keyWrappingData,
  };
}

/**
 * Returns how many bytes a symmetric key's material has, without copying them.
 *
 * @throws MalformedMember if the material is neither `{"Key": […]}` nor an array.
 */
export function symmetricMaterialLength(keyBlock: KeyBlock): number {
  const material = keyBlock.keyMaterial;
  const bytes = isJsonObject(material ?? undefined)
    ? (material as JsonObject)['Key']
    : (material ?? undefined);
  if (!isJsonArray(bytes)) {
    throw new MalformedMember('object.KeyBlock.KeyValue.KeyMaterial', 'an array of bytes', bytes);
  }
  return bytes.length;
}
