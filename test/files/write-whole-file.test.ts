// What is written for users: whole or not at all, with the rights of what it replaces, and through symbolic links.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  makeWholeFile,
  READ_BY_ALL,
  READ_BY_OWNER,
  writeWholeFile,
} from '../../src/files/write-whole-file.js';
import { need } from '../support/left-out.js';
import { temporaryFolder } from '../support/temporary.js';
import { smallDisk } from '../support/small-disk.js';

const OTHER = 65_534;

describe('writeWholeFile', () => {
  const umask = process.umask(0o022);
  afterEach(() => {
    process.umask(umask);
  });
  const modeOf = (path: string) => statSync(path).mode & 0o7777;

  for (const { rights, there, under, mode } of [
    { rights: READ_BY_ALL, there: null, under: 0o077, mode: 0o644 },
    { rights: READ_BY_ALL, there: null, under: 0o000, mode: 0o644 },
    { rights: READ_BY_ALL, there: 0o644, under: 0o077, mode: 0o644 },
    { rights: READ_BY_ALL, there: 0o640, under: 0o022, mode: 0o640 },
    { rights: READ_BY_OWNER, there: null, under: 0o000, mode: 0o600 },
    { rights: READ_BY_OWNER, there: 0o640, under: 0o077, mode: 0o640 },
    { rights: READ_BY_OWNER, there: 0o664, under: 0o000, mode: 0o660 },
  ]) {
    const found = there === null ? 'a new file' : `a file of ${there.toString(8)}`;
    it(`gives ${found} the mode ${mode.toString(8)} under the umask ${under.toString(8)}`, () => {
      const path = join(temporaryFolder(), 'file');
      if (there !== null) {
        writeFileSync(path, 'earlier');
        chmodSync(path, there);
      }
      process.umask(under);
      writeWholeFile(path, 'text', rights);
      assert.deepEqual([readFileSync(path, 'utf8'), modeOf(path)], ['text', mode]);
    });
  }

  it('keeps owner and group', function () {
    need(this, 'root', process.getuid?.() === 0);
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, 'earlier');
    chownSync(path, OTHER, OTHER);
    writeWholeFile(path, 'text', READ_BY_ALL);
    const { uid, gid } = statSync(path);
    assert.deepEqual([uid, gid], [OTHER, OTHER]);
  });

  for (const exists of [true, false]) {
    it(`writes through symbolic links, to a file that ${exists ? 'exists' : 'does not'}`, () => {
      const folder = temporaryFolder();
      const [far, near, target] = ['far', 'near', 'real/t.prom'].map((name) => join(folder, name));
      mkdirSync(join(folder, 'real'));
      symlinkSync('real/t.prom', near!);
      symlinkSync(near!, far!);
      if (exists) writeFileSync(target!, 'earlier');
      writeWholeFile(far!, 'text', READ_BY_ALL);
      assert.ok(lstatSync(far!).isSymbolicLink() && lstatSync(near!).isSymbolicLink());
      assert.equal(readFileSync(target!, 'utf8'), 'text');
      assert.deepEqual(readdirSync(join(folder, 'real')), ['t.prom']);
    });
  }

  it('removes what a killed process left beside the file more than an hour ago, and nothing else', async () => {
    const folder = temporaryFolder();
    const [target, copy] = [join(folder, 'file'), join(folder, 'copy')];
    const hour = 3600;
    const now = Date.now() / 1000;
    const files = [
      ['.kms-0123456789abcdef.tmp', now - hour - 60, false],
      ['.kms-fedcba9876543210.tmp', now - hour + 60, true],
      ['.kms-0123456789ABCDEF.tmp', now - 2 * hour, true],
      ['.kms-1.tmp', now - 2 * hour, true],
      ['kms-0123456789abcdef.tmp', now - 2 * hour, true],
    ] as const;
    for (const write of [
      () => {
        writeWholeFile(target, 'text', READ_BY_ALL);
        return Promise.resolve();
      },
      () => makeWholeFile(copy, () => Promise.resolve()),
    ]) {
      for (const [name, at] of files) {
        writeFileSync(join(folder, name), '');
        utimesSync(join(folder, name), at, at);
      }
      await write();
      const names = readdirSync(folder);
      for (const [name, , stays] of files) assert.equal(names.includes(name), stays, name);
    }
  });

  it('takes a name as long as the system does', () => {
    const path = join(temporaryFolder(), 'n'.repeat(255));
    writeWholeFile(path, 'text', READ_BY_ALL);
    assert.equal(readFileSync(path, 'utf8'), 'text');
  });

  it('writes into a pipe, and leaves it a pipe', async () => {
    const fifo = join(temporaryFolder(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'ignore'] });
    // More than a pipe holds.
    writeWholeFile(fifo, 'x'.repeat(200_000), READ_BY_ALL);
    assert.equal((await text(reader.stdout)).length, 200_000);
    assert.ok(lstatSync(fifo).isFIFO());
  });

  it('writes into a device, and leaves it a device', () => {
    writeWholeFile('/dev/null', 'text', READ_BY_ALL);
    assert.ok(lstatSync('/dev/null').isCharacterDevice());
    assert.throws(() => {
      writeWholeFile('/dev/full', 'text', READ_BY_ALL);
    }, /ENOSPC/);
  });

  it('writes what comes in pieces to a file, a device and a pipe', async () => {
    const path = join(temporaryFolder(), 'file');
    writeWholeFile(path, ['a', 'b\n'], READ_BY_ALL);
    assert.equal(readFileSync(path, 'utf8'), 'ab\n');
    writeWholeFile('/dev/null', ['a', 'b'], READ_BY_ALL);
    const fifo = join(temporaryFolder(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'ignore'] });
    writeWholeFile(fifo, ['a', 'b'], READ_BY_ALL);
    assert.equal(await text(reader.stdout), 'ab');
  });

  it('leaves the earlier content if a piece cannot be made', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'file');
    writeFileSync(path, 'earlier');
    const pieces = function* () {
      yield 'new';
      throw new Error('no more');
    };
    assert.throws(() => {
      writeWholeFile(path, pieces(), READ_BY_ALL);
    }, /no more/);
    assert.deepEqual([readFileSync(path, 'utf8'), readdirSync(folder)], ['earlier', ['file']]);
  });

  it('appends to a file that the process has open, as /dev/stdout is', () => {
    const path = join(temporaryFolder(), 'log');
    writeFileSync(path, 'before\n');
    const descriptor = openSync(path, 'a');
    writeWholeFile(`/dev/fd/${descriptor}`, 'text\n', READ_BY_ALL);
    closeSync(descriptor);
    assert.equal(readFileSync(path, 'utf8'), 'before\ntext\n');
  });

  for (const [what, path, code] of [
    ['a folder', '.', /EISDIR/],
    ['a circle of links', 'circle', /ELOOP/],
    ['a folder that is missing', 'none/file', /ENOENT/],
  ] as const) {
    it(`leaves nothing behind where there is ${what}`, () => {
      const folder = temporaryFolder();
      symlinkSync('circle', join(folder, 'circle'));
      assert.throws(() => {
        writeWholeFile(join(folder, path), 'text', READ_BY_ALL);
      }, code);
      assert.deepEqual(readdirSync(folder), ['circle']);
    });
  }
});

