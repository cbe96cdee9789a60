// Making a store and adopting one: twice, at once, and where something else is.
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { KmsError } from '../../src/errors.js';
import { initialise } from '../../src/store/init.js';
import { adopt, aSymmetricKey, insertRows, newStorePath, rowsOf, sql } from '../support/store.js';
import { temporaryFolder } from '../support/temporary.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 5000 } as const;

const schemaOf = (path: string) =>
  sql<{ name: string; sql: string | null }>(
    path,
    `SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name`,
  );

describe('initialise', () => {
  it('makes a store with the server’s tables and indexes, ours, and the backfill mark', async () => {
    const path = join(temporaryFolder(), 'deep', 'kms.db');
    const done = await initialise(path, OPTIONS);
    assert.equal(done.store, 'created');
    assert.deepEqual(done.migrations, ['001-rotation-log']);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const names = schemaOf(path).map(({ name }) => name);
    for (const name of [
      'objects',
      'tags',
      'read_access',
      'parameters',
      'idx_objects_state',
      'kms_rotation_log',
      'kms_rotation_due',
    ]) {
      assert.ok(names.includes(name), name);
    }
    assert.deepEqual(sql(path, 'SELECT * FROM parameters'), [
      { name: 'wrapping_key_id_backfilled', value: 'true' },
    ]);
  });

  it('adopts a store and changes none of the server’s rows and tables; again changes nothing', async () => {
    const path = await newStorePath();
    for (const { name } of schemaOf(path)) {
      if (!name.startsWith('kms_')) continue;
      sql(
        path,
        name.endsWith('due') || name.endsWith('keyset') ? `DROP INDEX ${name}` : `SELECT 1`,
      );
    }
    for (const table of [
      'kms_rotation_log',
      'kms_rotation_migrations',
      'kms_rotation_migrations_lock',
    ]) {
      sql(path, `DROP TABLE ${table}`);
    }
    insertRows(path, [aSymmetricKey()]);
    const server = schemaOf(path);
    const rows = rowsOf(path);
    assert.equal((await initialise(path, OPTIONS)).store, 'adopted');
    const adopted = schemaOf(path);
    assert.deepEqual((await initialise(path, OPTIONS)).migrations, []);
    assert.deepEqual(schemaOf(path), adopted);
    assert.deepEqual(rowsOf(path), rows);
    assert.deepEqual(
      adopted.filter(({ name }) => !name.startsWith('kms_rotation')),
      server,
    );
  });

  it('may be done by several processes at once', async () => {
    const path = join(temporaryFolder(), 'kms.db');
    const script = `import { initialise } from ${JSON.stringify(new URL('../../src/store/init.ts', import.meta.url).href)};
      await initialise(${JSON.stringify(path)}, { mode: 'write', busyTimeoutMs: 10000 });`;
    const codes = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const child = spawn(
          process.execPath,
          ['--import', 'tsx', '--input-type=module', '-e', script],
          {
            stdio: ['ignore', 'ignore', 'inherit'],
          },
        );
        const [code] = (await once(child, 'exit')) as [number];
        return code;
      }),
    );
    assert.deepEqual(codes, [0, 0, 0, 0]);
    await adopt(path);
    assert.equal(sql(path, 'SELECT * FROM kms_rotation_migrations').length, 1);
  });

  it('refuses a database that holds something else, and writes nothing to it', async () => {
    const path = join(temporaryFolder(), 'other.db');
    writeFileSync(path, '');
    sql(path, 'CREATE TABLE invoices (id INTEGER)');
    const before = schemaOf(path);
    await assert.rejects(initialise(path, OPTIONS), (error) => {
      assert.ok(error instanceof KmsError);
      assert.equal(error.reason, 'NotAStore');
      return true;
    });
    assert.deepEqual(schemaOf(path), before);
  });
});
