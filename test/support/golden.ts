// The golden stores, where they are: copies to write to, in any database, and a suite that says so where
// they are not.
import { spawnSync } from 'node:child_process';
import { copyFileSync, chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { decodeRow, type ManagedObject, type ObjectRow } from '../../src/kmip/managed-object.js';
import { describeEachDatabase, type TestDatabase } from './databases.js';
import { need } from './left-out.js';
import { runScript } from './sql.js';
import { temporaryFolder } from './temporary.js';

const FOLDER =
  process.env['KMS_TEST_GOLDEN'] ??
  fileURLToPath(new URL('../../../shared/golden', import.meta.url));

export const GOLDEN_SQLITE = ['store', 'store-rotated', 'kek', 'crash'] as const;

export function goldenPath(file: string): string {
  return join(FOLDER, file);
}

/** Returns the text of one of the worked examples that the storage format cites. */
export function exampleText(file: string): string {
  return readFileSync(join(FOLDER, '..', 'reference', 'examples', file), 'utf8');
}

/** Returns every row of a golden SQLite store. */
export function goldenRows(store: (typeof GOLDEN_SQLITE)[number]): readonly ObjectRow[] {
  const database = new Database(goldenPath(`${store}.sqlite`), { readonly: true });
  const statement = 'SELECT *, wrapping_key_id AS wrappingKeyId FROM objects';
  const rows = database.prepare(statement).all() as ObjectRow[];
  database.close();
  return rows;
}

/** The same, decoded. */
export function goldenObjects(store: (typeof GOLDEN_SQLITE)[number]): readonly ManagedObject[] {
  return goldenRows(store).map((row) => decodeRow(row));
}

/** Returns the path of a copy that may be written to. */
export function goldenCopy(file: string): string {
  const copy = join(temporaryFolder(), file);
  copyFileSync(goldenPath(file), copy);
  chmodSync(copy, 0o600);
  return copy;
}

/** Loads a golden store into a database of its own and returns its URL. */
export async function goldenStore(database: TestDatabase, name: string): Promise<string> {
  if (database.kind === 'sqlite') return goldenCopy(`${name}.sqlite`);
  const dump = goldenPath(`${name}.${database.name}.sql`);
  const url = await database.create();
  if (database.kind === 'mysql') {
    await runScript(url, readFileSync(dump, 'utf8'));
    return url;
  }
  // The dump is one for psql: it has COPY from stdin.
  const psql = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url, '-f', dump];
  const { status, stderr } = spawnSync('psql', psql, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`psql could not load ${dump}: ${stderr}`);
  return url;
}

/** A suite for each database, left out where the golden stores are not. */
export function describeEachGolden(title: string, suite: (database: TestDatabase) => void): void {
  if (existsSync(FOLDER)) describeEachDatabase(title, suite);
  else describeGolden(title, () => undefined);
}

/** A suite that is left out where the golden stores are not: it reads them as it is defined. */
export function describeGolden(title: string, suite: () => void): void {
  if (existsSync(FOLDER)) {
    describe(title, suite);
    return;
  }
  describe(title, () => {
    it('reads the golden stores', function () {
      need(this, `the golden stores at ${FOLDER}`, false);
    });
  });
}
