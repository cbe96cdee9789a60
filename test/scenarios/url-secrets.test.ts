// A password in a database URL, mistaken in every way that people mistake one, is in nothing that any command prints or
// writes, wherever the URL comes from; and no file or folder is made from such a text.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import AuditChangeKey from '../../src/commands/audit/change-key.js';
import AuditExport from '../../src/commands/audit/export.js';
import AuditHeads from '../../src/commands/audit/heads.js';
import AuditVerify from '../../src/commands/audit/verify.js';
import CertificateCreate from '../../src/commands/certificate/create.js';
import ConfigCheck from '../../src/commands/config/check.js';
import ConfigShow from '../../src/commands/config/show.js';
import Doctor from '../../src/commands/doctor.js';
import DueList from '../../src/commands/due/list.js';
import Forecast from '../../src/commands/forecast.js';
import History from '../../src/commands/history.js';
import Init from '../../src/commands/init.js';
import KeyCreate from '../../src/commands/key/create.js';
import KeyExport from '../../src/commands/key/export.js';
import KeyLineage from '../../src/commands/key/lineage.js';
import KeyList from '../../src/commands/key/list.js';
import KeyShow from '../../src/commands/key/show.js';
import KeyTree from '../../src/commands/key/tree.js';
import MonitoringPrometheus from '../../src/commands/monitoring/prometheus.js';
import NotifyList from '../../src/commands/notify/list.js';
import NotifyRetry from '../../src/commands/notify/retry.js';
import NotifyTest from '../../src/commands/notify/test.js';
import PolicyApply from '../../src/commands/policy/apply.js';
import PolicyClear from '../../src/commands/policy/clear.js';
import PolicyExport from '../../src/commands/policy/export.js';
import PolicySet from '../../src/commands/policy/set.js';
import PolicyShow from '../../src/commands/policy/show.js';
import Prune from '../../src/commands/prune.js';
import Report from '../../src/commands/report.js';
import RotateDue from '../../src/commands/rotate/due.js';
import RotateExtend from '../../src/commands/rotate/extend.js';
import RotateKey from '../../src/commands/rotate/key.js';
import ScheduleCron from '../../src/commands/schedule/cron.js';
import ScheduleKubernetes from '../../src/commands/schedule/kubernetes.js';
import ScheduleSystemd from '../../src/commands/schedule/systemd.js';
import Status from '../../src/commands/status.js';
import StatusAck from '../../src/commands/status/ack.js';
import StatusShow from '../../src/commands/status/show.js';
import StatusForget from '../../src/commands/status/forget.js';
import StatusUnack from '../../src/commands/status/unack.js';
import Version from '../../src/commands/version.js';
import Warnings from '../../src/commands/warnings.js';
import { readDatabaseUrl } from '../../src/store/connect/url/database-url.js';
import { runBare, type RunnableCommand } from '../support/command.js';
import { tries } from '../support/effort.js';
import { temporaryFolder } from '../support/temporary.js';

const MARKER = 'mQ7xVw2Kp9';

