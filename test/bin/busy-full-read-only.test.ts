// A store that cannot be written now: locked by somebody else, on a full disk, or read-only. Exit code 3,
// each with its reason, and nothing half-written (design §5, §9).
import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { runApartOn, runOn } from '../support/binary.js';
import { errorOf, rotateOf } from '../support/documents.js';
import { describeGolden, goldenCopy } from '../support/golden.js';
import { need } from '../support/left-out.js';
import { smallDisk } from '../support/small-disk.js';
import { rowsOf, sql, storeWith } from '../support/sqlite.js';
import { type StoredRow } from '../support/store.js';
import { symmetricKeys } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

const NOBODY = 65_534;

async function whileLocked<T>(store: string, use: () => Promise<T>): Promise<T> {
  const holder = new Database(store);
  holder.exec('BEGIN EXCLUSIVE');
  try {
    return await use();
  } finally {
    holder.exec('ROLLBACK');
    holder.close();
  }
}

const storeOf = (count: number) => storeWith(symmetricKeys(count));

/** The rows of the log and of `objects` tell the same story. */
function assertConsistent(store: string, rotated: number): void {
  const rows = rowsOf(store);
  const count = (state: string) => rows.filter((row: StoredRow) => row.state === state).length;
  assert.equal(count('Deactivated'), rotated);
  assert.deepEqual(sql(store, `SELECT count(*) AS n FROM kms_rotation_log WHERE uid <> ''`), [
    { n: rotated },
  ]);
  assert.deepEqual(sql(store, 'PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
}

describe('a store that somebody else keeps locked', () => {
  it('ends runs and a creation as StoreBusy after the timeout, in words or a document, with nothing written', async () => {
    const store = await storeOf(1);
    const before = rowsOf(store);
    const [run, said, create] = await whileLocked(store, () =>
      Promise.all([
        runApartOn(store, ['rotate', 'due', '--json']),
        runApartOn(store, ['rotate', 'due']),
        runApartOn(store, ['key', 'create', 'new', '--json']),
      ]),
    );
    assert.equal(run.code, 3);
    assert.equal(rotateOf(run.stdout).error?.reason, 'StoreBusy');
    assert.equal(said.code, 3);
    assert.match(said.stderr, /locked by another process.*\nhint: /);
    assert.equal(create.code, 3);
    assert.equal(errorOf(create.stdout).reason, 'StoreBusy');
    assert.deepEqual(rowsOf(store), before);
  });
});

describeGolden('a store in the journal mode of a server that is off, locked', () => {
  it('ends a listing as StoreBusy', async () => {
    const store = goldenCopy('store.sqlite');
    const listing = await whileLocked(store, () => runOn(store, ['due', 'list', '--json']));
    assert.equal(listing.code, 3);
    assert.equal(errorOf(listing.stdout).reason, 'StoreBusy');
  });
});

describe('a store that the user of the run may not write', () => {
  before(function () {
    need(this, 'root', process.getuid?.() === 0);
  });

  async function readOnlyStore(): Promise<string> {
    const store = await storeOf(2);
    sql(store, 'PRAGMA journal_mode = DELETE');
    chmodSync(store, 0o444);
    chmodSync(dirname(store), 0o555);
    return store;
  }

  it('ends a run as StoreReadOnly', async () => {
    const store = await readOnlyStore();
    const { code, stdout, stderr } = await runOn(store, ['rotate', 'due', '--json'], {
      user: NOBODY,
      cwd: '/',
    });
    assert.equal(code, 3, stderr);
    assert.equal(errorOf(stdout).reason, 'StoreReadOnly');
    assertConsistent(store, 0);
  });

  it('can be looked at, and a dry run goes through', async () => {
    const store = await readOnlyStore();
    for (const argv of [
      ['due', 'list'],
      ['key', 'list'],
      ['rotate', 'due', '--dry-run'],
    ]) {
      const { code, stderr } = await runOn(store, argv, { user: NOBODY, cwd: '/' });
      assert.equal(code, 0, stderr);
    }
  });

  it('can be looked at in WAL mode too, and a run says what may not be written', async () => {
    const store = await storeOf(1);
    chmodSync(store, 0o644);
    chmodSync(dirname(store), 0o555);
    const options = { user: NOBODY, cwd: '/' };
    const listing = await runOn(store, ['due', 'list', '--json'], options);
    assert.equal(listing.code, 0, listing.stderr);
    const { code, stdout } = await runOn(store, ['rotate', 'due', '--json'], options);
    assert.equal(code, 3);
    assert.equal(errorOf(stdout).reason, 'StoreReadOnly');
    assert.match(errorOf(stdout).message, /the folder of the database is read-only \(EACCES\)/);
  });

  it('cannot be made by init in a folder that is not the user’s', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o555);
    for (const store of [join(folder, 'kms.db'), join(folder, 'new', 'kms.db')]) {
      const { code, stdout, stderr } = await runOn(store, ['init', '--yes', '--json'], {
        user: NOBODY,
        cwd: '/',
      });
      assert.equal(code, 3, stderr);
      assert.equal(errorOf(stdout).reason, 'StoreReadOnly');
    }
  });

  it('is not said to be missing where the user may not look', async () => {
    const store = await storeOf(0);
    chmodSync(dirname(store), 0o700);
    for (const argv of [
      ['due', 'list'],
      ['rotate', 'due'],
    ]) {
      const options = { user: NOBODY, cwd: '/' };
      const { code, stdout } = await runOn(store, [...argv, '--json'], options);
      assert.equal(code, 3);
      assert.equal(errorOf(stdout).reason, 'StoreUnreachable');
      assert.match(errorOf(stdout).message, /cannot be reached \(EACCES\)/);
    }
  });

  it('names a file that the user may not even read', async () => {
    const store = await storeOf(0);
    chmodSync(store, 0o600);
    chownSync(store, 0, 0);
    chmodSync(dirname(store), 0o755);
    const options = { user: NOBODY, cwd: '/' };
    const { code, stdout } = await runOn(store, ['due', 'list', '--json'], options);
    assert.equal(code, 3);
    assert.equal(errorOf(stdout).reason, 'StoreUnreachable');
  });
});

