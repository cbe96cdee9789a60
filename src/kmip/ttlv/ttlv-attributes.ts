// The Attributes structure of binary TTLV, encoded as the server does from the store's JSON (storage
// format §5.5). An attribute that has no encoding is refused by name, never left out.
import { KmsError } from '../../errors.js';
import { decodeBigInteger } from '../big-integer.js';
import { decodeBytes } from '../bytes.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import { asMap, MalformedMember, memberReader, requiredText } from '../members.js';
import { ATTRIBUTE_FIELDS, type Field, type Form } from './ttlv-attribute-fields.js';
import type { Item } from './ttlv-items.js';

const ATTRIBUTES_TAG = 0x420125;

/** Types of vendor attributes (§3.4), by what encodes them; the server writes an Interval as an Integer. */
const VENDOR_FORMS: Readonly<Record<string, Form | 'big-integer'>> = {
  TextString: 'text',
  Integer: 'integer',
  LongInteger: 'long-integer',
  BigInteger: 'big-integer',
  ByteString: 'bytes',
  Boolean: 'boolean',
  DateTime: 'date-time',
  Interval: 'integer',
};

/**
 * Returns the item of a key's attributes, in the server's order whatever theirs is.
 *
 * @throws KmsError Unsupported naming an attribute, or a value of one, that has no encoding;
 *   MalformedMember naming one that is not what KMIP says.
 */
export function attributesItem(attributes: JsonObject): Item {
  return structureItem(ATTRIBUTES_TAG, ATTRIBUTE_FIELDS, attributes, 'attributes');
}

function structureItem(
  tag: number,
  fields: readonly Field[],
  members: JsonObject,
  at: string,
): Item {
  const unknown = Object.keys(members).find(
    (member) => isPresent(members[member]) && !fields.some(([name]) => name === member),
  );
  if (unknown !== undefined) throw unsupported(`${at}.${unknown}`);
  const items = fields.flatMap(([member, fieldTag, form]) =>
    isPresent(members[member]) ? itemsOf(fieldTag, form, members, member, at) : [],
  );
  return { tag, type: 'structure', items };
}

function itemsOf(
  tag: number,
  form: Form,
  members: JsonObject,
  member: string,
  at: string,
): readonly Item[] {
  const path = `${at}.${member}`;
  const value = members[member];
  if (typeof form === 'string') return [leafItem(tag, form, members, member, at)];
  if ('names' in form) {
    return [{ tag, type: 'enumeration', value: numberOf(form.names, value, path) }];
  }
  if ('fields' in form) return [structureItem(tag, form.fields, asMap(value, path), path)];
  return memberReader(members, at)
    .list(member)
    .map((entry) => structureItem(tag, form.listOf, asMap(entry, path), path));
}

function leafItem(
  tag: number,
  form: Extract<Form, string> | 'big-integer',
  members: JsonObject,
  member: string,
  at: string,
): Item {
  const path = `${at}.${member}`;
  const value = members[member];
  const read = memberReader(members, at);
  const found = <T>(decoded: T | null, expected: string): T => {
    if (decoded === null) throw new MalformedMember(path, expected, value);
    return decoded;
  };
  switch (form) {
    case 'text':
      return { tag, type: 'text', value: requiredText(members, member, at) };
    case 'boolean':
      return { tag, type: 'boolean', value: found(read.boolean(member), 'true or false') };
    case 'date-time':
      return { tag, type: 'date-time', value: found(read.dateTime(member), 'a date') };
    case 'bytes':
      return { tag, type: 'bytes', value: decodeBytes(value, path) };
    case 'integer':
      return { tag, type: 'integer', value: Number(found(integerWithin(value, 31n, true), I32)) };
    case 'interval':
      return { tag, type: 'interval', value: Number(found(integerWithin(value, 32n, false), U32)) };
    case 'long-integer':
      return { tag, type: 'long-integer', value: found(integerWithin(value, 63n, true), I64) };
    case 'big-integer':
      return { tag, type: 'big-integer', value: found(decodeBigInteger(value), 'a big integer') };
    case 'any':
      return vendorItem(tag, asMap(value, path), path);
  }
}

const I32 = 'an integer of 32 bits';
const U32 = 'an integer of 32 bits, 0 or more';
const I64 = 'an integer of 64 bits';

/** Returns the integer if it lies below 2^bits, and not below -2^bits or, unless signed, 0. */
function integerWithin(value: JsonValue | undefined, bits: bigint, signed: boolean): bigint | null {
  const integral = typeof value === 'bigint' || Number.isInteger(value);
  if (!integral) return null;
  const integer = BigInt(value as bigint | number);
  const limit = 1n << bits;
  return integer < limit && integer >= (signed ? -limit : 0n) ? integer : null;
}

function vendorItem(tag: number, value: JsonObject, at: string): Item {
  const type = requiredText(value, '_t', at);
  const form = VENDOR_FORMS[type];
  if (typeof form !== 'string') throw unsupported(`${at} of type ${type}`);
  return leafItem(tag, form, value, '_c', at);
}

function numberOf(
  names: Readonly<Record<string, number>>,
  value: JsonValue | undefined,
  path: string,
): number {
  if (isJsonObject(value) || (typeof value !== 'string' && typeof value !== 'number')) {
    throw new MalformedMember(path, 'a name that KMIP knows', value);
  }
  const number = typeof value === 'number' ? value : names[value];
  if (number === undefined || !Object.values(names).includes(number)) throw unsupported(path);
  return number;
}

function isPresent(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}

function unsupported(what: string): KmsError {
  return new KmsError('Unsupported', `${what} has no encoding in TTLV that the server reads`, {
    hint: 'remove that attribute with the server that wrote it',
  });
}
