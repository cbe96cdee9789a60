// Files and folders that a flag names: what is written, and what is said where that cannot be done.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import {
  updateNamedFile,
  writeIntoNamedFolder,
  writeNamedFile,
} from '../../src/files/write-named-files.js';
import { temporaryFolder } from '../support/temporary.js';

const FILES = [
  { name: 'one', content: '1\n' },
  { name: 'two', content: '2\n' },
];

describe('writeIntoNamedFolder', () => {
  it('makes the folder and those above it, and writes over files of the same name', () => {
    const folder = join(temporaryFolder(), 'above', 'below');
    writeIntoNamedFolder('--output', folder, [{ name: 'one', content: 'before\n' }]);
    const paths = writeIntoNamedFolder('--output', folder, FILES);
    assert.deepEqual(paths, [join(folder, 'one'), join(folder, 'two')]);
    assert.deepEqual(
      paths.map((path) => readFileSync(path, 'utf8')),
      ['1\n', '2\n'],
    );
  });

  for (const [where, code] of [
    ['/dev/null/units', 'ENOTDIR'],
    // A folder that the system does not let anybody make.
    ['/proc/none/units', 'ENOENT'],
  ] as const) {
    it(`names the flag, the folder and ${code} where it cannot be made`, () => {
      assert.throws(() => writeIntoNamedFolder('--output', where, FILES), {
        reason: 'InvalidArgument',
        message: `--output ${where} cannot be written (${code})`,
      });
    });
  }
});

describe('writeNamedFile', () => {
  it('names the flag, the path and the code where it cannot be written', () => {
    const path = join(temporaryFolder(), 'folder');
    mkdirSync(path);
    assert.throws(
      () => {
        writeNamedFile('--out', path, '');
      },
      {
        reason: 'InvalidArgument',
        message: `--out ${path} cannot be written (EISDIR)`,
      },
    );
  });
});

describe('updateNamedFile', () => {
  it('leaves a file alone that has the text already', () => {
    const path = join(temporaryFolder(), 'file');
    assert.equal(updateNamedFile('--output', path, 'one\n'), true);
    utimesSync(path, 1, 1);
    const { ino } = statSync(path);
    assert.equal(updateNamedFile('--output', path, 'one\n'), false);
    assert.deepEqual([statSync(path).ino, statSync(path).mtimeMs], [ino, 1000]);
    assert.equal(updateNamedFile('--output', path, 'two\n'), true);
    assert.equal(readFileSync(path, 'utf8'), 'two\n');
    assert.notEqual(statSync(path).ino, ino);
  });

  it('names the flag and the code where it cannot be written', () => {
    const path = join(temporaryFolder(), 'missing', 'file');
    assert.throws(() => updateNamedFile('--output', path, ''), {
      reason: 'InvalidArgument',
      message: `--output ${path} cannot be written (ENOENT)`,
    });
  });
});
