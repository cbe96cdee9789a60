// Which migrations a database of each kind has.
import assert from 'node:assert/strict';
import { appliedMigrations } from '../../../../src/store/own/migrations/migrate.js';
import { removeAdditions } from '../../../../src/store/prepare/additions.js';
import { describeEachDatabase } from '../../../support/databases.js';
import { newStorePath } from '../../../support/store.js';

const OPTIONS = { mode: 'read', busyTimeoutMs: 5000 } as const;

describeEachDatabase('appliedMigrations', (database) => {
  it('lists the migrations that were run, and none without our tables', async () => {
    const url = await newStorePath(database);
    assert.equal((await appliedMigrations(url, OPTIONS))[0], '001-rotation-log');
    await removeAdditions(url, { ...OPTIONS, mode: 'write' });
    assert.deepEqual(await appliedMigrations(url, OPTIONS), []);
  });
});
