// What is published: the files of the package, its size, and what a user has who has installed it, with an empty
// home, an empty environment, and nothing but the path to find it by.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { textOf } from '../support/examples.js';
import { hasRegistry, install, packed, type Packed } from '../support/installed-package.js';
import { installed } from '../support/packages.js';
import { temporaryFolder } from '../support/temporary.js';

/** How far off the figures of README.md may be. */
const TOLERANCE = 0.1;

const figures =
  /([\d.]+) MB packed \(([\d.]+) MB unpacked[^)]*\), with about (\d+) production packages/.exec(
    textOf('README.md'),
  ) ?? [];
const [, packedMegabytes, unpackedMegabytes, packages] = figures.map(Number);

describe('the package', () => {
  let pack: Packed;
  before(() => {
    pack = packed();
  });

  it('holds what is needed, and nothing else', () => {
    const schema = /^dist\/schemas\/[\w-]+\.json$/;
    const rest = pack.files.filter((path) => !schema.test(path) && !/^man\/kms[\w.-]*$/.test(path));
    assert.deepEqual(rest.sort(), [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'bin/run.js',
      'dist/kms.cache',
      'dist/kms.cjs',
      'dist/kms.toml.schema.json',
      'dist/loader.cjs',
      'dist/pair-worker.cjs',
      'oclif.manifest.json',
      'package.json',
    ]);
  });

  it('lists for npm the pages that it holds', () => {
    const { man } = JSON.parse(textOf('package.json')) as { man: readonly string[] };
    assert.deepEqual([...man].sort(), pack.files.filter((path) => path.startsWith('man/')).sort());
  });

  it('is as large as README.md says', () => {
    assertNear(pack.packedBytes / 1e6, packedMegabytes);
    assertNear(pack.unpackedBytes / 1e6, unpackedMegabytes);
  });

  describe('installed', () => {
    const prefix = temporaryFolder();
    const home = temporaryFolder();
    const path = `${prefix}/bin:${dirname(process.execPath)}:/usr/bin:/bin`;
    let count: number;

    before(function () {
      this.timeout(300_000);
      if (!hasRegistry()) return this.skip();
      count = install(pack.path, prefix);
    });

    /** Runs a line as cron does: by a bare shell, in a bare environment. */
    const run = (line: string, more: Readonly<Record<string, string>> = {}) => {
      const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', line], {
        cwd: home,
        encoding: 'utf8',
        env: { HOME: home, PATH: path, SHELL: '/bin/sh', LOGNAME: 'ops', ...more },
      });
      return { status, stdout, stderr };
    };

    it('brings as many packages as README.md says', () => {
      assertNear(count, packages);
    });

    it('says its version, makes a store, a key in it, and lists it, by the path alone', () => {
      const { version } = JSON.parse(textOf('package.json')) as { version: string };
      assert.match(run('kms --version').stdout, new RegExp(`^kms ${version}\n`));
      for (const line of [
        'kms init --yes',
        'kms key create invoices --keyset --interval 90d --initial-date 2025-01-01',
      ]) {
        const { status, stderr } = run(line);
        assert.deepEqual([status, stderr], [0, ''], line);
      }
      assert.match(run('kms due list').stdout, /^invoices .* overdue /m);
      assert.ok(existsSync(join(home, '.local/share/kms/kms.db')));
    });

    it('runs by the crontab that it prints, and cron has nothing to mail the second time', () => {
      const { stdout, status } = run('kms schedule cron --every 15m');
      assert.equal(status, 0);
      const lines = stdout.split('\n');
      const settings = lines
        .filter((line) => /^[A-Z_]+=/.test(line))
        .map((line) => line.split('='));
      const command = lines
        .find((line) => line.includes('rotate due'))
        ?.split(' ')
        .slice(5);
      const env = Object.fromEntries(settings) as Record<string, string>;
      const runIt = () => run(command?.join(' ') ?? '', env);
      const first = runIt();
      assert.deepEqual([first.status, first.stderr], [0, '']);
      assert.match(first.stdout, /^1 rotated$/m);
      assert.deepEqual(runIt(), { status: 0, stdout: '', stderr: '' });
    });

    it('completes words in a shell', () => {
      const { status, stdout } = run('kms completion bash');
      assert.equal(status, 0);
      assert.match(stdout, /complete/);
    });

    for (const env of [{}, { MANPATH: `${prefix}/share/man` }]) {
      it(`has a manual that man finds ${'MANPATH' in env ? 'by MANPATH' : 'by the path alone'}`, function () {
        if (!installed('man-db')) return this.skip();
        for (const [page, file] of [
          ['kms', 'man1/kms.1'],
          ['kms-rotate-due', 'man1/kms-rotate-due.1'],
          ['kms.toml', 'man5/kms.toml.5'],
        ] as const) {
          const { stdout, status } = run(`man -w ${page}`, env);
          assert.equal(status, 0);
          assert.equal(stdout.trim(), realpathSync(join(prefix, 'share/man', file)));
        }
      });
    }
  });
});

function assertNear(found: number, told: number | undefined): void {
  assert.ok(told !== undefined, 'README.md states size and number of packages');
  assert.ok(Math.abs(found - told) <= told * TOLERANCE, `README.md says ${told}, it is ${found}`);
}