describe('a store on a full disk', () => {
  const disk = smallDisk('400k');

  it('ends a run as StoreFull, reports what is committed, and leaves nothing half-written', async () => {
    const store = disk.path('kms.db');
    const prepared = await storeOf(40);
    sql(prepared, 'PRAGMA wal_checkpoint(TRUNCATE)');
    copyFileSync(prepared, store);
    const { code, stdout, stderr } = await runOn(store, ['rotate', 'due', '--json']);
    assert.equal(code, 3, stderr);
    const report = rotateOf(stdout);
    assert.equal(report.error?.reason, 'StoreFull');
    assert.equal(report.summary['due'], 40);
    assert.equal(report.summary['failed'], 0);
    const copy = join(temporaryFolder(), 'kms.db');
    copyFileSync(store, copy);
    assertConsistent(copy, report.summary['rotated'] ?? NaN);
  });

  it('ends init and a creation as StoreFull, wherever they stand when the room runs out', async () => {
    const [filler, store] = [disk.path('filler'), disk.path('new.db')];
    for (const roomKb of [0, 8, 24, 48, 96]) {
      const { bavail, bsize } = statfsSync(disk.folder);
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - roomKb * 1024)));
      for (const argv of [
        ['init', '--yes'],
        ['key', 'create', 'k'],
      ]) {
        const { code, stdout } = await runOn(store, [...argv, '--json']);
        assert.equal(code, 3);
        const { reason } = errorOf(stdout);
        assert.ok(argv[0] === 'key' || reason === 'StoreFull', `${roomKb} KiB: ${reason}`);
      }
      rmSync(filler);
      rmSync(store, { force: true });
    }
  });
});
