// Binary TTLV as the storage format states it (§5.5), for tests that check what src wrote: shares nothing
// with src/kmip, so that an error there cannot hide behind the same error here.

export interface Item {
  readonly tag: number;
  readonly type: number;
  readonly value: Buffer;
  /** Of a structure; else none. */
  readonly children: readonly Item[];
  /** The whole item, as it stood. */
  readonly bytes: Buffer;
}

export const TAGS = {
  KeyValue: 0x420045,
  KeyMaterial: 0x420043,
  Attributes: 0x420125,
  Key: 0x42003f,
  RecommendedCurve: 0x420075,
  D: 0x42002e,
  QString: 0x420072,
  Modulus: 0x420052,
  PrivateExponent: 0x420063,
  PublicExponent: 0x42006c,
  P: 0x42005e,
  Q: 0x420071,
  PrimeExponentP: 0x420060,
  PrimeExponentQ: 0x420061,
  CRTCoefficient: 0x420027,
} as const;

export type Tag = keyof typeof TAGS;

const STRUCTURE = 1;
const INTEGER = 2;
const BIG_INTEGER = 4;
const ENUMERATION = 5;
const TEXT = 7;
const BYTES = 8;

const SIZES: Readonly<Record<number, number>> = { 2: 4, 3: 8, 5: 4, 6: 8, 9: 8, 10: 4 };

/** Reads one item that is all of these bytes. @throws Error saying what is wrong. */
export function readItem(bytes: Buffer): Item {
  const items = readItems(bytes);
  if (items.length !== 1) throw new Error(`${items.length} items where one is expected`);
  return items[0]!;
}

export function childOf(item: Item, tag: Tag): Item {
  const child = item.children.find((one) => one.tag === TAGS[tag]);
  if (child === undefined) throw new Error(`no ${tag}`);
  return child;
}

/** Reads the value of a BigInteger or Enumeration: two's complement, big endian. */
export function numberIn({ value }: Item): bigint {
  return BigInt.asIntN(8 * value.length, BigInt(`0x${value.toString('hex') || '0'}`));
}

export function structure(tag: Tag | number, ...children: readonly Buffer[]): Buffer {
  return item(tag, STRUCTURE, Buffer.concat(children));
}

export function bytesItem(tag: Tag | number, value: Buffer): Buffer {
  return item(tag, BYTES, value);
}

export function textItem(tag: Tag | number, value: string): Buffer {
  return item(tag, TEXT, Buffer.from(value, 'utf8'));
}

export function enumerationItem(tag: Tag | number, value: number): Buffer {
  return item(tag, ENUMERATION, uint32(value));
}

export function integerItem(tag: Tag | number, value: number): Buffer {
  return item(tag, INTEGER, uint32(value));
}

/** Encodes a number that is not negative, sign-extended to a multiple of 8 bytes. */
export function bigIntegerItem(tag: Tag | number, value: bigint): Buffer {
  let length = 8;
  while (value >> BigInt(8 * length - 1) !== 0n) length += 8;
  return item(tag, BIG_INTEGER, bigEndian(value, length));
}

export function bigEndian(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}

function item(tag: Tag | number, type: number, value: Buffer): Buffer {
  const number = typeof tag === 'number' ? tag : TAGS[tag];
  const padding = Buffer.alloc((8 - (value.length % 8)) % 8);
  const head = Buffer.concat([uint32(number).subarray(1), Buffer.of(type), uint32(value.length)]);
  return Buffer.concat([head, value, padding]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function readItems(bytes: Buffer): readonly Item[] {
  const items: Item[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 8 > bytes.length) throw new Error('an item is cut off in its head');
    const type = bytes[at + 3]!;
    const length = bytes.readUInt32BE(at + 4);
    const end = at + 8 + length;
    const padded = at + 8 + Math.ceil(length / 8) * 8;
    if (type < 1 || type > 10) throw new Error(`an item of unknown type ${type}`);
    if (padded > bytes.length) throw new Error('an item is cut off');
    if (length !== (SIZES[type] ?? length)) throw new Error(`a value of ${length} bytes`);
    if (bytes.subarray(end, padded).some((byte) => byte !== 0)) throw new Error('bad padding');
    const value = bytes.subarray(at + 8, end);
    items.push({
      tag: bytes.readUIntBE(at, 3),
      type,
      value,
      children: type === STRUCTURE ? readItems(value) : [],
      bytes: bytes.subarray(at, padded),
    });
    at = padded;
  }
  return items;
}