/** Texts with the marker for the password, or for a piece of it; nobody listens at port 1. */
const FORMS: readonly string[] = [
  // What can be used.
  'postgres://kms:MARK@127.0.0.1:1/kms',
  'postgresql://kms:MARK@127.0.0.1:1/kms?sslmode=disable',
  'POSTGRES://kms:MARK@127.0.0.1:1/kms',
  'mysql://kms:MARK@127.0.0.1:1/kms',
  'mariadb://kms:MARK@127.0.0.1:1/kms',
  'postgres://kms:a%40MARK@127.0.0.1:1/kms',
  'postgres://kms:a:MARK@127.0.0.1:1/kms',
  'postgres://kms:a@MARK@127.0.0.1:1/kms',
  'postgres://:MARK@127.0.0.1:1/kms',
  'postgres://kms:MARK@127.0.0.1:1,[::1]:1/kms',
  'postgres://127.0.0.1:1/kms?user=kms&password=MARK',
  'postgres://127.0.0.1:1/kms?pass%77ord=MARK&user=kms',
  'postgres://kms:MARK@127.0.0.1:1/kms?sslrootcert=/no/kms@1/ca.pem',
  'mysql://kms@127.0.0.1:1/kms?ssl-mode=REQUIRED&ssl-client-identity=/no.p12&ssl-client-identity-password=MARK',
  'postgres://kms@127.0.0.1:1/kms?sslmode=require&sslcert=/no&sslkey=/no&sslpassword=MARK',
  '"postgres://kms:MARK@127.0.0.1:1/kms"',
  `'mysql://kms:MARK@127.0.0.1:1/kms'`,
  ' postgres://kms:MARK@127.0.0.1:1/kms\n',
  '\ufeffpostgres://kms:MARK@127.0.0.1:1/kms',
  // Wrapped, or cut, or of another program.
  '“postgres://kms:MARK@db/kms”',
  '"postgres://kms:MARK@db/kms',
  '<postgres://kms:MARK@db/kms>',
  'url=postgres://kms:MARK@db/kms',
  'KMS_DATABASE_URL=postgres://kms:MARK@db/kms',
  'export KMS_DATABASE_URL="postgres://kms:MARK@db/kms"',
  'psql postgres://kms:MARK@db/kms',
  'jdbc:postgresql://db/kms?user=kms&password=MARK',
  'jdbc:mysql://kms:MARK@db/kms',
  'postgresql+psycopg2://kms:MARK@db/kms',
  'mongodb://kms:MARK@db/kms',
  'pg://kms:MARK@db/kms',
  'file:kms.db?key=MARK&x@y',
  'host=db user=kms password=MARK dbname=kms',
  "host='db' password = 'MARK'",
  'Server=db;Database=kms;User Id=kms;Password=MARK;',
  'Server=db;Uid=kms;Pwd=MARK;',
  // Without its scheme, or with half of it.
  'kms:MARK@db/kms',
  'kms:MARK@db:5432/kms?sslmode=require',
  ':MARK@db/kms',
  '//kms:MARK@db/kms',
  '/kms:MARK@db/kms',
  'postgres:kms:MARK@db/kms',
  'postgres:/kms:MARK@db/kms',
  'postgresql:/kms:MARK@db/kms',
  'postgres//kms:MARK@db/kms',
  'postgres;//kms:MARK@db/kms',
  'ostgres://kms:MARK@db/kms',
  'MARK://kms@db/kms',
  // With what a password may hold and a URL may not.
  'postgres://kms:MA/MARK@db/kms',
  'postgres://kms:1/MARK@db/kms',
  'postgres://kms:1?MARK@db/kms',
  'postgres://kms:1?a=b&MARK@db/kms',
  'postgres://kms:1/kms?MARK&x@db/kms',
  'postgres://kms:MARK#x@db/kms',
  'postgres://kms:x#MARK@db/kms',
  'postgres://kms:100%MARK@db/kms',
  'postgres://kms:[MARK@db/kms',
  'postgres://kms:x\nMARK@db/kms',
  'postgres://kms:MARK@d b/kms',
  'postgres://kms:MARK@db:port/kms',
  'postgres://kms:MARK@db:99999/kms',
  'postgres://kms:MARK@[db]/kms',
  'postgres://kms:MARK@db',
  'postgres://kms:MARK@/',
  'postgres://kms:MARK@db/kms?sslmod=require',
  'postgres://kms:MARK@db/kms?sslmode=MARK',
  'postgres://kms@db/kms?password=a&MARK',
  'postgres://kms:MARK@db/kms?password=MARK',
  'postgres://kms@db/kms?passwort=MARK',
  'mysql://kms@db/kms?password=MARK',
  'mysql://kms:MARK@a,b/kms',
  // Of SQLite.
  'sqlite://kms:MARK@db/kms',
  'sqlite:postgres://kms:MARK@db/kms',
  'sqlite:kms.db?key=MARK',
  'sqlite: MARK/kms.db',
  'sqlite://MARK/kms.db',
  '~/MARK/kms.db',
];

const COMMANDS: readonly (readonly [RunnableCommand, ...string[]])[] = [
  [ConfigShow],
  [Version],
  [ScheduleKubernetes],
  [Init, '--yes'],
  [DueList],
  [ScheduleCron],
  [ConfigCheck],
  [RotateDue],
  [ScheduleSystemd],
  [Init],
  [DueList, '--check'],
  [Init, '--print-grants'],
  [Init, '--remove', '--yes'],
  [Init, '--yes', '--save', 'saved.toml'],
  [Init, '--yes', '--copy', 'copied.db'],
  [RotateKey, 'k'],
  [RotateExtend, 'k', '--end', 'now'],
  [KeyCreate, 'k'],
  [KeyList],
  [KeyShow, 'k'],
  [KeyLineage, 'k'],
  [KeyTree, 'k'],
  [KeyExport, '--public', 'k'],
  [KeyExport, '--jwks', 'k'],
  [KeyExport, '--bundle', 'k'],
  [CertificateCreate, 'c', '--subject', 'CN=c'],
  [PolicyShow, 'k'],
  [PolicySet, 'k', '--interval', '1d'],
  [PolicyClear, 'k'],
  [PolicyExport],
  [Report],
  [Forecast],
  [History],
  [Warnings],
  [NotifyList],
  [NotifyRetry],
  [NotifyTest],
  [ConfigCheck, '--connect'],
  [Doctor],
  [Doctor, 'k'],
  [Doctor, '--fix', '--yes'],
  [MonitoringPrometheus],
  [PolicyApply, 'policy.toml'],
  [Prune, '--older-than', '400d', '--yes'],
  [Status],
  [Status, '--check'],
  [StatusShow, 'k'],
  [StatusAck, 'k', '--for', '1d', '--reason', 'r'],
  [StatusUnack, 'k'],
  [StatusForget, 'k'],
  [AuditVerify],
  [AuditChangeKey, '--old-key-file', '/dev/null'],
  [AuditHeads],
  [AuditExport],
];

