// The rows that the server's Re-Key leaves, as storage format §6.5 to §6.10 says. Nothing is opened: the new key is
// random bytes that are as long as what the server writes. Pure, but for those bytes.
import { randomBytes } from 'node:crypto';
import {
  inServersOrder,
  keyBlockOf,
  wrappingUidOf,
  type Attributes,
  type CachedRow,
  type KeyBlock,
} from './rows.js';

export type Created = CachedRow & { readonly tag: string };

interface Link {
  readonly LinkType: string;
  readonly LinkedObjectIdentifier: string;
}

interface VendorAttribute {
  readonly VendorIdentification: string;
  readonly AttributeName: string;
  readonly AttributeValue: { readonly _t: string; readonly _c: unknown };
}

export interface ReplacementOptions {
  readonly uid: string;
  /** The acting user, who becomes the owner. */
  readonly owner: string;
  /** As the store writes dates. */
  readonly now: readonly number[];
  /** The key that wraps whatever names none of its own. */
  readonly kek: string;
  /** Of a pair: its other half, by the type of the link to it. */
  readonly links?: readonly Link[];
  /** Of a pair: the private key, whose attributes both halves take. */
  readonly like?: CachedRow;
}

/** What a replacement does not take over from the attributes of the replaced. */
const LEFT_BEHIND = [
  ...['UniqueIdentifier', 'Link', 'Name', 'InitialDate', 'LastChangeDate', 'ActivationDate'],
  ...['DeactivationDate', 'DestroyDate', 'CompromiseDate', 'CompromiseOccurrenceDate'],
  ...['KeyFormatType', 'RotateInterval', 'RotateName', 'RotateOffset', 'RotateGeneration'],
  ...['RotateLatest', 'RotateDate'],
];

const TAGS: Readonly<Record<string, string>> = {
  SymmetricKey: '_kk',
  PrivateKey: '_sk',
  PublicKey: '_pk',
};

/** GCM's IV and tag, by which a key in the HSM lengthens what it wraps. */
const BYTES_ADDED_BY_HSM = 28;
/** By which the links and the uid of a replacement lengthen the attributes that are wrapped with a half of a pair. */
const BYTES_OF_LONGER_ATTRIBUTES: Readonly<Record<string, number>> = {
  PrivateKey: 112,
  PublicKey: 120,
};

/** Returns the uid of the key that wraps the replacement of a key. */
export function wrappingKeyOf(row: CachedRow, kek: string): string {
  const named = vendorAttributes(row.attributes).find(
    ({ AttributeName }) => AttributeName === 'wrapping_key_id',
  );
  return typeof named?.AttributeValue._c === 'string' ? named.AttributeValue._c : kek;
}

export function replacementOf(replaced: CachedRow, options: ReplacementOptions): Created {
  const { uid, owner, now, kek, links = [], like = replaced } = options;
  const kind = String(replaced.attributes['ObjectType']);
  const tag = TAGS[kind] ?? '_oo';
  const wrappedBy = wrappingKeyOf(replaced, kek);
  const block = blockOf(replaced, wrappedBy);
  const { attributes } = replaced;
  return {
    uid,
    object: { [kind]: { KeyBlock: block } },
    state: 'Active',
    owner,
    tag,
    attributes: inServersOrder({
      ...without(like.attributes, ...LEFT_BEHIND),
      ActivationDate: now,
      CryptographicLength: attributes['CryptographicLength'] ?? 256,
      CryptographicUsageMask: attributes['CryptographicUsageMask'] ?? 2108,
      Digest: {
        HashingAlgorithm: 'SHA256',
        DigestValue: [...randomBytes(32)],
        KeyFormatType: digestFormatOf(block.KeyFormatType),
      },
      InitialDate: now,
      KeyFormatType: block.KeyFormatType,
      LastChangeDate: now,
      Link: [
        { LinkType: 'ReplacedObjectLink', LinkedObjectIdentifier: replaced.uid },
        ...links,
        { LinkType: 'WrappingKeyLink', LinkedObjectIdentifier: wrappedBy },
      ],
      Name: attributes['Name'],
      ObjectType: kind,
      OriginalCreationDate: now,
      RotateDate: now,
      RotateGeneration: Number(attributes['RotateGeneration'] ?? 0) + 1,
      RotateInterval: 0,
      RotateLatest: true,
      RotateName: attributes['RotateName'],
      State: 'Active',
      UniqueIdentifier: uid,
      Attribute: [
        ...vendorAttributes(replaced.attributes).filter(
          ({ AttributeName }) => AttributeName !== 'tag',
        ),
        {
          VendorIdentification: 'cosmian',
          AttributeName: 'tag',
          AttributeValue: { _t: 'TextString', _c: JSON.stringify([tag]) },
        },
      ],
    }),
  };
}

