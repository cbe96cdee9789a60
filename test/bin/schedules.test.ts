// The printed schedules as the programs that read them see them: cron, systemd, the official Kubernetes
// schemas; and every command in them is really run.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSeq, parseAllDocuments } from 'yaml';
import { runBinary, runOn, RUN_JS } from '../support/binary.js';
import { makeAuthority } from '../support/certificates.js';
import { needKubernetesValidate } from '../support/kubernetes-validate.js';
import { need } from '../support/left-out.js';
import { until } from '../support/poll.js';
import { privateSystemd } from '../support/private-systemd.js';
import { needPrograms } from '../support/programs.js';
import { newStorePath } from '../support/sqlite.js';
import { schemaErrors } from '../support/schema.js';
import { temporaryFolder } from '../support/temporary.js';

interface Printed {
  readonly files: readonly { readonly name: string; readonly content: string }[];
  readonly notices: readonly string[];
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

    it('has lines that each run by themselves, and print nothing where nothing is due', async () => {
      const { files } = await printed('cron', { KMS_DATABASE_URL: store }, '--shards', '2');
      const commands = (files[0]?.content ?? '').split('\n').filter((line) => /^[\d*]/.test(line));
      assert.equal(commands.length, 3);
      for (const line of commands) {
        const command = line.split(' ').slice(5).join(' ').replaceAll('\\%', '%');
        const home = temporaryFolder();
        const env = { HOME: home, LOGNAME: 'root', PATH: '/usr/bin:/bin' };
        const ran = spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8', env, cwd: home });
        assert.deepEqual([ran.status, ran.stdout, ran.stderr], [0, '', ''], command);
      }
    });

    it('merges its lines into a crontab, which it leaves as it was where it fails', () => {
      const merge = (input: string, ...argv: string[]) => {
        const env = { PATH: process.env['PATH'], HOME: '/', KMS_DATABASE_URL: store };
        const given = [RUN_JS, 'schedule', 'cron', '--merge', ...argv];
        return spawnSync(process.execPath, given, { encoding: 'utf8', input, env });
      };
      const once = merge('0 0 * * * other\n').stdout;
      const again = merge(once, '--every', '15m').stdout;
      assert.match(again, /^0 0 \* \* \* other\n# BEGIN kms/);
      assert.deepEqual([...again.matchAll(/rotate due/g)].length, 1);
      assert.match(
        merge('7 * * * * kms rotate due\n').stderr,
        /line 1 of the crontab is outside of the block/,
      );
      const failed = merge(once, '--every', '7m', '--quiet');
      assert.deepEqual([failed.status, failed.stdout], [2, once]);
      const another = once.replaceAll(store, '/another.db');
      const refused = merge(another);
      assert.deepEqual([refused.status, refused.stdout], [2, another]);
      assert.match(refused.stderr, /of the crontab is the schedule of another store/);
      assert.equal(merge(another, '--force').stdout, once);
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
        for (const path of instances.filter((name) =>
          /-(rotate|warnings)@?0?\.service$/.test(name),
        )) {
          assert.ok(exposureOf(path) <= MOST_EXPOSED, `${path}: ${exposureOf(path)}`);
        }
      }
    });

    it('runs under a real systemd: as its user, with its files, hooks and metrics', async function () {
      this.timeout(120_000);
      needPrograms(this, 'systemd');
      need(this, 'root', process.getuid?.() === 0);
      const systemd = await privateSystemd();
      need(this, 'namespaces for a systemd', systemd !== null);
      const { units, kms, log, run } = systemd ?? assert.fail();
      try {
        const url = 'sqlite:/srv/a store/kms.db';
        // Each line is one rule of the units.
        const setUp = `
          mkdir -p '/srv/a store' /srv/metrics; chown daemon '/srv/a store' /srv/metrics
          openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout /dev/null -out '/srv/ca 1.pem'
          printf '#!/bin/sh\\n${kms} key list --quiet && head -1 "$CREDENTIALS_DIRECTORY/srv@ca 1.pem" && ulimit -c' > /srv/hook
          printf '[telemetry]\\nmetrics_file = "/srv/metrics/kms.prom"\\n[log]\\nlevel = "info"\\n[hooks]\\non_finished = "/srv/hook"\\n[notify.smtp]\\nca_file = "/srv/ca 1.pem"\\n' > /srv/kms.toml
          chmod 600 /srv/kms.toml '/srv/ca 1.pem'; chmod 755 /srv/hook
          setpriv --reuid daemon --clear-groups ${kms} init --yes
          setpriv --reuid daemon --clear-groups ${kms} key create a --interval 90d --initial-date 2025-01-01
          ${kms} schedule systemd --every 1m --config /srv/kms.toml --output '${units}' && systemctl daemon-reload`;
        const made = run(['sh', '-c', setUp], { KMS_DATABASE_URL: url, HOME: '/srv' });
        assert.equal(made.status, 0, made.text);
        // More often than any start limit would allow.
        for (let start = 0; start < 6; start += 1) {
          const started = run(['systemctl', 'start', 'kms-rotate.service']);
          assert.equal(started.status, 0, started.text + readFileSync(log, 'utf8'));
        }
        const printed = readFileSync(log, 'utf8');
        assert.match(printed, /1 rotated/);
        assert.match(printed, /-----BEGIN CERTIFICATE-----[^]*\b0$/m);
        assert.equal(run(['stat', '-c', '%a %U', '/srv/metrics/kms.prom']).text, '644 daemon\n');
        // A user of systemd's own, and a server that is not there.
        const secret = 'echo postgres://kms:hunter2@127.0.0.1:1/kms > /srv/url; chmod 600 /srv/url';
        const argv = `${secret}; ${kms} schedule systemd --name server --output '${units}'; systemctl daemon-reload`;
        run(['sh', '-c', argv], { KMS_DATABASE_URL_FILE: '/srv/url', HOME: '/srv' });
        run(['systemctl', 'start', '--no-block', 'kms-server-rotate.service']);
        const show = ['systemctl', 'show', '-p', 'ExecMainStatus', 'kms-server-rotate.service'];
        const status = () => run(show).text;
        await until('the run has ended', () => status() !== 'ExecMainStatus=0\n', 30_000, 100);
        assert.equal(status(), 'ExecMainStatus=3\n');
        assert.match(readFileSync(log, 'utf8'), /127\.0\.0\.1/);
      } finally {
        systemd?.stop();
      }
    });

