// Binary TTLV encoding (KMIP 2.1 §9.1), as far as the digest of a transparent key needs it: structures
// and byte strings. Decoding is not needed: wrapped bytes are moved as they are.

export const TAGS = { KeyMaterial: 0x420043, Key: 0x42003f } as const;
type Tag = (typeof TAGS)[keyof typeof TAGS];

const TYPE_STRUCTURE = 0x01;
const TYPE_BYTE_STRING = 0x08;

/** Returns an item of type Structure around items already encoded. */
export function encodeStructure(tag: Tag, items: readonly Buffer[]): Buffer {
  return encodeItem(tag, TYPE_STRUCTURE, Buffer.concat(items));
}

/** Returns an item of type Byte String, padded with zeros to a multiple of 8 bytes (§9.1.1.4). */
export function encodeByteString(tag: Tag, bytes: Uint8Array): Buffer {
  return encodeItem(tag, TYPE_BYTE_STRING, bytes);
}

function encodeItem(tag: Tag, type: number, value: Uint8Array): Buffer {
  const item = Buffer.alloc(8 + Math.ceil(value.length / 8) * 8);
  item.writeUIntBE(tag, 0, 3);
  item.writeUInt8(type, 3);
  item.writeUInt32BE(value.length, 4);
  item.set(value, 8);
  return item;
}