export function retired(
  replaced: CachedRow,
  replacementUid: string,
  now: readonly number[],
): CachedRow {
  const kept = without(replaced.attributes, 'Name');
  const links = (kept['Link'] ?? []) as readonly Link[];
  return {
    ...replaced,
    state: 'Deactivated',
    attributes: inServersOrder({
      ...kept,
      DeactivationDate: now,
      LastChangeDate: now,
      Link: [
        ...links.filter(({ LinkType }) => LinkType !== 'ReplacementObjectLink'),
        { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: replacementUid },
      ],
      RotateGeneration: kept['RotateGeneration'] ?? 0,
      RotateInterval: 0,
      RotateLatest: false,
      State: 'Deactivated',
    }),
  };
}

export function linkOf(row: CachedRow, type: string): string | null {
  const links = (row.attributes['Link'] ?? []) as readonly Link[];
  return links.find(({ LinkType }) => LinkType === type)?.LinkedObjectIdentifier ?? null;
}

export function vendorAttributes(attributes: Attributes): readonly VendorAttribute[] {
  return (attributes['Attribute'] ?? []) as readonly VendorAttribute[];
}

export function without(attributes: Attributes, ...names: readonly string[]): Attributes {
  const left = Object.entries(attributes).filter(([name]) => !names.includes(name));
  return Object.fromEntries(left);
}

function blockOf(replaced: CachedRow, wrappedBy: string): KeyBlock {
  const block = keyBlockOf(replaced);
  if (block === undefined) throw new Error(`${replaced.uid} has no key block`);
  const { CryptographicAlgorithm, CryptographicLength = 256 } = block;
  const symmetric = replaced.attributes['ObjectType'] === 'SymmetricKey';
  return {
    KeyFormatType: symmetric ? 'TransparentSymmetricKey' : block.KeyFormatType,
    KeyValue: [...randomBytes(wrappedLengthOf(replaced, wrappedBy))],
    ...(CryptographicAlgorithm === undefined ? {} : { CryptographicAlgorithm }),
    CryptographicLength,
    KeyWrappingData: {
      WrappingMethod: 'Encrypt',
      EncryptionKeyInformation: {
        UniqueIdentifier: wrappedBy,
        CryptographicParameters: { BlockCipherMode: 'AESKeyWrapPadding' },
      },
      EncodingOption: symmetric ? 'NoEncoding' : 'TTLVEncoding',
    },
  };
}

function wrappedLengthOf(replaced: CachedRow, wrappedBy: string): number {
  const block = keyBlockOf(replaced);
  if (replaced.attributes['ObjectType'] === 'SymmetricKey') {
    const bytes = Math.ceil(Number(replaced.attributes['CryptographicLength'] ?? 256) / 8);
    const padded = Math.ceil(bytes / 8) * 8 + 8;
    return wrappedBy.startsWith('hsm::') ? bytes + BYTES_ADDED_BY_HSM : padded;
  }
  const kind = String(replaced.attributes['ObjectType']);
  const before = Array.isArray(block?.KeyValue) ? block.KeyValue.length : 512;
  const wasReplacement = linkOf(replaced, 'ReplacedObjectLink') !== null;
  const hadKek = wrappingUidOf(replaced) === wrappedBy;
  return before + (wasReplacement || !hadKek ? 0 : (BYTES_OF_LONGER_ATTRIBUTES[kind] ?? 0));
}

function digestFormatOf(format: string): string {
  if (format === 'TransparentSymmetricKey') return 'Raw';
  return format.startsWith('TransparentRSA') ? 'PKCS1' : format;
}