    it('runs its commands', async () => {
      const { files } = await printed('systemd', { KMS_DATABASE_URL: store }, '--shards', '2');
      for (const { content } of files.filter(({ name }) =>
        /-(rotate|warnings)@?0?\.service$/.test(name),
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
      const validate = needKubernetesValidate(this);
      for (const argv of [[], ['--shards', '4', '--every', '15m', '--user', '1000']]) {
        const { files } = await printed('kubernetes', SERVER, ...argv);
        const path = join(temporaryFolder(), 'kms.yaml');
        writeFileSync(path, files[0]?.content ?? '');
        assert.equal(complaintOf(validate, ['--strict', path]), '');
      }
    });

    it('has a configuration that passes config check in a pod, with its Secret filled in', async () => {
      const folder = temporaryFolder();
      const { cert } = makeAuthority('ca');
      const config = join(folder, 'complete.toml');
      writeFileSync(config, completeToml(cert));
      const url = `postgres://kms:hunter2@db/kms?sslmode=verify-full&sslrootcert=${cert}`;
      const env = {
        KMS_DATABASE_URL: url,
        KMS_NOTIFY_SMTP_PASSWORD: 'hunter2',
        KMS_CONFIG: config,
      };
      const { files, notices } = await printed('kubernetes', env);
      const pod = podOf(files[0]?.content ?? '', temporaryFolder());
      const ended = await runBinary(['config', 'check', '--json'], { env: pod.env });
      assert.equal(ended.code, 0, ended.stdout + ended.stderr);
      const shown = await runBinary(['config', 'show', '--json'], { env: pod.env });
      const { settings } = JSON.parse(shown.stdout) as {
        settings: { name: string; value: unknown }[];
      };
      const valueOf = (name: string) => settings.find((one) => one.name === name)?.value;
      assert.deepEqual(
        ['notify.smtp.username', 'notify.smtp.password', 'notify.webhooks'].map(valueOf),
        ['kms', '***', '***'],
      );
      for (const left of ['hooks.on_rotated', 'telemetry.metrics_file', 'secret_file']) {
        assert.ok(
          notices.some((notice) => notice.includes(left)),
          left,
        );
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

/** Every kind of setting that is secret, or names a file. */
function completeToml(cert: string): string {
  return `[notify]
recipients = [{ address = "ops@example.org" }]
webhooks = [
  { name = "a", url = "https://siem.example.org/hunter2", secret = "whsec_aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg==" },
  { name = "b", url_file = "/etc/b", secret_file = "/etc/b-secret", ca_file = "${cert}", timeout = "5s" },
]
[notify.smtp]
host = "mail.example.org"
from = "kms@example.org"
username = "kms"
ca_file = "${cert}"
[hooks]
on_rotated = "/etc/kms/rotated"
[telemetry]
metrics_file = "/var/lib/node_exporter/kms.prom"
`;
}

/** Writes what a pod mounts below a folder, with the Secret filled in, and returns its environment. */
function podOf(content: string, root: string): { readonly env: Record<string, string> } {
  const inPod = (text: string) =>
    text.replaceAll(/\/(?:etc|run\/secrets)\/kms(?=\/)/g, `${root}$&`);
  const [configMap, secret, cronJob] = parseAllDocuments(content);
  const entriesOf = (document: typeof configMap, member: string) =>
    Object.entries((document?.toJS() as Record<string, Record<string, string>>)[member] ?? {});
  for (const [folder, entries] of [
    ['/etc/kms', entriesOf(configMap, 'data')],
    ['/run/secrets/kms', entriesOf(secret, 'stringData')],
  ] as const) {
    mkdirSync(join(root, folder), { recursive: true });
    for (const [name, text] of entries) {
      writeFileSync(
        join(root, folder, name),
        inPod(text.replace(/^CHANGE-ME$/, FILLED_IN[name] ?? 'x')),
      );
    }
  }
  const path = ['spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers', 0, 'env'];
  const env = (cronJob?.getIn(path) as { toJSON(): { name: string; value: string }[] }).toJSON();
  return { env: Object.fromEntries(env.map(({ name, value }) => [name, inPod(value)])) };
}

const FILLED_IN: Readonly<Record<string, string>> = {
  'webhook-1-url': 'https://siem.example.org/x',
  'webhook-1-secret': 'whsec_aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg==',
  'webhook-2-url': 'https://other.example.org/x',
  'webhook-2-secret': 'whsec_aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg==',
};

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
