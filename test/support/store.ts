// Stores made on the spot, and rows to put in them. No assertions here.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { encodeDateTime } from '../../src/kmip/date-time.js';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { createSymmetricKey, type NewSymmetricKey } from '../../src/flows/create.js';
import { initialise } from '../../src/store/init.js';
import { openStore, type Store } from '../../src/store/open.js';
import { temporaryFolder } from './temporary.js';

/** 2026-01-10T08:00:00Z */
export const JANUARY = 1_768_032_000;
export const DAY = 86_400;

const OPTIONS = { mode: 'write', busyTimeoutMs: 2000 } as const;

/** Returns the path of a new store with our tables and no rows. */
export async function newStorePath(): Promise<string> {
  const path = join(temporaryFolder(), 'kms.db');
  await initialise(path, OPTIONS);
  return path;
}

/** Opens a store, hands it over, closes it. */
export async function withStore<T>(
  path: string,
  use: (store: Store) => Promise<T>,
  mode: 'read' | 'write' = 'write',
): Promise<T> {
  const store = await openStore(path, { ...OPTIONS, mode });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

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
  const made = createSymmetricKey({ ...PLAIN_KEY, ...changes });
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

/** Puts rows in by the bare driver, each with its tags (`_kk` unless told otherwise). */
export function insertRows(path: string, rows: readonly ObjectRow[], tags = ['_kk']): void {
  const database = new Database(path);
  const insert = database.prepare(
    'INSERT INTO objects (id, object, attributes, state, owner, wrapping_key_id) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const tag = database.prepare('INSERT INTO tags (id, tag) VALUES (?, ?)');
  database.transaction(() => {
    for (const row of rows) {
      insert.run(row.id, row.object, row.attributes, row.state, row.owner, row.wrappingKeyId);
      for (const name of tags) tag.run(row.id, name);
    }
  })();
  database.close();
}

/** Runs one statement by the bare driver and returns its rows, or [] if it has none. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows its columns
export function sql<Row = Record<string, unknown>>(
  path: string,
  statement: string,
  ...values: readonly unknown[]
): readonly Row[] {
  const database = new Database(path);
  try {
    const prepared = database.prepare(statement);
    if (prepared.reader) return prepared.all(...values) as Row[];
    prepared.run(...values);
    return [];
  } finally {
    database.close();
  }
}

export interface StoredRow {
  readonly id: string;
  readonly object: string;
  readonly attributes: string;
  readonly state: string;
  readonly owner: string;
  readonly wrapping_key_id: string | null;
}

export function rowsOf(path: string): readonly StoredRow[] {
  return sql<StoredRow>(path, 'SELECT * FROM objects ORDER BY id');
}

/** The nine integers of an instant, as JSON of a row. */
export function dateOf(instant: number): readonly number[] {
  return encodeDateTime(instant);
}

/** Adds our tables and indexes to a store that is there. */
export async function adopt(path: string): Promise<string> {
  await initialise(path, OPTIONS);
  return path;
}
