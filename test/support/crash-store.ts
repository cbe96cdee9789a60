// crash.sqlite, the golden store of a server that died between its two transactions, in any database.
import Database from 'better-sqlite3';
import type { ObjectRow } from '../../src/kmip/managed-object.js';
import type { TestDatabase } from './databases.js';
import { goldenPath } from './golden.js';
import { sql } from './sql.js';
import { insertRows, newStorePath } from './store.js';

/** 2026-02-22T10:00:00Z, two days after the rotations that failed. */
export const AFTER_CRASH = 1_771_754_400;

export async function crashStore(database: TestDatabase): Promise<string> {
  const url = await newStorePath(database);
  const golden = new Database(goldenPath('crash.sqlite'), { readonly: true });
  const rows = golden.prepare('SELECT *, wrapping_key_id AS wrappingKeyId FROM objects').all();
  const tags = golden.prepare('SELECT id, tag FROM tags').all() as { id: string; tag: string }[];
  golden.close();
  await insertRows(url, rows as ObjectRow[], []);
  for (const { id, tag } of tags) await addTag(url, id, tag);
  return url;
}

export async function addTag(url: string, uid: string, tag: string): Promise<void> {
  await sql(url, 'INSERT INTO tags (id, tag) VALUES (?, ?)', uid, tag);
}
