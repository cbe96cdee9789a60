// The file of a store before SQLite opens it: a read-only mount, or a folder in its place.
import assert from 'node:assert/strict';
import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  assertFile,
  assertWritable,
  readOnlyContent,
} from '../../../src/store/connect/sqlite-file.js';
import { openStore } from '../../../src/store/open.js';
import { smallDisk } from '../../support/small-disk.js';
import { newStorePath, sql, storeWith } from '../../support/sqlite.js';
import { aSymmetricKey } from '../../support/symmetric-keys.js';
import { temporaryFolder } from '../../support/temporary.js';

const READING = { mode: 'read', busyTimeoutMs: 100 } as const;

describe('the file of a store on a read-only mount', () => {
  const disk = smallDisk('2m');
  const link = join(temporaryFolder(), 'link.db');

  before(async () => {
    const store = await storeWith([aSymmetricKey({ uid: 'invoices' })]);
    sql(store, 'PRAGMA wal_checkpoint(TRUNCATE)');
    for (const name of ['kms.db', 'with-log.db']) copyFileSync(store, disk.path(name));
    writeFileSync(disk.path('with-log.db-wal'), '');
    sql(store, 'PRAGMA journal_mode = DELETE');
    copyFileSync(store, disk.path('with-journal.db'));
    symlinkSync(disk.path('kms.db'), link);
    disk.protect();
  });

  it('is read, also through a link', async () => {
    for (const path of [disk.path('kms.db'), link]) {
      const store = await openStore(`sqlite:${path}`, READING);
      assert.deepEqual(await store.uidsWithPrefix('', 9), ['invoices']);
      await store.close();
    }
  });

  it('is not copied into memory where SQLite can read it, or where a log belongs to it', async () => {
    for (const name of ['with-log.db', 'with-journal.db']) {
      assert.equal(readOnlyContent(disk.path(name)), null, name);
    }
    assert.equal(readOnlyContent(await newStorePath()), null);
  });

  it('is StoreReadOnly for whoever would write', () => {
    for (const path of [disk.path('kms.db'), link]) {
      assert.throws(
        () => {
          assertWritable(path);
        },
        { reason: 'StoreReadOnly', message: /read-only \(EROFS\)$/ },
      );
    }
  });
});

describe('a folder in the place of a store', () => {
  const folder = temporaryFolder();
  const hintOf = () => {
    try {
      assertFile(folder);
    } catch (error) {
      return (error as { readonly hint: string }).hint;
    }
    return assert.fail('a folder is no file');
  };

  it('is refused, and the database in it named', async () => {
    writeFileSync(join(folder, 'a.txt'), 'no database');
    assert.equal(hintOf(), 'point --database-url at the key store’s file');
    copyFileSync(await newStorePath(), join(folder, 'kms.db'));
    assert.match(hintOf(), new RegExp(`, such as sqlite:${folder}/kms.db$`));
  });
});