describe('writeWholeFile, on a disk that is almost full', () => {
  const disk = smallDisk('8k');

  it('leaves the earlier content whole, and nothing beside it', () => {
    const path = disk.path('f.ics');
    writeFileSync(path, 'earlier');
    assert.throws(() => {
      writeWholeFile(path, 'x'.repeat(9000), READ_BY_ALL);
    }, /ENOSPC/);
    assert.equal(readFileSync(path, 'utf8'), 'earlier');
    assert.deepEqual(readdirSync(disk.folder), [basename(path)]);
  });
});

describe('writeWholeFile, to a file that is mounted by itself', () => {
  const disk = smallDisk('8k');
  const path = join(temporaryFolder(), 'kms.toml');
  before(() => {
    writeFileSync(path, '');
    writeFileSync(disk.path('mounted'), 'earlier, and longer');
    execFileSync('mount', ['--bind', disk.path('mounted'), path]);
  });
  after(() => {
    execFileSync('umount', [path]);
  });

  it('writes in place, and takes back what does not fit', () => {
    writeWholeFile(path, 'text', READ_BY_OWNER);
    assert.equal(readFileSync(disk.path('mounted'), 'utf8'), 'text');
    writeWholeFile(path, ['te', 'xt'], READ_BY_OWNER);
    assert.equal(readFileSync(disk.path('mounted'), 'utf8'), 'text');
    assert.throws(() => {
      writeWholeFile(path, 'x'.repeat(9000), READ_BY_OWNER);
    }, /ENOSPC/);
    assert.equal(readFileSync(path, 'utf8'), 'text');
  });
});

describe('makeWholeFile', () => {
  it('makes a file for its owner alone, once it is full, and never over another', async () => {
    const path = join(temporaryFolder(), 'copy');
    const fill = (beside: string) => {
      writeFileSync(beside, 'text');
      assert.throws(() => statSync(path), /ENOENT/);
      return Promise.resolve();
    };
    await makeWholeFile(path, fill);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await assert.rejects(
      makeWholeFile(path, () => Promise.resolve()),
      /EEXIST/,
    );
    assert.equal(readFileSync(path, 'utf8'), 'text');
    assert.deepEqual(readdirSync(join(path, '..')), ['copy']);
  });
});
