// The part of DER (X.690) that keys and certificates need: writing elements, and reading them one level at a time.

export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  /** [0], constructed. */
  context0: 0xa0,
  /** [3], constructed. */
  context3: 0xa3,
  /** [0], an implicitly tagged string. */
  implicit0: 0x80,
} as const;

export interface DerElement {
  readonly tag: number;
  /** A view of the given bytes. */
  readonly value: Buffer;
  /** The same with tag and length. */
  readonly whole: Buffer;
}

/** Returns an element. The caller wipes the parts. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(tag), derLength(length), ...parts]);
}

/** Returns a non-negative INTEGER. */
export function derInteger(number: bigint): Buffer {
  const bytes = toBigEndian(number);
  const first = bytes[0];
  const sign = first === undefined || first >= 0x80 ? Buffer.alloc(1) : Buffer.alloc(0);
  return der(DER.integer, sign, bytes);
}

export function derObjectIdentifier(hex: string): Buffer {
  return der(DER.objectIdentifier, Buffer.from(hex, 'hex'));
}

export function derBitString(bytes: Uint8Array): Buffer {
  return der(DER.bitString, Buffer.alloc(1), bytes);
}

/** Returns the consecutive elements in the bytes; null if the bytes are not whole elements. */
export function readDer(bytes: Buffer): readonly DerElement[] | null {
  const elements: DerElement[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const [tag, first] = rest;
    if (tag === undefined || first === undefined) return null;
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    if (lengthBytes > 4 || rest.length < 2 + lengthBytes) return null;
    if (first === 0x80) return null;
    const length = lengthBytes === 0 ? first : rest.readUIntBE(2, lengthBytes);
    const start = 2 + lengthBytes;
    if (rest.length < start + length) return null;
    elements.push({
      tag,
      value: rest.subarray(start, start + length),
      whole: rest.subarray(0, start + length),
    });
    rest = rest.subarray(start + length);
  }
  return elements;
}

/** Returns an object identifier with dots, from its element's value. */
export function dottedIdentifier(value: Buffer): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of value) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [both = 0n, ...rest] = arcs;
  const first = both < 80n ? both / 40n : 2n;
  return [first, both - first * 40n, ...rest].join('.');
}

/** Returns a number as unsigned big-endian bytes, padded on the left to at least `length`. */
export function toBigEndian(number: bigint, length = 0): Buffer {
  const digits = number === 0n ? '' : number.toString(16);
  return Buffer.from(
    digits.padStart(Math.max(length * 2, digits.length + (digits.length % 2)), '0'),
    'hex',
  );
}

/** Returns the number in unsigned big-endian bytes. */
export function fromBigEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes = toBigEndian(BigInt(length));
  return Buffer.concat([Buffer.of(0x80 + bytes.length), bytes]);
}
