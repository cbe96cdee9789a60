// Byte strings as the store's JSON has them: arrays of integers from 0 to 255 (storage format §2.2).
import { isJsonArray, type JsonValue } from './json.js';
import { MalformedMember } from './members.js';

/** Returns a copy of the bytes, which the caller wipes. @throws MalformedMember if the value is none. */
export function decodeBytes(value: JsonValue | undefined, at: string): Buffer {
  if (!isJsonArray(value)) throw new MalformedMember(at, 'an array of bytes', value);
  const bytes = Buffer.alloc(value.length);
  for (const [place, byte] of value.entries()) {
    if (typeof byte !== 'number' || !Number.isInteger(byte) || byte < 0 || byte > 255) {
      bytes.fill(0);
      throw new MalformedMember(`${at}[${place}]`, 'an integer from 0 to 255', byte);
    }
    bytes[place] = byte;
  }
  return bytes;
}

export function encodeBytes(bytes: Uint8Array): readonly number[] {
  return Array.from(bytes);
}
