// Unwraps a store: opens every wrapped object by an implementation of its own, up the chain of wrapping keys,
// and says what does not fit. Reads rows by bare SQL and shares nothing with src's wrapping or decoding.
import { rowsOf, type StoredRow } from '../store.js';
import { KEY_WRAP_PADDING, openByAes, openByRsa, type Opened } from './aes-and-rsa.js';
import { openEcies, openSealedBox, x25519SecretOf } from './curves.js';
import {
  digestOf,
  materialOfJson,
  materialOfKeyValue,
  plainBytes,
  unwrappingKeyOf,
  type Material,
  type UnwrappingKey,
} from './material.js';
import {
  isDestroyed,
  linkOf,
  readRow,
  wrappingKeyUidOf,
  type Attributes,
  type Block,
  type ReadRow,
} from './read-row.js';

export interface UnwrappedObject {
  readonly uid: string;
  readonly row: StoredRow;
  readonly objectType: string;
  readonly state: string;
  readonly owner: string;
  readonly keyFormatType: string;
  /** Null for what is in clear. */
  readonly wrappingKeyUid: string | null;
  /** What `wrapping_key_id` names. */
  readonly column: string | null;
  readonly material: Material;
  /** What wrapping encrypted, whole; in hex. Null for what is in clear. */
  readonly plaintext: string | null;
  readonly wrappingKeyMismatches: boolean;
  /** What its ReplacementObjectLink names. */
  readonly replacementUid: string | null;
}

export interface UnwrappedStore {
  /** Every object that is not destroyed, has key material and could be opened. */
  readonly objects: ReadonlyMap<string, UnwrappedObject>;
  /** Objects that a key wraps which is there and opens them, but is not Active. */
  readonly underRetired: readonly string[];
  /** Everything else that is not as it should be, each beginning with the uid. */
  readonly problems: readonly string[];
}

export async function unwrapStore(url: string): Promise<UnwrappedStore> {
  return unwrapRows(await rowsOf(url));
}

/** The bytes of every key and secret, by uid, in hex. */
export function materialsIn({ objects }: UnwrappedStore): ReadonlyMap<string, string> {
  return new Map(
    [...objects].map(([uid, { material }]) => [uid, plainBytes(material).toString('hex')]),
  );
}

type Rows = ReadonlyMap<string, ReadRow>;

const MASK = { wrap: 16, unwrap: 32, unrestricted: 0x20_0000 };

function unwrapRows(stored: readonly StoredRow[]): UnwrappedStore {
  const problems: string[] = [];
  const rows = new Map<string, ReadRow>();
  for (const row of stored) {
    try {
      const read = readRow(row);
      if (read !== null) rows.set(row.id, read);
    } catch {
      if (!isDestroyed(row)) problems.push(`${row.id}: cannot be read`);
    }
  }
  const wrapping = new Map([...rows, ...certified(rows)]);
  const objects = new Map<string, UnwrappedObject>();
  const underRetired: string[] = [];
  for (const read of rows.values()) {
    const { row } = read;
    if (isDestroyed(row)) continue;
    const note = (what: string) => problems.push(`${row.id}: ${what}`);
    try {
      const object = unwrappedObject(read, wrapping);
      objects.set(row.id, object);
      for (const what of disagreements(read, object)) note(what);
      if (object.wrappingKeyUid === null) continue;
      const keys = halvesOf(object.wrappingKeyUid, wrapping);
      if (keys.some((key) => key.row.state !== 'Active')) underRetired.push(row.id);
      for (const what of unusable(keys)) note(what);
    } catch (error) {
      note(error instanceof Error ? error.message : String(error));
    }
  }
  return { objects, underRetired, problems };
}

/** By the uid of each certificate that is not destroyed the private key that it links to. */
function certified(rows: Rows): readonly [string, ReadRow][] {
  return [...rows.values()].flatMap((read): [string, ReadRow][] => {
    if (read.objectType !== 'Certificate' || isDestroyed(read.row)) return [];
    const key = rows.get(linkOf(read, 'PrivateKeyLink') ?? '');
    return key === undefined ? [] : [[read.row.id, key]];
  });
}

function unwrappedObject(read: ReadRow, rows: Rows): UnwrappedObject {
  const { row, objectType, block } = read;
  const { plaintext, material, wrappingKeyMismatches } = contentOf(read, rows, []);
  return {
    uid: row.id,
    row,
    objectType,
    state: row.state,
    owner: row.owner,
    keyFormatType: block.KeyFormatType,
    wrappingKeyUid: wrappingKeyUidOf(block),
    column: row.wrapping_key_id,
    material,
    plaintext: plaintext?.toString('hex') ?? null,
    wrappingKeyMismatches,
    replacementUid: linkOf(read, 'ReplacementObjectLink'),
  };
}

