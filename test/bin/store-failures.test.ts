// A database that cannot be used: exit code 3, each with its reason, in words and under --json
// (design §5). Locks, full disks and rights have files of their own.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOn } from '../support/binary.js';
import { errorOf } from '../support/documents.js';
import { goldenCopy, describeGolden } from '../support/golden.js';
import { newStorePath, sql } from '../support/sqlite.js';
import { temporaryFolder } from '../support/temporary.js';

interface Unusable {
  readonly what: string;
  readonly reason: string;
  readonly says: RegExp;
  readonly make: () => string | Promise<string>;
}

function changed(...statements: readonly string[]): () => Promise<string> {
  return async () => {
    const store = await newStorePath();
    for (const statement of statements) sql(store, statement);
    return store;
  };
}

function newFile(text: string): string {
  const file = join(temporaryFolder(), 'kms.db');
  writeFileSync(file, text);
  return file;
}

const UNUSABLE: readonly Unusable[] = [
  {
    what: 'a file that is not there',
    reason: 'StoreNotFound',
    says: /there is no file/,
    make: () => join(temporaryFolder(), 'absent.db'),
  },
  {
    what: 'a folder',
    reason: 'NotAStore',
    says: /is not a file/,
    make: () => temporaryFolder(),
  },
  {
    what: 'a file that is no database',
    reason: 'NotAStore',
    says: /not an SQLite database/,
    make: () => newFile('root:x:0:0:'.repeat(500)),
  },
  {
    what: 'an empty file',
    reason: 'NotAStore',
    says: /no table "objects"/,
    make: () => newFile(''),
  },
  {
    what: 'a database without objects',
    reason: 'NotAStore',
    says: /no table "objects"/,
    make: changed('DROP TABLE objects'),
  },
  {
    what: 'a database without tags',
    reason: 'NotAStore',
    says: /no table "tags"/,
    make: changed('DROP TABLE tags'),
  },
  {
    what: 'a table objects without owner',
    reason: 'NotAStore',
    says: /objects has no column "owner"/,
    make: changed('DROP INDEX idx_objects_owner', 'ALTER TABLE objects DROP COLUMN owner'),
  },
  {
    what: 'a store whose wrapping keys the server has not filled in',
    reason: 'NotAStore',
    says: /wrapping_key_id/,
    make: changed('DELETE FROM parameters'),
  },
];

const COMMANDS = [
  ['rotate', 'due'],
  ['rotate', 'due', '--dry-run'],
  ['rotate', 'key', 'k'],
  ['due', 'list'],
  ['key', 'list'],
  ['key', 'show', 'k'],
  ['key', 'lineage', 'k'],
  ['key', 'create', 'k'],
];

describe('exit code 3: a database that kms cannot use', () => {
  for (const { what, reason, says, make } of UNUSABLE) {
    it(`names ${what} as ${reason}`, async () => {
      const store = await make();
      const said = await runOn(store, ['due', 'list']);
      assert.deepEqual([said.code, said.stdout], [3, '']);
      assert.match(said.stderr, says);
      assert.match(said.stderr, /^hint: /m);
      const { code, stdout, stderr } = await runOn(store, ['rotate', 'due', '--json']);
      assert.deepEqual([code, stderr], [3, '']);
      const error = errorOf(stdout);
      assert.equal(error.reason, reason);
      assert.match(error.message, says);
    });
  }

  it('is what every command answers', async () => {
    const absent = join(temporaryFolder(), 'absent.db');
    for (const argv of COMMANDS) {
      const { code, stdout } = await runOn(absent, [...argv, '--json']);
      assert.equal(code, 3, argv.join(' '));
      assert.equal(errorOf(stdout).reason, 'StoreNotFound');
    }
  });

  it('names a damaged database', async () => {
    const store = await newStorePath();
    sql(store, 'PRAGMA wal_checkpoint(TRUNCATE)');
    sql(store, 'PRAGMA writable_schema = ON');
    const file = newFile('SQLite format 3\0'.padEnd(4096, '\x01'));
    const { code, stdout } = await runOn(file, ['due', 'list', '--json']);
    assert.equal(code, 3);
    assert.match(errorOf(stdout).reason, /^(NotAStore|StoreFailure)$/);
  });

  it('refuses init on a database that holds something else', async () => {
    const file = newFile('');
    sql(file, 'CREATE TABLE invoices (id INTEGER)');
    const { code, stdout } = await runOn(file, ['init', '--yes', '--json']);
    assert.equal(code, 3);
    assert.equal(errorOf(stdout).reason, 'NotAStore');
    assert.deepEqual(sql(file, 'SELECT name FROM sqlite_master'), [{ name: 'invoices' }]);
  });
});

describeGolden('exit code 3: a store of a server without our tables', () => {
  it('keeps a run that writes from beginning, and names the remedy', async () => {
    for (const argv of [
      ['rotate', 'due'],
      ['rotate', 'key', 'aes256'],
    ]) {
      const { code, stdout } = await runOn(goldenCopy('store.sqlite'), [...argv, '--json']);
      assert.equal(code, 3);
      const error = errorOf(stdout);
      assert.equal(error.reason, 'StoreNotInitialised');
      assert.match(error.hint ?? '', /kms init --yes/);
    }
  });

  it('does not keep anybody from reading', async () => {
    const store = goldenCopy('store.sqlite');
    for (const argv of [
      ['due', 'list'],
      ['key', 'list'],
      ['key', 'show', 'aes256'],
      ['key', 'lineage', 'aes256'],
    ]) {
      const { code, stderr } = await runOn(store, argv);
      assert.equal(code, 0, stderr);
    }
  });
});
