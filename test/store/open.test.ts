// Opening a store: what is refused, for which reason, and with which settings it is opened.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reason } from '../../src/errors.js';
import { connectSqlite } from '../../src/store/connect/connect-sqlite.js';
import { openStore } from '../../src/store/open.js';
import { prepareRotation } from '../../src/flows/prepare-rotation.js';
import { connect } from '../../src/store/connect/connect.js';
import { describeEachDatabase, sqlite } from '../support/databases.js';
import { dropOurIndexes, setAttributes } from '../support/meddle.js';
import { runOne } from '../support/run.js';
import { aRotationContext, kindsOf } from '../support/candidates.js';
import { sql, withBare } from '../support/sql.js';
import { adopt, insertRows, newStorePath, storeWith, withStore } from '../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';
import { created } from '../support/log-entries.js';

async function assertRefused(
  path: string,
  reason: Reason,
  names: RegExp,
  mode: 'read' | 'write' = 'read',
) {
  await assert.rejects(openStore(path, { mode, busyTimeoutMs: 50 }), {
    name: 'KmsError',
    reason,
    message: names,
    hint: /./,
  });
}

describe('openStore on a file', () => {
  it('refuses a file that does not exist, and does not create it', async () => {
    const path = join(temporaryFolder(), 'absent.db');
    await assertRefused(path, 'StoreNotFound', /absent\.db/, 'write');
    await assertRefused(path, 'StoreNotFound', /absent\.db/);
  });

  it('refuses a folder, and a file that is not a database', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder'));
    await assertRefused(join(folder, 'folder'), 'NotAStore', /not a file/);
    writeFileSync(join(folder, 'text'), 'x'.repeat(4096));
    await assertRefused(join(folder, 'text'), 'NotAStore', /not an SQLite database/);
  });

  it('refuses database URLs that are not supported, by name', async () => {
    await assertRefused('oracle://host/kms', 'InvalidConfiguration', /oracle:/);
  });

  it('opens SQLite so that a commit survives a power cut (WAL, synchronous = FULL)', async () => {
    const path = await newStorePath(sqlite);
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
});

describeEachDatabase('openStore', (database) => {
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
      const path = await newStorePath(database);
      // Some of these statements would fail with the indexes.
      await dropOurIndexes(path);
      await sql(path, statement);
      await assertRefused(path, 'NotAStore', names);
    });
  }

  it('refuses to write without our own tables, and reads without them', async () => {
    const path = await newStorePath(database);
    await sql(path, 'DROP TABLE kms_rotation_log');
    await assertRefused(path, 'StoreNotInitialised', /rotation log/, 'write');
    await (await openStore(path, { mode: 'read', busyTimeoutMs: 50 })).close();
  });

  it('reports a lock that outlasts the timeout: of the file as StoreBusy, of a row as RowLocked', async () => {
    const path = await storeWith(database, [aSymmetricKey()]);
    await withBare(path, async (other) => {
      await other.query(database.kind === 'sqlite' ? 'BEGIN IMMEDIATE' : 'BEGIN');
      await other.query(`UPDATE objects SET state = 'Compromised' WHERE id = 'key-1'`);
      const report = await runOne(path, 'key-1', JANUARY + DAY);
      const error = report.error ?? report.results[0]?.error;
      assert.equal(error?.reason, database.kind === 'sqlite' ? 'StoreBusy' : 'RowLocked');
    });
  });

  it('cannot write through a store opened for reading', async () => {
    const path = await newStorePath(database);
    const { error } = await withStore(
      path,
      (store) =>
        store.apply([
          {
            changes: [],
            rewrapping: null,
            ownRows: [{ table: 'parameters', row: { name: 'x' } }],
          },
        ]),
      'read',
    );
    assert.equal(error?.reason, 'StoreReadOnly');
  });

  if (database.kind === 'mysql') {
    it('sets strict mode and autocommit for its session', async () => {
      const path = await newStorePath(database);
      const { knex } = await connect(path, { mode: 'write', busyTimeoutMs: 1500 });
      try {
        const session = (await knex
          .select(knex.raw('@@sql_mode AS mode, @@autocommit AS autocommit'))
          .first()) as { mode: string; autocommit: number };
        assert.match(session.mode, /STRICT_ALL_TABLES/);
        assert.equal(session.autocommit, 1);
      } finally {
        await knex.destroy();
      }
    });
  }

  if (database.kind === 'postgresql') {
    it('reports a conflict, not a failure, for a changed row if serializable is the default', async () => {
      const path = await database.create();
      const name = new URL(path).pathname.slice(1);
      await sql(path, `ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
      await adopt(path);
      await insertRows(path, [aSymmetricKey()]);
      const { outcomes, error } = await withStore(path, async (store) => {
        const [candidate] = await store.load(['key-1']);
        assert.ok(candidate);
        const context = aRotationContext(JANUARY + DAY, { newUid: () => 'key-2' });
        const { changes } = await prepareRotation(candidate, context);
        await setAttributes(path, 'key-1', { Comment: 'changed' });
        return store.apply([{ changes, rewrapping: null, ownRows: [created('key-2')] }]);
      });
      assert.deepEqual([kindsOf(outcomes), error], [['conflict'], null]);
    });
  }
});
