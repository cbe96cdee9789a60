// A row as its JSON states it, for checking what src wrote: shares nothing with src/kmip.
import type { StoredRow } from '../store.js';
import type { MaterialJson } from './material.js';

interface Content {
  readonly KeyBlock?: Block;
  readonly CertificateValue?: readonly number[];
}

export interface Block {
  readonly KeyFormatType: string;
  readonly KeyValue?:
    readonly number[] | { readonly KeyMaterial: MaterialJson; readonly Attributes?: Attributes };
  readonly KeyWrappingData?: {
    readonly WrappingMethod: string;
    readonly EncryptionKeyInformation: {
      readonly UniqueIdentifier: string;
      readonly CryptographicParameters?: {
        readonly BlockCipherMode?: string;
        readonly PaddingMethod?: string;
        readonly HashingAlgorithm?: string;
      };
    };
    readonly EncodingOption?: string;
  };
}

export interface Attributes {
  readonly Link?: readonly { readonly LinkType: string; readonly LinkedObjectIdentifier: string }[];
  readonly CryptographicUsageMask?: number;
  readonly Digest?: { readonly DigestValue: readonly number[] };
  readonly Attribute?: readonly {
    readonly AttributeName: string;
    readonly AttributeValue: { readonly _c: unknown };
  }[];
}

export interface ReadRow {
  readonly row: StoredRow;
  readonly objectType: string;
  readonly block: Block;
  readonly attributes: Attributes;
}

/** Returns null for what has neither key block nor certificate. */
export function readRow(row: StoredRow): ReadRow | null {
  const [objectType, { KeyBlock, CertificateValue }] = Object.entries(
    JSON.parse(row.object) as Record<string, Content>,
  )[0]!;
  const attributes = JSON.parse(row.attributes) as Attributes;
  if (KeyBlock !== undefined) return { row, objectType, block: KeyBlock, attributes };
  if (CertificateValue === undefined) return null;
  const KeyValue = { KeyMaterial: CertificateValue };
  return { row, objectType, block: { KeyFormatType: 'X509', KeyValue }, attributes };
}

export function wrappingKeyUidOf({ KeyWrappingData: data }: Block): string | null {
  return data?.EncryptionKeyInformation.UniqueIdentifier ?? null;
}

export function linkOf({ attributes }: ReadRow, type: string): string | null {
  const link = attributes.Link?.find(({ LinkType }) => LinkType === type);
  return link?.LinkedObjectIdentifier ?? null;
}

export function isDestroyed({ state }: StoredRow): boolean {
  return state === 'Destroyed' || state === 'Destroyed_Compromised';
}
