// Opening a store: what is refused, by which reason, and with what settings it is opened.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { KmsError, type Reason } from '../../src/errors.js';
import { connectSqlite } from '../../src/store/connect-sqlite.js';
import { openStore } from '../../src/store/open.js';
import { aSymmetricKey, insertRows, newStorePath, sql, withStore } from '../support/store.js';
import { temporaryFolder } from '../support/temporary.js';

async function assertRefused(
  path: string,
  reason: Reason,
  names: RegExp,
  mode: 'read' | 'write' = 'read',
) {
  await assert.rejects(openStore(path, { mode, busyTimeoutMs: 50 }), (error) => {
    assert.ok(error instanceof KmsError, String(error));
    assert.equal(error.reason, reason);
    assert.match(error.message, names);
    assert.ok(error.hint);
    return true;
  });
}

describe('openStore', () => {
  it('refuses a file that is not there, and does not make it', async () => {
    const path = join(temporaryFolder(), 'absent.db');
    await assertRefused(path, 'StoreNotFound', /absent\.db/, 'write');
    await assertRefused(path, 'StoreNotFound', /absent\.db/);
  });

  it('refuses a folder, and a file that is no database', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder'));
    await assertRefused(join(folder, 'folder'), 'NotAStore', /not a file/);
    writeFileSync(join(folder, 'text'), 'x'.repeat(4096));
    await assertRefused(join(folder, 'text'), 'NotAStore', /not an SQLite database/);
  });

  for (const [what, statement, names] of [
    ['without a table', 'DROP TABLE objects', /"objects"/],
    ['without the tags', 'DROP TABLE tags', /"tags"/],
    [
      'of another layout',
      'ALTER TABLE objects RENAME COLUMN attributes TO properties',
      /"attributes"/,
    ],
    [
      'without wrapping_key_id',
      'ALTER TABLE objects RENAME COLUMN wrapping_key_id TO w',
      /"wrapping_key_id"/,
    ],
    ['whose wrapping_key_id was never filled in', 'DELETE FROM parameters', /wrapping_key_id/],
  ] as const) {
    it(`refuses a store ${what}`, async () => {
      const path = await newStorePath();
      // Some of these stand in the way of the indexes.
      for (const index of ['kms_rotation_due', 'kms_rotation_keyset'])
        sql(path, `DROP INDEX ${index}`);
      sql(path, statement);
      await assertRefused(path, 'NotAStore', names);
    });
  }

  it('refuses to write without our own tables, and reads without them', async () => {
    const path = await newStorePath();
    sql(path, 'DROP TABLE kms_rotation_log');
    await assertRefused(path, 'StoreNotInitialised', /rotation log/, 'write');
    await (await openStore(path, { mode: 'read', busyTimeoutMs: 50 })).close();
  });

  it('refuses database URLs that it does not speak, by name', async () => {
    await assertRefused('oracle://host/kms', 'InvalidConfiguration', /oracle:/);
  });

  it('meets a lock that is held longer than the timeout as StoreBusy', async () => {
    const path = await newStorePath();
    insertRows(path, [aSymmetricKey()]);
    const other = new Database(path);
    try {
      const { error } = await withStore(path, async (store) => {
        other.exec('BEGIN IMMEDIATE');
        return store.apply([{ changes: [], extraRows: [] }]);
      });
      assert.equal(error?.reason, 'StoreBusy');
    } finally {
      other.close();
    }
  });

  it('opens SQLite so that a commit survives a power cut (WAL, synchronous = FULL)', async () => {
    const path = await newStorePath();
    const connection = connectSqlite(path, { mode: 'write', busyTimeoutMs: 1234 });
    try {
      const pragma = async (name: string): Promise<unknown> => {
        const rows = await connection.knex.raw<object[]>(`PRAGMA ${name}`);
        return Object.values(rows[0] ?? {})[0];
      };
      assert.equal(await pragma('journal_mode'), 'wal');
      assert.equal(await pragma('synchronous'), 2);
      assert.equal(await pragma('busy_timeout'), 1234);
    } finally {
      await connection.knex.destroy();
    }
  });

  it('cannot write through a store opened for reading', async () => {
    const path = await newStorePath();
    const { error } = await withStore(
      path,
      (store) =>
        store.apply([{ changes: [], extraRows: [{ table: 'parameters', row: { name: 'x' } }] }]),
      'read',
    );
    assert.equal(error?.reason, 'StoreReadOnly');
  });
});
