// Requests to a server and what its answers say, in the JSON form of TTLV that it speaks over HTTP (POST /kmip/2_1). Of an
// answer only uids are taken, and the few attributes by which an object is recognised.
import { formatInstant, type EpochSeconds } from './date-time.js';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './json.js';

/** One item of TTLV. */
export type Message = JsonObject;

export type RekeyOperation = 'ReKey' | 'ReKeyKeyPair';

/** An attribute that a replacement is given. */
export type NewAttribute =
  | { readonly name: 'RotateInterval' | 'RotateOffset'; readonly seconds: number }
  | { readonly name: 'RotateAutomatic'; readonly value: boolean };

/** Returns the request that re-keys a key, or a pair by its private key (KMIP 2.1 §6.1.46, §6.1.47). */
export function rekeyMessage(operation: RekeyOperation, uid: string): Message {
  return { tag: operation, value: [text(UID_TAGS[operation], uid)] };
}

/** Returns the request that sets one attribute (KMIP 2.1 §6.1.55). */
export function setAttributeMessage(uid: string, attribute: NewAttribute): Message {
  const item = { tag: 'NewAttribute', value: [attributeItem(attribute)] };
  return { tag: 'SetAttribute', value: [text('UniqueIdentifier', uid), item] };
}

export function getAttributesMessage(uid: string): Message {
  return { tag: 'GetAttributes', value: [text('UniqueIdentifier', uid)] };
}

const UID_TAGS = {
  ReKey: 'UniqueIdentifier',
  ReKeyKeyPair: 'PrivateKeyUniqueIdentifier',
} as const;

const [LEAST_INTEGER, GREATEST_INTEGER] = [-(2 ** 31), 2 ** 31 - 1];

function attributeItem(attribute: NewAttribute): Message {
  if (attribute.name === 'RotateAutomatic') {
    return { tag: attribute.name, type: 'Boolean', value: attribute.value };
  }
  const { name, seconds } = attribute;
  return seconds >= LEAST_INTEGER && seconds <= GREATEST_INTEGER
    ? { tag: name, type: 'Integer', value: seconds }
    : { tag: name, type: 'LongInteger', value: longInteger(seconds) };
}

/** As 64 bits in hexadecimal, which is how the server writes it. */
function longInteger(seconds: number): string {
  const bits = BigInt.asUintN(64, BigInt(seconds));
  return `0x${bits.toString(16).toUpperCase().padStart(16, '0')}`;
}

function text(tag: string, value: string): Message {
  return { tag, type: 'TextString', value };
}

/** The uids of what was made. */
export interface MadeUids {
  readonly uid: string;
  /** Of a pair; else null. */
  readonly publicUid: string | null;
}

/** Returns the uids that the answer to a Re-Key names; null if it is no such answer. */
export function madeUidsIn(operation: RekeyOperation, answer: JsonValue): MadeUids | null {
  const items = itemsOf(answer, `${operation}Response`);
  const uid = textIn(items, UID_TAGS[operation]);
  if (uid === null) return null;
  if (operation === 'ReKey') return { uid, publicUid: null };
  const publicUid = textIn(items, 'PublicKeyUniqueIdentifier');
  return publicUid === null ? null : { uid, publicUid };
}

/** Says whether an answer is that to a SetAttribute of this object. */
export function isAttributeSet(uid: string, answer: JsonValue): boolean {
  return textIn(itemsOf(answer, 'SetAttributeResponse'), 'UniqueIdentifier') === uid;
}

/** What never changes of an object, and tells it from one of the same uid in another store. */
export interface Identity {
  readonly objectType: string | null;
  readonly algorithm: string | null;
  readonly initialDate: string | null;
  /** Hexadecimal, in capitals. */
  readonly digest: string | null;
}

/** Returns the identity in the answer to a GetAttributes; null if it is no such answer. */
export function identityIn(answer: JsonValue): Identity | null {
  const found = itemNamed(itemsOf(answer, 'GetAttributesResponse'), 'Attributes');
  if (found === null || !isJsonArray(found['value'])) return null;
  const items = found['value'].filter(isJsonObject);
  const digest = itemNamed(items, 'Digest');
  const digestItems = isJsonArray(digest?.['value']) ? digest['value'].filter(isJsonObject) : [];
  return {
    objectType: textIn(items, 'ObjectType'),
    algorithm: textIn(items, 'CryptographicAlgorithm'),
    initialDate: textIn(items, 'InitialDate'),
    digest: textIn(digestItems, 'DigestValue')?.toUpperCase() ?? null,
  };
}

/** Returns the identity that the attributes column of an object gives. */
export function identityOf(
  { objectType, algorithm }: { objectType: string; algorithm: string | null },
  initialDate: EpochSeconds | null,
  members: JsonObject,
): Identity {
  return {
    objectType,
    algorithm,
    initialDate: initialDate === null ? null : formatInstant(initialDate),
    digest: digestIn(members['Digest']),
  };
}

/** Says whether two identities may be those of one object: what either lacks tells nothing. */
export function mayBeSame(one: Identity, other: Identity): boolean {
  const members = ['objectType', 'algorithm', 'initialDate', 'digest'] as const;
  return members.every(
    (member) => one[member] === null || other[member] === null || one[member] === other[member],
  );
}

function digestIn(value: JsonValue | undefined): string | null {
  const one = isJsonArray(value) ? value[0] : value;
  const bytes = isJsonObject(one) ? one['DigestValue'] : undefined;
  if (!isJsonArray(bytes)) return null;
  return bytes
    .map((byte) => Number(byte).toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}

function itemsOf(answer: JsonValue, tag: string): readonly JsonObject[] {
  if (!isJsonObject(answer) || answer['tag'] !== tag || !isJsonArray(answer['value'])) return [];
  return answer['value'].filter(isJsonObject);
}

function itemNamed(items: readonly JsonObject[], tag: string): JsonObject | null {
  return items.find((item) => item['tag'] === tag) ?? null;
}

function textIn(items: readonly JsonObject[], tag: string): string | null {
  const value = itemNamed(items, tag)?.['value'];
  return typeof value === 'string' ? value : null;
}
