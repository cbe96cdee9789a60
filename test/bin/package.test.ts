// What is published: files, manifest, licences and bill of materials; and what a user has who has installed it, with an
// empty home, an empty environment, and nothing but the path to find it by.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bomErrors } from '../support/bill-of-materials.js';
import { describeEachDatabase } from '../support/databases.js';
import { ROOT, textOf } from '../support/examples.js';
import { install, packed, type Installed, type Packed } from '../support/installed-package.js';
import { need } from '../support/left-out.js';
import { mayInstall, needPrograms } from '../support/programs.js';
import { temporaryFolder } from '../support/temporary.js';

/** SQLite's driver alone brings 38 packages, and half of these bytes. */
const MOST_PACKAGES = 45;
const MOST_BYTES = 25e6;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly man: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
}

interface BillOfMaterials {
  readonly components: readonly {
    readonly group?: string;
    readonly name: string;
    readonly version: string;
  }[];
}

const manifestOf = (path: string) => JSON.parse(textOf(path)) as Manifest;

describe('the package', () => {
  let pack: Packed;
  before(() => {
    pack = packed();
  });

  it('holds what is needed, and nothing else', () => {
    const several = /^(dist\/schemas\/[\w-]+\.json|dist\/code-cache\/[\w.-]+|man\/.*)$/;
    const rest = pack.files.filter((path) => !several.test(path));
    assert.deepEqual(rest.sort(), [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'THIRD-PARTY-NOTICES',
      'bin/run.js',
      'dist/kms.cjs',
      'dist/kms.toml.schema.json',
      'dist/loader.cjs',
      'dist/mysql2.cjs',
      'dist/pair-worker.cjs',
      'dist/pg.cjs',
      'dist/sbom.cdx.json',
      'oclif.manifest.json',
      'package.json',
    ]);
  });

  it('holds every page of the manual, and lists it for npm', () => {
    const pages = readdirSync(join(ROOT, 'man'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.\d$/.test(path))
      .map((path) => `man/${path}`)
      .sort();
    assert.deepEqual([...manifestOf('dist/package/package.json').man].sort(), pages);
    assert.deepEqual(pack.files.filter((path) => path.startsWith('man/')).sort(), pages);
  });

  it('holds the code that V8 compiled for the Node that built it', () => {
    const v8 = process.versions.v8.replace(/-.*/, '');
    assert.ok(pack.files.includes(`dist/code-cache/${process.arch}-${v8}`));
  });

  it('depends on SQLite’s driver alone, in the version that the repository is built with', () => {
    const range = manifestOf('package.json').dependencies['better-sqlite3'];
    assert.deepEqual(manifestOf('dist/package/package.json').dependencies, {
      'better-sqlite3': range,
    });
  });

  it('brings the licence of each package that is bundled into it', () => {
    const { status, stderr } = spawnSync(process.execPath, ['bin/dev/notices.js', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.deepEqual([status, stderr], [0, '']);
  });

  it('brings a bill of materials that is valid CycloneDX', () => {
    assert.deepEqual(bomErrors(JSON.parse(textOf('dist/package/dist/sbom.cdx.json'))), []);
  });

  it('is not what npm packs in the root of the repository, where it says what to run', () => {
    const { status, stdout } = spawnSync('npm', ['pack', '--dry-run'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stdout, /run npm run package$/m);
  });

  describe('installed', () => {
    const prefix = temporaryFolder();
    const home = temporaryFolder();
    const path = `${prefix}/bin:${dirname(process.execPath)}:/usr/bin:/bin`;
    let what: Installed;

    before(function () {
      this.timeout(300_000);
      need(this, 'the npm registry (KMS_TEST_INSTALL=1)', mayInstall);
      what = install(pack.path, prefix);
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

    it('is small: few packages, and not many bytes', () => {
      assert.ok(what.packages.length <= MOST_PACKAGES, `${what.packages.length} packages`);
      assert.ok(what.bytes <= MOST_BYTES, `${what.bytes} bytes`);
    });

    it('consists of packages that the bill of materials lists', () => {
      const text = textOf('dist/package/dist/sbom.cdx.json');
      const { components } = JSON.parse(text) as BillOfMaterials;
      const listed = components.map(({ group, name }) => (group ? `${group}/${name}` : name));
      const missing = what.packages.filter((name) => !listed.includes(name));
      assert.deepEqual(missing, ['kms-rotate']);
    });

    it('can load every command', () => {
      const load = `const { COMMANDS } = require('${prefix}/lib/node_modules/kms-rotate/dist/loader.cjs');
        console.log(Object.keys(COMMANDS).filter((id) => COMMANDS[id].summary ?? COMMANDS[id].hidden).length);`;
      const { stdout, stderr } = run(`node -e "${load.replaceAll('\n', ' ')}"`);
      const ids = Object.keys(
        (JSON.parse(textOf('oclif.manifest.json')) as { commands: object }).commands,
      );
      assert.deepEqual([stdout, stderr], [`${ids.length}\n`, '']);
    });

    it('says its version, makes a store, a key in it, and lists it, by the path alone', () => {
      const { version } = manifestOf('package.json');
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
        needPrograms(this, 'man-db');
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

    describeEachDatabase('rotates by the driver that it brings', (database) => {
      it('what is due in a store of its own making', async () => {
        const env = { KMS_DATABASE_URL: await database.create() };
        for (const [line, shown] of [
          ['kms init --yes', /^made a new key store: /],
          ['kms key create a --keyset --interval 90d --initial-date 2025-01-01', /^a$/m],
          ['kms due list', /^a .* overdue /m],
          ['kms rotate due', /^1 rotated$/m],
          ['kms history', /rotated +a@1/],
          ['kms --version', /: tables /],
        ] as const) {
          const { status, stdout, stderr } = run(line, env);
          assert.deepEqual([status, stderr], [0, ''], line);
          assert.match(stdout, shown, line);
        }
      });
    });
  });
});
