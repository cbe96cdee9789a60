// Items of the binary TTLV encoding (KMIP 2.1 §9.1), written from data into one buffer and read one
// level at a time. ttlv.ts knows which items make a key value.
import type { EpochSeconds } from '../date-time.js';
import { MalformedMember } from '../members.js';

export type Item = { readonly tag: number } & (
  | { readonly type: 'structure'; readonly items: readonly Item[] }
  | { readonly type: 'integer' | 'enumeration' | 'interval'; readonly value: number }
  | { readonly type: 'long-integer' | 'big-integer'; readonly value: bigint }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'date-time'; readonly value: EpochSeconds }
);
export type ItemType = Item['type'];

/** An item as read: its value without the padding, a view of the bytes that were given. */
export interface ReadItem {
  readonly tag: number;
  readonly type: ItemType;
  readonly value: Buffer;
}

const TYPES: Readonly<Record<ItemType, number>> = {
  structure: 0x01,
  integer: 0x02,
  'long-integer': 0x03,
  'big-integer': 0x04,
  enumeration: 0x05,
  boolean: 0x06,
  text: 0x07,
  bytes: 0x08,
  'date-time': 0x09,
  interval: 0x0a,
};

/** Bytes of values whose type says how many they have (§9.1.1.3). */
const FIXED_LENGTHS: Partial<Record<ItemType, number | 'words'>> = {
  integer: 4,
  enumeration: 4,
  interval: 4,
  'long-integer': 8,
  boolean: 8,
  'date-time': 8,
  'big-integer': 'words',
};

const HEADER_BYTES = 8;
const WORD_BITS = 64n;

/** Thrown for bytes that are not the expected TTLV; its message quotes nothing of them. */
export class MalformedTtlv extends MalformedMember {
  constructor(path: string, expected: string) {
    super(path, expected, undefined);
    this.name = 'MalformedTtlv';
    this.message = `${path} must be ${expected}`;
  }
}

/** Returns the encoding of an item, made in one buffer, which the caller wipes. */
export function encodeItem(item: Item): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + padded(valueLength(item)));
  writeItem(bytes, item);
  return bytes;
}

/**
 * Returns the items that follow each other in the bytes, without looking into structures.
 *
 * @throws MalformedTtlv if the bytes are not whole items, or their padding is not zero (§9.1.1.4).
 */
export function readItems(bytes: Uint8Array, at: string): readonly ReadItem[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: ReadItem[] = [];
  for (let rest = view; rest.length > 0;) {
    const length = rest.length < HEADER_BYTES ? Infinity : rest.readUInt32BE(4);
    const end = HEADER_BYTES + padded(length);
    if (end > rest.length) throw new MalformedTtlv(at, 'whole items of TTLV');
    const type = typeOf(rest.readUInt8(3));
    if (type === undefined) throw new MalformedTtlv(at, 'items of the types of TTLV');
    const fixed = FIXED_LENGTHS[type];
    if (fixed === 'words' ? length % 8 !== 0 || length === 0 : length !== (fixed ?? length)) {
      throw new MalformedTtlv(at, 'items of the lengths of their types');
    }
    const value = rest.subarray(HEADER_BYTES, HEADER_BYTES + length);
    if (rest.subarray(HEADER_BYTES + length, end).some((byte) => byte !== 0)) {
      throw new MalformedTtlv(at, 'items padded with zeros');
    }
    items.push({ tag: rest.readUIntBE(0, 3), type, value });
    rest = rest.subarray(end);
  }
  return items;
}

/** Returns the number in the value of a Big Integer or Long Integer: two's complement, big endian. */
export function signedNumber(value: Buffer): bigint {
  let number = 0n;
  for (let offset = 0; offset < value.length; offset += 8) {
    number = (number << WORD_BITS) | value.readBigUInt64BE(offset);
  }
  return BigInt.asIntN(value.length * 8, number);
}

function writeItem(bytes: Buffer, item: Item): void {
  const length = valueLength(item);
  bytes.writeUIntBE(item.tag, 0, 3);
  bytes.writeUInt8(TYPES[item.type], 3);
  bytes.writeUInt32BE(length, 4);
  writeValue(bytes.subarray(HEADER_BYTES, HEADER_BYTES + length), item);
}

function writeValue(bytes: Buffer, item: Item): void {
  switch (item.type) {
    case 'structure': {
      let offset = 0;
      for (const inner of item.items) {
        writeItem(bytes.subarray(offset), inner);
        offset += HEADER_BYTES + padded(valueLength(inner));
      }
      return;
    }
    case 'integer':
      bytes.writeInt32BE(item.value);
      return;
    case 'enumeration':
    case 'interval':
      bytes.writeUInt32BE(item.value);
      return;
    case 'long-integer':
    case 'big-integer':
      writeSigned(bytes, item.value);
      return;
    case 'boolean':
      bytes.writeBigUInt64BE(item.value ? 1n : 0n);
      return;
    case 'text':
      bytes.write(item.value, 'utf8');
      return;
    case 'bytes':
      bytes.set(item.value);
      return;
    case 'date-time':
      bytes.writeBigInt64BE(BigInt(item.value));
  }
}

function writeSigned(bytes: Buffer, number: bigint): void {
  let rest = number;
  for (let offset = bytes.length - 8; offset >= 0; offset -= 8) {
    bytes.writeBigUInt64BE(BigInt.asUintN(64, rest), offset);
    rest >>= WORD_BITS;
  }
}

function valueLength(item: Item): number {
  switch (item.type) {
    case 'structure':
      return item.items.reduce((sum, inner) => sum + HEADER_BYTES + padded(valueLength(inner)), 0);
    case 'integer':
    case 'enumeration':
    case 'interval':
      return 4;
    case 'long-integer':
    case 'boolean':
    case 'date-time':
      return 8;
    case 'big-integer':
      return bigIntegerLength(item.value);
    case 'text':
      return Buffer.byteLength(item.value, 'utf8');
    case 'bytes':
      return item.value.length;
  }
}

/** Whole words with room for the sign: a positive number whose top bit is set takes a word more. */
function bigIntegerLength(number: bigint): number {
  let words = 1;
  while (BigInt.asIntN(words * 64, number) !== number) words += 1;
  return words * 8;
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

function typeOf(code: number): ItemType | undefined {
  return (Object.keys(TYPES) as ItemType[]).find((type) => TYPES[type] === code);
}
