// Versions of the drivers, and of our tables in each kind of database.
import assert from 'node:assert/strict';
import { removeAdditions } from '../../../src/store/prepare/additions.js';
import { driverVersions } from '../../../src/store/connect/driver-versions.js';
import { appliedMigrations } from '../../../src/store/own/migrations/migrate.js';
import { describeEachDatabase } from '../../support/databases.js';
import { newStorePath } from '../../support/store.js';

const OPTIONS = { mode: 'read', busyTimeoutMs: 5000 } as const;

describe('driverVersions', () => {
  it('names every driver with its version', () => {
    const versions = driverVersions();
    assert.deepEqual(Object.keys(versions), ['better-sqlite3', 'pg', 'mysql2']);
    for (const version of Object.values(versions)) assert.match(version, /^\d+\.\d+\.\d+/);
  });
});

describeEachDatabase('tablesVersion', (database) => {
  it('lists the migrations that were done, and none where our tables are not there', async () => {
    const url = await newStorePath(database);
    assert.equal((await appliedMigrations(url, OPTIONS))[0], '001-rotation-log');
    await removeAdditions(url, { ...OPTIONS, mode: 'write' });
    assert.deepEqual(await appliedMigrations(url, OPTIONS), []);
  });
});
