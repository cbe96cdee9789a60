// Stores made on the spot in any database, and what puts rows in and reads them. No assertions here.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { initialise } from '../../src/store/prepare/initialise.js';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';
import type { TestDatabase } from './databases.js';
import { sql, withBare } from './sql.js';
import { temporaryFolder } from './temporary.js';

export { aSymmetricKey, dateOf, DAY, JANUARY } from './symmetric-keys.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 2000 } as const;

/** Returns the URL, or the path, of a new store with our tables and no rows. */
export async function newStorePath(database: TestDatabase): Promise<string> {
  if (database.kind === 'sqlite') return copyEmptyStore(await database.create());
  const copied = process.env[emptyStoreVariable(database)];
  return copied === undefined ? adopt(await database.create()) : database.create(copied);
}

/** Makes a new store with these rows, each with its tags (`_kk` unless told otherwise). */
export async function storeWith(
  database: TestDatabase,
  rows: readonly ObjectRow[],
  tags?: string[],
): Promise<string> {
  const url = await newStorePath(database);
  await insertRows(url, rows, tags);
  return url;
}

/** Names the store on a server that all others of a run are copied from: a copy takes a fraction of making one. */
export function emptyStoreVariable({ name }: TestDatabase): string {
  return `KMS_TEST_EMPTY_STORE_${name}`;
}

/** Makes a new SQLite store: a copy of an empty one, which takes a fraction of making it. */
export async function copyEmptyStore(path: string): Promise<string> {
  emptyStore ??= adopt(join(temporaryFolder(), 'empty.db'));
  copyFileSync(await emptyStore, path);
  return path;
}

let emptyStore: Promise<string> | null = null;

export function openForWriting(url: string, mode: 'read' | 'write' = 'write'): Promise<Store> {
  return openStore(url, { ...OPTIONS, mode });
}

/** Opens a store, hands it over, closes it. */
export async function withStore<T>(
  url: string,
  use: (store: Store) => Promise<T>,
  mode: 'read' | 'write' = 'write',
): Promise<T> {
  const store = await openForWriting(url, mode);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Puts rows in by the bare driver, each with its tags (`_kk` unless told otherwise). */
export async function insertRows(
  url: string,
  rows: readonly ObjectRow[],
  tags = ['_kk'],
): Promise<void> {
  await withBare(url, async (bare) => {
    await bare.query('BEGIN');
    for (const { statement, values } of insertionsOf(rows, tags)) {
      await bare.query(statement, values);
    }
    await bare.query('COMMIT');
  });
}

/** How many rows one statement puts in: below every database's limit on bound values. */
const ROWS_A_STATEMENT = 100;

/** The statements that put rows in, each with its tags. */
export function* insertionsOf(
  rows: readonly ObjectRow[],
  tags: readonly string[],
): Generator<{ readonly statement: string; readonly values: readonly unknown[] }> {
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    const some = rows.slice(start, start + ROWS_A_STATEMENT);
    yield {
      statement: `INSERT INTO objects (id, object, attributes, state, owner, wrapping_key_id)
        VALUES ${some.map(() => '(?, ?, ?, ?, ?, ?)').join(', ')}`,
      values: some.flatMap((row) => [
        ...[row.id, row.object, row.attributes, row.state, row.owner, row.wrappingKeyId],
      ]),
    };
    const pairs = some.flatMap(({ id }) => tags.map((tag) => [id, tag]));
    if (pairs.length === 0) continue;
    yield {
      statement: `INSERT INTO tags (id, tag) VALUES ${pairs.map(() => '(?, ?)').join(', ')}`,
      values: pairs.flat(),
    };
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

export async function rowsOf(url: string): Promise<readonly StoredRow[]> {
  return inTextOrder(await sql<StoredRow>(url, 'SELECT * FROM objects'));
}

/** @throws Error if it is not there. */
export async function rowOf(url: string, uid: string): Promise<StoredRow> {
  const [row] = await sql<StoredRow>(url, 'SELECT * FROM objects WHERE id = ?', uid);
  if (row === undefined) throw new Error(`there is no ${uid}`);
  return row;
}

/** Databases differ in how they order text. */
export function inTextOrder(rows: readonly StoredRow[]): readonly StoredRow[] {
  return [...rows].sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** Adds our tables and indexes to a store that is there. */
export async function adopt(url: string): Promise<string> {
  await initialise(url, OPTIONS);
  return url;
}
