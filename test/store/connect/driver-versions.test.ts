// The versions of the database drivers.
import assert from 'node:assert/strict';
import { driverVersions } from '../../../src/store/connect/driver-versions.js';

describe('driverVersions', () => {
  it('names every driver with its version', () => {
    const versions = driverVersions();
    assert.deepEqual(Object.keys(versions), ['better-sqlite3', 'pg', 'mysql2']);
    for (const version of Object.values(versions)) assert.match(version, /^\d+\.\d+\.\d+/);
  });
});
