// How the program is loaded: by the code that V8 compiled for the package, or, with a V8 that it was not compiled for,
// by way of Node's own compile cache.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/examples.js';
import { temporaryFolder } from '../support/temporary.js';

/** As the package is for a V8 that it has no code for: without any. */
function packageWithoutCode(): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'dist'));
  for (const file of readdirSync(join(ROOT, 'dist'))) {
    if (!file.endsWith('.cjs')) continue;
    cpSync(join(ROOT, 'dist', file), join(folder, 'dist', file));
  }
  for (const path of ['bin/run.js', 'package.json', 'oclif.manifest.json']) {
    cpSync(join(ROOT, path), join(folder, path));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function run(folder: string, user?: number) {
  return spawnSync(process.execPath, [join(folder, 'bin/run.js'), 'completion', 'bash'], {
    cwd: '/',
    encoding: 'utf8',
    env: { HOME: '/nonexistent', PATH: process.env['PATH'] },
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
}

describe('the loader', () => {
  it('offers V8 the code of the package, and V8 takes it', () => {
    // In a process of its own: V8 takes no code in one whose flags were changed, as a run changes them.
    const script = `console.log(require(${JSON.stringify(join(ROOT, 'dist/loader.cjs'))}).script.cachedDataRejected)`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    assert.equal(stdout, 'false\n');
  });

  it('has Node cache the code beside the program where the package has none', () => {
    const folder = packageWithoutCode();
    const { status, stdout, stderr } = run(folder);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /complete/);
    const [major = 0] = process.versions.node.split('.').map(Number);
    assert.equal(existsSync(join(folder, 'dist/compile-cache')), major >= 22);
    assert.equal(run(folder).stdout, stdout);
  });

  it('does without where the user may not write there', function () {
    if (process.getuid?.() !== 0) return this.skip();
    const folder = packageWithoutCode();
    const { status, stdout, stderr } = run(folder, 65_534);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /complete/);
    assert.equal(existsSync(join(folder, 'dist/compile-cache')), false);
  });
});
