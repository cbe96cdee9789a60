// Rows as a server writes them in the operations of a soak's stand-in.
import { randomBytes } from 'node:crypto';
import type { ObjectRow } from '../../../src/kmip/managed-object.js';
import {
  bytesOf,
  wrappingUidOf,
  type Contents,
  type StoredObject,
} from '../../support/store-contents.js';
import { aSymmetricKey, dateOf, type StoredRow } from '../../support/store.js';
import { sealByAes, KEY_WRAP_PADDING } from '../../support/wrapping/aes-and-rsa.js';
import { digestOf } from '../../support/wrapping/material.js';
import { aSchedule } from './population.js';

type Attributes = Record<string, unknown>;

interface KeyBlock {
  KeyValue: { Attributes?: Attributes } | number[];
  readonly KeyFormatType: string;
}

/** As SetAttribute does. */
export function withComment(row: StoredRow, comment: string): StoredRow {
  return withAttributes(row, { Comment: comment });
}

/** As Revoke does; the column `state` is written besides. */
export function revoked(row: StoredRow, state: 'Deactivated' | 'Compromised'): StoredRow {
  const now = dateOf(Math.floor(Date.now() / 1000));
  return withAttributes(row, { State: state, DeactivationDate: now });
}

export function aNewKey(uid: string, random: () => number): ObjectRow {
  const keyset = random() < 0.5;
  return aSymmetricKey({ uid, keyset, tags: ['env:new'], ...aSchedule(random) });
}

/** A key like one that an AES key wraps, as that key was when it was read; null if there is none. */
export function aNewWrappedKey(
  uid: string,
  contents: Contents,
  random: () => number,
): ObjectRow | null {
  const models = [...contents.objects.values()].filter((one) => isPlainlyWrapped(one, contents));
  const model = models[Math.floor(random() * models.length)];
  if (model === undefined) return null;
  const bytes = randomBytes(32);
  const { intervalSeconds, initialDate } = aSchedule(random);
  const document = JSON.parse(model.row.object) as { SymmetricKey: { KeyBlock: KeyBlock } };
  const block = document.SymmetricKey.KeyBlock;
  const wrapping = bytesOf(contents, wrappingUidOf(model.keyWrappingData!))!;
  block.KeyValue = [...sealByAes(wrapping, KEY_WRAP_PADDING, bytes)];
  const digest = digestOf({ form: 'bytes', bytes }, block.KeyFormatType);
  const attributes = {
    ...(JSON.parse(model.row.attributes) as Attributes),
    ...{ UniqueIdentifier: uid, InitialDate: dateOf(initialDate) },
    ...{ RotateAutomatic: true, RotateInterval: intervalSeconds },
    Digest: { HashingAlgorithm: 'SHA256', DigestValue: [...digest], KeyFormatType: 'Raw' },
  };
  return {
    ...{ id: uid, object: JSON.stringify(document), attributes: JSON.stringify(attributes) },
    ...{ state: 'Active', owner: model.row.owner, wrappingKeyId: model.row.wrapping_key_id },
  };
}

/** Never rotated, 256 bits, by AESKeyWrapPadding under a key whose bytes are known. */
function isPlainlyWrapped(one: StoredObject, contents: Contents): boolean {
  const { row, column, objectType, keyWrappingData } = one;
  if (objectType !== 'SymmetricKey' || keyWrappingData === null || row.state !== 'Active')
    return false;
  if (column['RotateDate'] !== undefined || column['RotateGeneration'] !== undefined) return false;
  return bytesOf(contents, row.id)?.length === 32;
}

/** In both copies. */
function withAttributes(row: StoredRow, set: Attributes): StoredRow {
  const document = JSON.parse(row.object) as Record<string, { readonly KeyBlock?: KeyBlock }>;
  const value = Object.values(document)[0]?.KeyBlock?.KeyValue;
  if (value !== undefined && !Array.isArray(value) && value.Attributes !== undefined)
    Object.assign(value.Attributes, set);
  const attributes = { ...(JSON.parse(row.attributes) as Attributes), ...set };
  return { ...row, object: JSON.stringify(document), attributes: JSON.stringify(attributes) };
}
