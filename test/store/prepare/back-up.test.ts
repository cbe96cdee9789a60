// Backing up a store before it is changed.
import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backUpSqlite } from '../../../src/store/prepare/back-up.js';
import { newStorePath, rowsOf, storeWith } from '../../support/sqlite.js';
import { aSymmetricKey } from '../../support/symmetric-keys.js';
import { temporaryFolder } from '../../support/temporary.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 1000 } as const;

describe('a backup of a store', () => {
  it('has everything that the store has, readable by its owner only', async () => {
    const store = await storeWith([aSymmetricKey()]);
    const copy = join(temporaryFolder(), 'copy.db');
    await backUpSqlite(store, copy, OPTIONS);
    assert.deepEqual(rowsOf(copy), rowsOf(store));
    assert.equal(statSync(copy).mode & 0o777, 0o600);
  });

  it('does not overwrite a file', async () => {
    const copy = join(temporaryFolder(), 'copy.db');
    writeFileSync(copy, 'precious');
    await assert.rejects(backUpSqlite(await newStorePath(), copy, OPTIONS), {
      reason: 'InvalidArgument',
    });
    assert.equal(statSync(copy).size, 8);
  });

  it('leaves no incomplete file behind', async () => {
    const copy = join(temporaryFolder(), 'copy.db');
    const noStore = join(temporaryFolder(), 'text');
    writeFileSync(noStore, 'not a database, but longer than the header of one'.repeat(9));
    await assert.rejects(backUpSqlite(noStore, copy, OPTIONS));
    assert.ok(!existsSync(copy));
  });
});
