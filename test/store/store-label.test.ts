// The label of a store: what it is made of, and that it does not depend on the way to the store.
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { initialise } from '../../src/store/prepare/initialise.js';
import { readStoreLabel, storeLabel, unopenedStoreLabel } from '../../src/store/store-label.js';
import { describeEachDatabase, sqlite } from '../support/databases.js';
import { withoutChains } from '../support/earlier-store.js';
import { sql } from '../support/sql.js';
import { newStorePath, withStore } from '../support/store.js';
import { temporaryFolder } from '../support/temporary.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 2000 } as const;
const ID = '3f2a9c1b-0000-4000-8000-000000000000';

describe('storeLabel', () => {
  for (const [name, databaseName, id, label] of [
    ['payments', 'kms', ID, 'payments'],
    [null, 'kms', ID, 'kms-3f2a9c1b'],
    [null, 'kms', null, 'kms'],
    [null, 'key store "é"/1', ID, 'key-store-1-3f2a9c1b'],
    [null, '😀', null, 'kms'],
    [null, 'x'.repeat(64), ID, `${'x'.repeat(48)}-3f2a9c1b`],
  ] as const) {
    it(`is ${label} for ${databaseName} with the setting ${name} and the id ${id}`, () => {
      assert.equal(storeLabel(name, { databaseName, id }), label);
    });
  }

  it('of a store that cannot be opened has the database’s name from its URL', async () => {
    assert.equal(unopenedStoreLabel(null, 'postgres://u:secret@db/keys'), 'keys');
    assert.equal(await readStoreLabel(null, '/nowhere/keys.db', OPTIONS), 'keys');
  });

  it('of an SQLite file is the same through a link with another name', async () => {
    const path = await newStorePath(sqlite);
    const link = join(temporaryFolder(), 'other.sqlite');
    symlinkSync(path, link);
    const labels = [path, link].map((one) => readStoreLabel(null, one, OPTIONS));
    assert.deepEqual(await labels[0], await labels[1]);
    assert.match(await labels[0]!, /^kms-[0-9a-f]{8}$/);
  });
});

describeEachDatabase('the id of a store', (database) => {
  it('is random, made by init once, and missing before that', async () => {
    const urls = [await database.create(), await database.create()];
    const made = await Promise.all(urls.map((url) => initialise(url, OPTIONS)));
    const ids = made.map(({ identity }) => identity.id);
    assert.notEqual(ids[0], ids[1]);
    const url = urls[0]!;
    assert.equal((await initialise(url, OPTIONS)).identity.id, ids[0]);
    const idNow = () => withStore(url, ({ identity }) => Promise.resolve(identity.id), 'read');
    assert.equal(await idNow(), ids[0]);
    // As a version before this one left it.
    await withoutChains(url);
    await sql(url, 'DROP TABLE kms_rotation_store');
    await sql(url, `DELETE FROM kms_rotation_migrations WHERE name = '003-store-id'`);
    assert.equal(await idNow(), null);
    const upgraded = await initialise(url, OPTIONS);
    assert.deepEqual(upgraded.migrations, ['003-store-id', '008-log-chain']);
    assert.match(upgraded.identity.id ?? '', /^[0-9a-f-]{36}$/);
  });
});
