// What a schedule runs, as whom, and what it takes over of the environment that it is made in.
import assert from 'node:assert/strict';
import { chownSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { scheduledRuns } from '../../src/schedule/schedule.js';
import { scheduleOf } from '../support/schedules.js';
import { temporaryFolder } from '../support/temporary.js';

const folder = temporaryFolder();
const inFolder = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const PLAIN = 'postgres://kms@db/kms';
const WITH_PASSWORD = 'postgres://kms:hunter2@db/kms';
const PEER = 'postgres://ops@/kms?host=/run/postgresql';
const urlFile = inFolder('url', WITH_PASSWORD);
const passwordFile = inFolder('password', 'hunter2');
const webhooks = '[{ url = "https://hunter2.example.org" }]';

const schedule = (env: Readonly<Record<string, string>>) => scheduleOf({ env }).schedule;

describe('what a schedule runs', () => {
  it('is one run, or one for each shard', () => {
    assert.deepEqual(scheduledRuns({ shards: 1 }), [['rotate', 'due']]);
    assert.deepEqual(scheduledRuns({ shards: 2 }), [
      ['rotate', 'due', '--shard', '0/2'],
      ['rotate', 'due', '--shard', '1/2'],
    ]);
  });

  it('is the program as it was started, found with the Node that ran it', () => {
    const { kms, path } = schedule({ KMS_DATABASE_URL: PLAIN });
    assert.equal(kms, '/usr/local/bin/kms');
    assert.deepEqual(path, ['/usr/local/bin', '/opt/node/bin', '/usr/bin', '/bin']);
  });

  it('belongs to whoever owns the SQLite store, unless a user is named', () => {
    const path = join(folder, 'kms.db');
    const env = { KMS_DATABASE_URL: path };
    assert.deepEqual([schedule(env).sqlite, schedule(env).user], [path, userInfo().username]);
    assert.equal(scheduleOf({ env, request: { user: 'ops' } }).schedule.user, 'ops');
    if (process.getuid?.() !== 0) return;
    writeFileSync(path, '');
    chownSync(path, 12_345, 12_345);
    assert.equal(schedule(env).user, '12345');
  });

  for (const [what, env, user] of [
    ['the role', { KMS_DATABASE_URL: PEER }, 'ops'],
    ['PGUSER', { KMS_DATABASE_URL: 'postgres:///d?host=/run', PGUSER: 'ops' }, 'ops'],
    ['MariaDB’s user', { KMS_DATABASE_URL: 'mysql://ops@h/d?socket=/run/s' }, 'ops'],
    ['nobody, where a password lets it in', { KMS_DATABASE_URL: `${PEER}&password=hunter2` }, null],
    ['nobody, over the network', { KMS_DATABASE_URL: PLAIN }, null],
  ] as const) {
    it(`belongs to ${what} where a socket tells the server who it is`, () => {
      const { user: runs, asksForUser } = schedule(env);
      assert.deepEqual([runs, asksForUser], [user, user !== null]);
    });
  }
});

describe('what a schedule takes over', () => {
  const FILE = '/etc/kms/database-url';
  for (const [what, env, variables, secrets] of [
    ['a password', { KMS_DATABASE_URL: WITH_PASSWORD }, {}, { KMS_DATABASE_URL_FILE: FILE }],
    ['a URL that may need one', { KMS_DATABASE_URL: PLAIN }, {}, { KMS_DATABASE_URL_FILE: FILE }],
    [
      'a file of the URL',
      { KMS_DATABASE_URL_FILE: urlFile },
      {},
      { KMS_DATABASE_URL_FILE: urlFile },
    ],
    ['a socket', { KMS_DATABASE_URL: PEER }, { KMS_DATABASE_URL: PEER }, {}],
    [
      'a file of the password',
      { KMS_DATABASE_URL: PLAIN, KMS_DATABASE_PASSWORD_FILE: passwordFile },
      { KMS_DATABASE_URL: PLAIN },
      { KMS_DATABASE_PASSWORD_FILE: passwordFile },
    ],
    [
      'a password by itself',
      { KMS_DATABASE_URL: PLAIN, KMS_DATABASE_PASSWORD: 'hunter2' },
      { KMS_DATABASE_URL: PLAIN },
      { KMS_DATABASE_PASSWORD_FILE: '/etc/kms/database-password' },
    ],
    [
      'settings, secret or not',
      {
        ...{ KMS_DATABASE_URL: PEER, KMS_ROTATION_KEY_ENCRYPTION_KEY: 'kek' },
        ...{ KMS_NOTIFY_SMTP_PASSWORD: 'hunter2', KMS_NOTIFY_WEBHOOKS: webhooks },
      },
      { KMS_DATABASE_URL: PEER, KMS_ROTATION_KEY_ENCRYPTION_KEY: 'kek' },
      {
        KMS_NOTIFY_SMTP_PASSWORD_FILE: '/etc/kms/notify-smtp-password',
        KMS_NOTIFY_WEBHOOKS_FILE: '/etc/kms/notify-webhooks',
      },
    ],
    [
      'what steers connections and telemetry',
      {
        ...{ KMS_DATABASE_URL: PEER, PGAPPNAME: 'kms', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://o' },
        ...{ https_proxy: 'http://proxy', HOME: '/root', KMS_UNKNOWN: 'x' },
      },
      {
        ...{ KMS_DATABASE_URL: PEER, PGAPPNAME: 'kms', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://o' },
        ...{ https_proxy: 'http://proxy' },
      },
      {},
    ],
  ] as const) {
    it(`is ${what}, and never a secret itself`, () => {
      const given = schedule(env);
      const expected = { KMS_STORE_CADENCE: '1h', ...variables };
      assert.deepEqual(
        Object.fromEntries(given.variables.map(({ name, value }) => [name, value])),
        expected,
      );
      assert.deepEqual(
        Object.fromEntries(given.secrets.map(({ variable, file }) => [variable, file])),
        secrets,
      );
      assert.ok(!JSON.stringify(given).includes('hunter2'));
      assert.deepEqual(given.notices, []);
    });
  }

  it('names variables that may hold a secret and have no file', () => {
    const env = { PGPASSWORD: 'hunter2', OTEL_EXPORTER_OTLP_HEADERS: 'a=hunter2' };
    const proxy = { HTTPS_PROXY: 'http://u:hunter2@proxy' };
    const given = schedule({ KMS_DATABASE_URL: PEER, ...env, ...proxy });
    assert.deepEqual(
      given.notices.map((notice) => notice.split(' ')[0]).sort(),
      [...Object.keys(env), 'HTTPS_PROXY'].sort(),
    );
    assert.ok(!JSON.stringify(given).includes('hunter2'));
  });

  it('leaves the URL to the configuration file that has it', () => {
    const file = inFolder('kms.toml', `[database]\nurl = "${WITH_PASSWORD}"\n`);
    const given = schedule({ KMS_CONFIG: file });
    assert.deepEqual([given.secrets, given.configFile], [[], file]);
    assert.ok(!JSON.stringify(given).includes('hunter2'));
  });

  it('has names of its own where it has a name', () => {
    const given = (name: string) =>
      scheduleOf({ env: { KMS_DATABASE_URL: PLAIN }, request: { name } }).schedule;
    assert.equal(given('eu').prefix, 'kms-eu');
    assert.equal(given('eu').secrets[0]?.file, '/etc/kms/eu/database-url');
    for (const name of ['', 'EU', '-a', 'a/b', 'x'.repeat(40)]) {
      assert.throws(() => given(name), /cannot be a name/);
    }
  });

  it('runs at another minute for another store, and on another host', () => {
    const crons = ['a', 'b', 'c', 'd'].flatMap((hostname) =>
      ['a', 'b', 'c', 'd'].map(
        (name) =>
          scheduleOf({ hostname, env: { KMS_DATABASE_URL: `/${name}.db` } }).schedule.rotation.cron,
      ),
    );
    assert.ok(new Set(crons).size > 10, crons.join());
  });
});
