// The printed schedules as the programs that read them see them: cron, systemd, the official Kubernetes
// schemas; and every command in them is really run.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSeq, parseAllDocuments } from 'yaml';
import { runBinary, runOn, RUN_JS } from '../support/binary.js';
import { need } from '../support/left-out.js';
import { mayInstall, needPrograms } from '../support/programs.js';
import { newStorePath } from '../support/sqlite.js';
import { schemaErrors } from '../support/schema.js';
import { temporaryFolder } from '../support/temporary.js';

interface Printed {
  readonly files: readonly { readonly name: string; readonly content: string }[];
}

const SERVER = { KMS_DATABASE_URL: 'postgres://kms:hunter2@db/kms' };

/** Systemd's own measure, from 0, wholly closed, to 10. */
const MOST_EXPOSED = 2;

describe('kms schedule', () => {
  let store: string;
  before(async () => {
    store = await newStorePath();
    assert.equal((await runOn(store, ['init', '--yes'])).code, 0);
  });

  const printed = async (
    scheduler: string,
    env: Readonly<Record<string, string>>,
    ...argv: string[]
  ) => {
    const ended = await runBinary(['schedule', scheduler, '--json', ...argv], { env });
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.ok(!ended.stdout.includes('hunter2'));
    const document: unknown = JSON.parse(ended.stdout);
    assert.deepEqual(schemaErrors('schedule', document), []);
    return document as Printed;
  };

  describe('cron', () => {
    it('is accepted by crontab, for a user and for shards', async function () {
      needPrograms(this, 'cron');
      for (const argv of [[], ['--every', '15m', '--shards', '3']]) {
        const { files } = await printed('cron', SERVER, ...argv);
        const path = join(temporaryFolder(), 'crontab');
        writeFileSync(path, files[0]?.content ?? '');
        assert.equal(complaintOf('crontab', ['-n', path]), '');
      }
    });

    it('runs its commands in cron’s environment, and prints nothing where nothing is due', async () => {
      const { files } = await printed('cron', { KMS_DATABASE_URL: store }, '--shards', '2');
      const lines = (files[0]?.content ?? '').split('\n');
      const env = Object.fromEntries(
        lines.filter((line) => /^[A-Z_]+=/.test(line)).map((line) => line.split(/=(.*)/s)),
      ) as Record<string, string>;
      const commands = lines.filter((line) => /^[\d*]/.test(line));
      assert.equal(commands.length, 3);
      for (const line of commands) {
        const command = line.split(' ').slice(5).join(' ').replaceAll('\\%', '%');
        const home = temporaryFolder();
        const ran = spawnSync('/bin/sh', ['-c', command], {
          encoding: 'utf8',
          env: { HOME: home, LOGNAME: 'root', ...env },
          cwd: home,
        });
        assert.deepEqual([ran.status, ran.stdout, ran.stderr], [0, '', ''], command);
      }
    });
  });

  describe('systemd', () => {
    it('passes systemd-analyze verify, and is hardly exposed', async function () {
      needPrograms(this, 'systemd');
      for (const [env, argv] of [
        [SERVER, []],
        [{ KMS_DATABASE_URL: store }, ['--shards', '2', '--every', '1d']],
      ] as const) {
        const folder = temporaryFolder();
        const { files } = await printed('systemd', env, ...argv, '--output', folder);
        assert.deepEqual(readdirSync(folder).sort(), files.map(({ name }) => name).sort());
        const units = files.map(({ name }) => join(folder, name));
        const instances = units.map((path) => path.replace('@.', '@0.'));
        for (const [index, path] of units.entries()) {
          if (instances[index] !== path) writeFileSync(instances[index]!, readFileSync(path));
        }
        assert.equal(complaintOf('systemd-analyze', ['verify', '--man=no', ...instances]), '');
        for (const path of instances.filter((name) => /kms-(rotate|warn).*service$/.test(name))) {
          assert.ok(exposureOf(path) <= MOST_EXPOSED, `${path}: ${exposureOf(path)}`);
        }
      }
    });

    it('runs its commands', async () => {
      const { files } = await printed('systemd', { KMS_DATABASE_URL: store }, '--shards', '2');
      for (const { content } of files.filter(({ name }) =>
        /kms-(rotate|warn).*service$/.test(name),
      )) {
        const command = /^ExecStart=(.*)$/m.exec(content)?.[1]?.replaceAll('%i', '1') ?? '';
        assert.ok(command.startsWith(`${RUN_JS} `), command);
        const { code, stdout, stderr } = await runOn(store, command.split(' ').slice(1));
        assert.deepEqual([code, stdout, stderr], [0, '', '']);
      }
    });
  });

  describe('kubernetes', () => {
    it('is valid by the official schemas, strictly', async function () {
      this.timeout(180_000);
      const validate = kubernetesValidate() ?? '';
      need(this, 'kubernetes-validate (KMS_TEST_INSTALL=1)', validate !== '');
      for (const argv of [[], ['--shards', '4', '--every', '15m']]) {
        const { files } = await printed('kubernetes', SERVER, ...argv);
        const path = join(temporaryFolder(), 'kms.yaml');
        writeFileSync(path, files[0]?.content ?? '');
        assert.equal(complaintOf(validate, ['--strict', path]), '');
      }
    });

    it('runs its commands', async () => {
      const { files } = await printed('kubernetes', SERVER, '--shards', '2');
      const paths = ['spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers', 0, 'args'];
      const all = parseAllDocuments(files[0]?.content ?? '')
        .map((document) => document.getIn(paths))
        .filter((args) => isSeq(args));
      assert.equal(all.length, 2);
      for (const args of all) {
        const argv = (args.toJSON() as string[]).map((argument) =>
          argument.replaceAll('$(JOB_COMPLETION_INDEX)', '1'),
        );
        const { code, stdout, stderr } = await runOn(store, argv);
        assert.deepEqual([code, stdout, stderr], [0, '', '']);
      }
    });
  });

  it('refuses what a scheduler cannot say, with what it can', async () => {
    const { code, stderr } = await runBinary(['schedule', 'cron', '--every', '7m']);
    assert.equal(code, 2);
    assert.match(stderr, /cannot say "every 7 min"[^]*15m, 1h, 6h, 1d/);
  });
});

/** Returns what a program has to say where it fails; nothing where it does not. */
function complaintOf(program: string, argv: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8' });
  return status === 0 ? '' : `exit code ${status}: ${stdout}${stderr}`;
}

function exposureOf(unit: string): number {
  const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', unit], {
    encoding: 'utf8',
  });
  return Number(/Overall exposure level for .*: ([\d.]+)/.exec(stdout)?.[1] ?? NaN);
}

/** Returns its path, or null: where a run may install, it is installed once on the machine. */
function kubernetesValidate(): string | null {
  const folder = join(tmpdir(), 'kms-test-kubernetes-validate');
  const program = join(folder, 'bin', 'kubernetes-validate');
  if (!existsSync(program) && mayInstall) {
    mkdirSync(folder, { recursive: true });
    spawnSync('python3', ['-m', 'venv', folder]);
    spawnSync(join(folder, 'bin', 'pip'), ['install', '--quiet', 'kubernetes-validate']);
  }
  return existsSync(program) ? program : null;
}
