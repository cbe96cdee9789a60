// A database that cannot be used: exit code 3, each with its reason, in words and under --json
// (design §5). Locks, full disks and rights have files of their own.
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOn } from '../support/binary.js';
import { errorOf } from '../support/documents.js';
import { goldenCopy, describeGolden } from '../support/golden.js';
import { newStorePath, sql } from '../support/sqlite.js';
import { temporaryFolder } from '../support/temporary.js';

type Unusable = readonly [
  what: string,
  reason: string,
  says: RegExp,
  make: () => string | Promise<string>,
];

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

function isDatabase(store: string): boolean {
  return bytesOf(store)?.startsWith('SQLite format 3') ?? false;
}

/** Null of a folder, and of a file that is not there. */
function bytesOf(store: string): string | null {
  const isFile = statSync(store, { throwIfNoEntry: false })?.isFile() ?? false;
  return isFile ? readFileSync(store, 'latin1') : null;
}

const withoutOwner = [...['DROP INDEX idx_objects_owner', 'ALTER TABLE objects DROP COLUMN owner']];
const absent = () => join(temporaryFolder(), 'absent.db');
const noDatabase = () => newFile('root:x:0:0:'.repeat(500));

const UNUSABLE: readonly Unusable[] = [
  ['a file that is not there', 'StoreNotFound', /there is no file/, absent],
  ['a folder', 'NotAStore', /is not a file/, () => temporaryFolder()],
  ['a file that is no database', 'NotAStore', /not an SQLite database/, noDatabase],
  ['an empty file', 'NotAStore', /no table "objects"/, () => newFile('')],
  ['a database without objects', 'NotAStore', /no table "objects"/, changed('DROP TABLE objects')],
  ['a database without tags', 'NotAStore', /no table "tags"/, changed('DROP TABLE tags')],
  [
    'a table objects without owner',
    ...['NotAStore', /objects has no column "owner"/, changed(...withoutOwner)],
  ] as const,
  [
    'a store whose wrapping keys the server has not filled in',
    ...['NotAStore', /wrapping_key_id/, changed('DELETE FROM parameters')],
  ] as const,
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
  for (const [what, reason, says, make] of UNUSABLE) {
    it(`names ${what} as ${reason}, and changes no byte of it`, async () => {
      const store = await make();
      // As whoever made it would have it: our own stores are in WAL mode already.
      if (isDatabase(store)) sql(store, 'PRAGMA journal_mode = DELETE');
      const before = bytesOf(store);
      const said = await runOn(store, ['due', 'list']);
      assert.deepEqual([said.code, said.stdout], [3, '']);
      assert.match(said.stderr, says);
      assert.match(said.stderr, /^hint: /m);
      const { code, stdout, stderr } = await runOn(store, ['rotate', 'due', '--json']);
      assert.deepEqual([code, stderr], [3, '']);
      const error = errorOf(stdout);
      assert.equal(error.reason, reason);
      assert.match(error.message, says);
      assert.deepEqual(bytesOf(store), before);
    });
  }

  it('makes no folder and no file where init cannot, and says so', async () => {
    const file = newFile('');
    for (const [store, reason] of [
      [join(file, 'kms.db'), 'StoreUnreachable'],
      ['/dev/null/kms.db', 'StoreUnreachable'],
      ['/proc/kms/kms.db', 'StoreUnreachable'],
    ] as const) {
      const { code, stdout, stderr } = await runOn(store, ['init', '--yes', '--json']);
      assert.deepEqual([code, stderr], [3, '']);
      assert.equal(errorOf(stdout).reason, reason);
      assert.match(errorOf(stdout).message, /cannot be made \(E[A-Z]+\)/);
    }
  });

  it('is what every command answers', async () => {
    const store = absent();
    for (const argv of COMMANDS) {
      const { code, stdout } = await runOn(store, [...argv, '--json']);
      assert.equal(code, 3, argv.join(' '));
      assert.equal(errorOf(stdout).reason, 'StoreNotFound');
    }
  });

  it('names a damaged database', async () => {
    const file = newFile('SQLite format 3\0'.padEnd(4096, '\x01'));
    const { code, stdout } = await runOn(file, ['due', 'list', '--json']);
    assert.equal(code, 3);
    assert.match(errorOf(stdout).reason, /^(NotAStore|StoreFailure)$/);
  });

  for (const [what, code] of [
    ['is built for another version of Node', 'ERR_DLOPEN_FAILED'],
    ['was never built', 'MODULE_NOT_FOUND'],
  ] as const) {
    it(`says what to do where the driver of SQLite ${what}`, async () => {
      const loading = newFile(
        `require.extensions['.node'] = () => { throw Object.assign(new Error(), { code: '${code}' }); };`,
      );
      const env = { NODE_OPTIONS: `--require=${loading}` };
      for (const argv of [
        ['due', 'list'],
        ['init', '--yes'],
      ]) {
        const store = await newStorePath();
        const ended = await runOn(store, [...argv, '--json'], { env });
        assert.deepEqual([ended.code, ended.stderr], [3, ''], argv.join(' '));
        const { reason, message, hint } = errorOf(ended.stdout);
        assert.equal(reason, 'StoreUnreachable');
        assert.match(message, /driver for SQLite cannot be loaded/);
        assert.match(hint ?? '', /npm rebuild better-sqlite3/);
      }
    });
  }

  it('refuses init on a database that holds something else', async () => {
    const file = newFile('');
    sql(file, 'CREATE TABLE invoices (id INTEGER)');
    const before = bytesOf(file);
    const { code, stdout } = await runOn(file, ['init', '--yes', '--json']);
    assert.equal(code, 3);
    assert.equal(errorOf(stdout).reason, 'NotAStore');
    assert.deepEqual(bytesOf(file), before);
  });

  it('refuses init on a store whose wrapping keys the server has not filled in, unchanged', async () => {
    const store = await changed('DELETE FROM parameters', 'PRAGMA journal_mode = DELETE')();
    const before = bytesOf(store);
    const { code, stdout } = await runOn(store, ['init', '--yes', '--json']);
    assert.equal(code, 3);
    assert.equal(errorOf(stdout).reason, 'NotAStore');
    assert.deepEqual(bytesOf(store), before);
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
