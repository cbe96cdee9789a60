// Which migrations a database of each kind has, and which versions of kms may use its tables.
import assert from 'node:assert/strict';
import { exitCodeOf, KmsError } from '../../../../src/errors.js';
import { appliedMigrations } from '../../../../src/store/own/migrations/migrate.js';
import { removeAdditions } from '../../../../src/store/prepare/additions.js';
import { initialise } from '../../../../src/store/prepare/initialise.js';
import { describeEachDatabase } from '../../../support/databases.js';
import { sql } from '../../../support/sql.js';
import { newStorePath, openForWriting, withStore } from '../../../support/store.js';

const OPTIONS = { mode: 'read', busyTimeoutMs: 5000 } as const;

describeEachDatabase('appliedMigrations', (database) => {
  it('lists the migrations that were run, and none without our tables', async () => {
    const url = await newStorePath(database);
    assert.equal((await appliedMigrations(url, OPTIONS))[0], '001-rotation-log');
    await removeAdditions(url, { ...OPTIONS, mode: 'write' });
    assert.deepEqual(await appliedMigrations(url, OPTIONS), []);
  });
});

describeEachDatabase('the oldest version that may use the tables', (database) => {
  it('is stated by kms init, as the newest migration that every version must know', async () => {
    const url = await newStorePath(database);
    assert.deepEqual(await sql(url, 'SELECT oldest_version FROM kms_rotation_store'), [
      { oldest_version: 8 },
    ]);
  });

  it('keeps an older kms from reading, writing and removing, which names both versions', async () => {
    const url = await newStorePath(database);
    await sql(url, 'UPDATE kms_rotation_store SET oldest_version = 99');
    const isRefused = (error: unknown) => {
      assert.ok(error instanceof KmsError, String(error));
      assert.deepEqual([error.reason, exitCodeOf(error)], ['StoreUnfit', 3]);
      assert.match(error.message, /a kms that knows version 99 of them, .* knows version 8$/);
      return true;
    };
    await assert.rejects(openForWriting(url), isRefused);
    await assert.rejects(openForWriting(url, 'read'), isRefused);
    await assert.rejects(removeAdditions(url, { ...OPTIONS, mode: 'write' }), isRefused);
    await assert.rejects(initialise(url, { ...OPTIONS, mode: 'write' }), isRefused);
    await sql(url, 'UPDATE kms_rotation_store SET oldest_version = 8');
    await withStore(url, () => Promise.resolve());
  });
});
