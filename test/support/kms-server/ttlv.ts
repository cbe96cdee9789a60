// KMIP's TTLV in the server's JSON form, as golden/hsm-exchanges.json has it: read from requests, written for answers.

export interface Element {
  readonly tag: string;
  /** Absent on a structure. */
  readonly type?: string;
  readonly value: unknown;
}

export const structure = (tag: string, ...value: readonly Element[]): Element => ({ tag, value });
export const textString = (tag: string, value: string): Element => leaf(tag, 'TextString', value);
export const integer = (tag: string, value: number): Element => leaf(tag, 'Integer', value);
export const boolean = (tag: string, value: boolean): Element => leaf(tag, 'Boolean', value);
export const interval = (tag: string, value: number): Element => leaf(tag, 'Interval', value);
export const enumeration = (tag: string, value: string): Element => leaf(tag, 'Enumeration', value);

export function longInteger(tag: string, value: number): Element {
  const hex = BigInt.asUintN(64, BigInt(value)).toString(16).toUpperCase().padStart(16, '0');
  return leaf(tag, 'LongInteger', `0x${hex}`);
}

export function byteString(tag: string, bytes: readonly number[]): Element {
  return leaf(tag, 'ByteString', Buffer.from(bytes).toString('hex').toUpperCase());
}

/** Takes a date of the store: nine integers, the day counted from the year's first (storage format §3.2). */
export function dateTime(tag: string, date: readonly number[]): Element {
  const [year = 0, day = 1, hour = 0, minute = 0, second = 0] = date;
  const instant = new Date(Date.UTC(year, 0, day, hour, minute, second));
  return leaf(tag, 'DateTime', instant.toISOString().replace('.000Z', 'Z'));
}

/** Returns the elements of a structure. @throws Error if it is none. */
export function elementsOf({ tag, value }: Element): readonly Element[] {
  if (!Array.isArray(value)) throw new Error(`${tag} is no structure`);
  return value as readonly Element[];
}

/** Returns the text of an element by its tag, or null. */
export function textOf(request: Element, tag: string): string | null {
  const value = elementsOf(request).find((element) => element.tag === tag)?.value;
  return typeof value === 'string' ? value : null;
}

/**
 * Returns the value of an attribute as the store has it.
 * @throws Error if the type does not hold it.
 */
export function storedValueOf({ tag, type, value }: Element): unknown {
  if (type === 'LongInteger') {
    if (typeof value === 'number') return value;
    if (typeof value !== 'string' || !/^0x[0-9A-F]{16}$/.test(value)) throw unheld(tag, type);
    return Number(BigInt.asIntN(64, BigInt(value)));
  }
  if (type === 'Integer') {
    if (typeof value !== 'number' || value !== (value | 0)) throw unheld(tag, type);
    return value;
  }
  if (typeof value !== (type === 'Boolean' ? 'boolean' : 'string')) throw unheld(tag, type ?? '');
  return value;
}

function leaf(tag: string, type: string, value: unknown): Element {
  return { tag, type, value };
}

function unheld(tag: string, type: string): Error {
  return new Error(`${tag} has a value that is no ${type}`);
}
