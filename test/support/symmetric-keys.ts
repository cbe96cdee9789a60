// Rows of symmetric keys, for tests of any kind: it loads no store. No assertions here.
import { encodeDateTime } from '../../src/kmip/date-time.js';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { createSymmetricKey, type NewSymmetricKey } from '../../src/flows/create-symmetric-key.js';

/** 2026-01-10T08:00:00Z */
export const JANUARY = 1_768_032_000;
export const DAY = 86_400;

const PLAIN_KEY: NewSymmetricKey = {
  uid: 'key-1',
  owner: 'ops@example.org',
  algorithm: 'AES',
  lengthBits: 256,
  initialDate: JANUARY,
  name: null,
  tags: [],
  intervalSeconds: 30 * DAY,
  offsetSeconds: null,
  keyset: false,
};

/** Returns the row of a symmetric key; `members` are set in both copies of its attributes. */
export function aSymmetricKey(
  changes: Partial<NewSymmetricKey> = {},
  members: Record<string, unknown> = {},
  row: Partial<ObjectRow> = {},
): ObjectRow {
  const made = createSymmetricKey({ ...PLAIN_KEY, ...changes }, null);
  const object = JSON.parse(made.object) as {
    SymmetricKey: { KeyBlock: { KeyValue: { Attributes: object } } };
  };
  Object.assign(object.SymmetricKey.KeyBlock.KeyValue.Attributes, members);
  const attributes = { ...(JSON.parse(made.attributes) as object), ...members };
  return {
    ...made,
    object: JSON.stringify(object),
    attributes: JSON.stringify(attributes),
    ...row,
  };
}

/** So many rows alike but for their uids, of one material: key-0, key-1 and so on. */
export function symmetricKeys(count: number): readonly ObjectRow[] {
  const row = aSymmetricKey();
  return Array.from({ length: count }, (_, index) => ({ ...row, id: `key-${index}` }));
}

/** The nine integers of an instant, as JSON of a row. */
export function dateOf(instant: number): readonly number[] {
  return encodeDateTime(instant);
}