/** They read no settings; the first takes a whole line for its arguments. */
const WITHOUT_SETTINGS = [
  'complete.ts',
  'completion.ts',
  'config/schema.ts',
  'monitoring/grafana.ts',
];

const OUTPUTS = [[], ['--json'], ['--log-format', 'json', '--log-level', 'info']] as const;

/** Each gives the text to a command: returns its arguments and variables. */
const SOURCES = {
  flag: (text: string) => ({ argv: ['--database-url', text], env: {} }),
  variable: (text: string) => ({ argv: [], env: { KMS_DATABASE_URL: text } }),
  file: (text: string) => ({ argv: [], env: { KMS_DATABASE_URL_FILE: fileOf(text) } }),
  'kms.toml': (text: string) => ({
    argv: ['--config', fileOf(`[database]\nurl = ${JSON.stringify(text)}\n`)],
    env: {},
  }),
} as const;

function fileOf(text: string): string {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** A folder to work in, and variables that lead all that is made into it. */
function emptyPlace(): { readonly folder: string; readonly env: Record<string, string> } {
  const folder = temporaryFolder();
  const homes = ['XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'HOME'].map((name) => {
    const path = join(folder, name);
    mkdirSync(path);
    return [name, path] as const;
  });
  return { folder, env: Object.fromEntries(homes) };
}

async function withEnvironment<T>(
  folder: string,
  env: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const cwd = process.cwd();
  const saved = Object.keys(env).map((name) => [name, process.env[name]] as const);
  process.chdir(folder);
  Object.assign(process.env, env);
  try {
    return await work();
  } finally {
    process.chdir(cwd);
    for (const [name, value] of saved) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
}

/** Every way to give a text to a command. */
const WAYS = COMMANDS.flatMap(([command, ...argv]) =>
  OUTPUTS.flatMap((output) =>
    Object.entries(SOURCES).map(([from, give]) => ({
      command,
      argv: [...argv, ...output],
      from,
      give,
    })),
  ),
);

/** A number of ways away, so that a few runs meet all commands, outputs and sources. */
const STRIDE = 83;

describe('a password in a database URL', () => {
  const place = emptyPlace();
  const untouched = () => readdirSync(place.folder, { recursive: true }).sort();
  const before = untouched();

  async function assertHidden(form: string, { command, argv, from, give }: (typeof WAYS)[number]) {
    const text = form.replaceAll('MARK', MARKER);
    const { argv: given, env } = give(text);
    const { exitCode, stdout, stderr } = await withEnvironment(
      place.folder,
      { ...place.env, ...env },
      () => runBare(command, [...argv, ...given]),
    );
    const what = `${argv.join(' ')} by ${from}: ${exitCode} ${stdout}${stderr}`;
    assert.ok(!(stdout + stderr).includes(MARKER), what);
    if (readDatabaseUrl(text).kind === 'mistake') assert.ok([2, 255].includes(exitCode), what);
    assert.deepEqual(untouched(), before, `made a file: ${what}`);
  }

  const runs = tries(3, 4, WAYS.length);

  for (const [index, form] of FORMS.entries()) {
    it(`is shown nowhere: ${JSON.stringify(form)}`, async () => {
      for (let run = 0; run < runs; run += 1) {
        const way = WAYS[((index * runs + run) * STRIDE) % WAYS.length];
        if (way !== undefined) await assertHidden(form, way);
      }
    }).timeout(600_000);
  }

  it('is given to every command', () => {
    const folder = join(import.meta.dirname, '../../src/commands');
    const files = readdirSync(folder, { recursive: true }).map(String);
    const commands = files.filter(
      (name) => name.endsWith('.ts') && !WITHOUT_SETTINGS.includes(name),
    );
    assert.equal(new Set(COMMANDS.map(([command]) => command)).size, commands.length);
  });

  it('is looked for by this very test', async () => {
    const way = { command: DueList, argv: [], from: 'flag', give: SOURCES.flag };
    await assert.rejects(assertHidden('/no/MARK.db', way), /there is no file/);
  });
});