/** Opens an object; `below` are the uids that are being opened by it. @throws Error saying what does not fit. */
function contentOf(
  { row, objectType, block }: ReadRow,
  rows: Rows,
  below: readonly string[],
): { plaintext: Buffer | null; material: Material; wrappingKeyMismatches: boolean } {
  if (below.includes(row.id)) throw new Error(`wrapped in a circle: ${below.join(', ')}`);
  const { KeyValue: value, KeyWrappingData: data } = block;
  if (value === undefined) throw new Error('no KeyValue');
  if ('KeyMaterial' in value) {
    if (data !== undefined) throw new Error('says wrapped, but is in clear or empty');
    return {
      plaintext: null,
      material: materialOfJson(value.KeyMaterial),
      wrappingKeyMismatches: false,
    };
  }
  if (data === undefined) throw new Error('bytes that nothing says how to unwrap');
  if (data.WrappingMethod !== 'Encrypt') throw new Error(`method ${data.WrappingMethod}`);
  const wrapping = halvesOf(data.EncryptionKeyInformation.UniqueIdentifier, rows)[0]!;
  const up = contentOf(wrapping, rows, [...below, row.id]);
  const { plaintext, wrappingKeyMismatches } = open(
    unwrappingKeyOf(wrapping.objectType, up.material),
    data.EncryptionKeyInformation.CryptographicParameters ?? {},
    Buffer.from(value),
  );
  const encoded = data.EncodingOption !== 'NoEncoding';
  if (!encoded && block.KeyFormatType.startsWith('TransparentRSA'))
    throw new Error('bytes alone of a structure');
  if (!encoded && block.KeyFormatType.startsWith('TransparentEC'))
    throw new Error('bytes alone of a structure');
  const material: Material = encoded
    ? materialOfKeyValue(plaintext)
    : { form: 'bytes', bytes: plaintext };
  if (objectType !== 'SecretData' && plainBytes(material).length === 0) throw new Error('empty');
  return { plaintext, material, wrappingKeyMismatches };
}

type Parameters = NonNullable<
  NonNullable<Block['KeyWrappingData']>['EncryptionKeyInformation']['CryptographicParameters']
>;

function open(key: UnwrappingKey, parameters: Parameters, blob: Buffer): Opened {
  const { BlockCipherMode: mode, PaddingMethod: padding = 'OAEP' } = parameters;
  if (key.kind !== 'aes' && mode !== undefined) {
    throw new Error(`mode ${mode} under a key that is not AES`);
  }
  switch (key.kind) {
    case 'aes':
      return openByAes(key.bytes, mode, blob);
    case 'rsa': {
      const hash = parameters.HashingAlgorithm ?? 'SHA256';
      return {
        plaintext: openByRsa(key.key, { padding, hash }, blob),
        wrappingKeyMismatches: false,
      };
    }
    case 'ecies':
      return { plaintext: openEcies(key.curve, key.scalar, blob), wrappingKeyMismatches: false };
    case 'x25519':
      return { plaintext: openSealedBox(key.secret, blob), wrappingKeyMismatches: false };
    case 'ed25519':
      return {
        plaintext: openSealedBox(x25519SecretOf(key.secret), blob),
        wrappingKeyMismatches: false,
      };
  }
}

/** The key that unwraps for this uid first, then the half that wraps, if they are two. @throws Error. */
function halvesOf(uid: string, rows: Rows): readonly ReadRow[] {
  const named = rows.get(uid);
  if (named === undefined) throw new Error(`its wrapping key ${uid} is not there`);
  if (isDestroyed(named.row)) throw new Error(`its wrapping key ${uid} is ${named.row.state}`);
  if (named.objectType === 'SymmetricKey') return [named];
  const isPublic = named.objectType === 'PublicKey';
  const other = linkOf(named, isPublic ? 'PrivateKeyLink' : 'PublicKeyLink');
  const half = rows.get(other ?? (isPublic ? uid.replace(/_pk$/, '') : `${uid}_pk`));
  if (half === undefined) throw new Error(`the other half of its wrapping key ${uid} is not there`);
  return isPublic ? [half, named] : [named, half];
}

function disagreements(read: ReadRow, object: UnwrappedObject): readonly string[] {
  const { row, attributes, block } = read;
  const uid = object.wrappingKeyUid;
  const link = linkOf(read, 'WrappingKeyLink');
  const vendor = attributes.Attribute?.find((one) => one.AttributeName === 'wrapping_key_id');
  const named = vendor?.AttributeValue._c as string | undefined;
  const digest = attributes.Digest?.DigestValue;
  const found = [
    row.wrapping_key_id === uid
      ? null
      : `the column names ${row.wrapping_key_id}, its bytes ${uid}`,
    link === uid ? null : `its WrappingKeyLink names ${link}, its bytes ${uid}`,
    named === undefined || named === uid
      ? null
      : `its vendor attribute names ${named}, its bytes ${uid}`,
    digest === undefined ||
    digestOf(object.material, block.KeyFormatType).equals(Buffer.from(digest))
      ? null
      : 'its digest is not that of its material',
    object.wrappingKeyMismatches
      ? `says NISTKeyWrap where its bytes are ${KEY_WRAP_PADDING}`
      : null,
  ];
  return found.filter((what) => what !== null);
}

/** What the server would have against using this key or pair (storage format §5.3). */
function unusable([unwrapping, wrapping = unwrapping!]: readonly ReadRow[]): readonly string[] {
  const found: string[] = [];
  if (!allows(wrapping.attributes, MASK.wrap)) found.push(`${wrapping.row.id} may not wrap`);
  const value = unwrapping!.block.KeyValue;
  // One that is wrapped itself has no embedded copy to ask.
  const embedded = value !== undefined && 'KeyMaterial' in value ? value.Attributes : undefined;
  if (value !== undefined && 'KeyMaterial' in value && !allows(embedded ?? {}, MASK.unwrap)) {
    found.push(`${unwrapping!.row.id} may not unwrap`);
  }
  return found;
}

function allows({ CryptographicUsageMask: mask = 0 }: Attributes, bit: number): boolean {
  return (mask & (bit | MASK.unrestricted)) !== 0;
}
