// SQLite stores without promises: for tests of commands and of the program, which need one store and
// not every database.
import { join } from 'node:path';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import { openSqlite } from './sql.js';
import { copyEmptyStore, inTextOrder, insertionsOf, type StoredRow } from './store.js';
import { temporaryFolder } from './temporary.js';

/** Returns the path of a new store with our tables and no rows. */
export function newStorePath(): Promise<string> {
  return copyEmptyStore(join(temporaryFolder(), 'kms.db'));
}

/** Makes a new store with these rows. */
export async function storeWith(rows: readonly ObjectRow[], tags?: string[]): Promise<string> {
  const path = await newStorePath();
  insertRows(path, rows, tags);
  return path;
}

/** Puts rows in, each with its tags (`_kk` unless told otherwise). */
export function insertRows(path: string, rows: readonly ObjectRow[], tags = ['_kk']): void {
  const database = openSqlite(path);
  database.query('BEGIN', []);
  for (const { statement, values } of insertionsOf(rows, tags)) database.query(statement, values);
  database.query('COMMIT', []);
  database.close();
}

/** Runs one statement by the bare driver and returns its rows, or [] if it has none. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows its columns
export function sql<Row = Record<string, unknown>>(
  path: string,
  statement: string,
  ...values: readonly unknown[]
): readonly Row[] {
  const database = openSqlite(path);
  try {
    return database.query(statement, values) as readonly Row[];
  } finally {
    database.close();
  }
}

export function rowsOf(path: string): readonly StoredRow[] {
  return inTextOrder(sql<StoredRow>(path, 'SELECT * FROM objects'));
}
