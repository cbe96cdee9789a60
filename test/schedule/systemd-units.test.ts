// Units of systemd: what they run, as whom, with which files, and what follows from each exit code.
import assert from 'node:assert/strict';
import { EXIT_CODES } from '../../src/errors.js';
import { cadenceFor } from '../../src/schedule/cadence.js';
import { enablingCommands, systemdUnits } from '../../src/schedule/systemd-units.js';
import type { Schedule } from '../../src/schedule/schedule.js';
import { aSchedule } from '../support/schedules.js';

function unit(name: string, changes: Partial<Schedule> = {}): readonly string[] {
  const found = systemdUnits(aSchedule(changes)).find((file) => file.name === name);
  return (found ?? assert.fail(`no ${name}`)).content.split('\n');
}

function valuesOf(lines: readonly string[], key: string): readonly string[] {
  return lines
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
}

const rotate = (changes: Partial<Schedule> = {}) => unit('kms-rotate.service', changes);
const named = (path: string) => ({ namedBy: 'x', path });

describe('units of systemd', () => {
  it('are a service and a timer for runs and for warnings, and one that tells of failures', () => {
    assert.deepEqual(
      systemdUnits(aSchedule({ prefix: 'kms-eu' })).map(({ name }) => name),
      [
        ...['kms-eu-rotate.service', 'kms-eu-rotate.timer', 'kms-eu-warnings.service'],
        ...['kms-eu-warnings.timer', 'kms-eu-failed@.service'],
      ],
    );
    assert.ok(unit('kms-rotate.timer').includes('OnCalendar=*-*-* *:07:00 UTC'));
    assert.ok(unit('kms-warnings.service').includes('ExecStart=/usr/local/bin/kms warnings'));
    assert.match(rotate()[1] ?? '', /systemd 251 or later/);
    assert.deepEqual(valuesOf(rotate(), 'LimitCORE'), ['0']);
  });

  it('put every exit code where its meaning belongs', () => {
    const codes = (key: string) => (valuesOf(rotate(), key)[0] ?? '').split(' ').map(Number);
    const byAction = (action: string) =>
      EXIT_CODES.flatMap((row) => (row.action === action ? [row.code] : []));
    assert.deepEqual(codes('SuccessExitStatus'), byAction('run-again'));
    assert.deepEqual(codes('RestartPreventExitStatus'), byAction('look'));
    assert.deepEqual(valuesOf(rotate(), 'OnFailure'), ['kms-failed@%n.service']);
  });

  for (const every of [60, 120, 300, 600, 720, 900, 1200, 3600, 86_400]) {
    it(`have no start limit that runs every ${every} seconds reach, with their retries`, () => {
      const lines = rotate({ rotation: cadenceFor(every, '') });
      const [interval, burst] = ['StartLimitIntervalSec', 'StartLimitBurst'].map((key) =>
        Number(valuesOf(lines, key)[0]),
      );
      const isRetried = valuesOf(lines, 'Restart')[0] === 'on-failure';
      if (interval === 0) assert.equal(isRetried, false);
      // The tries of one run are over before the next one starts.
      else assert.ok(isRetried && (interval ?? 0) < every && burst === 4);
    });
  }

  for (const [what, changes, expected] of [
    ['the owner of an SQLite store', {}, { User: ['kms'], ReadWritePaths: ['/var/lib/kms'] }],
    ['nobody in particular', { user: null, sqlite: null }, { DynamicUser: ['yes'], User: [] }],
    [
      'one who may write metrics too',
      { files: { read: [], executed: [], written: [named('/var/metrics/kms.prom')] } },
      { ReadWritePaths: ['/var/lib/kms', '-/var/metrics'] },
    ],
    [
      'one who sees a home, but no other',
      { sqlite: '/home/a b/kms.db' },
      { ProtectHome: ['read-only'], ReadWritePaths: ['"/home/a b"'] },
    ],
    ['one who sees no home', {}, { ProtectHome: ['yes'] }],
    [
      'one who sees a store and a socket in /tmp',
      { sqlite: '/tmp/store/kms.db', sockets: ['/tmp/mysql.sock', '/run/mysql.sock'] },
      { BindPaths: ['-/tmp/store', '-/tmp/mysql.sock'], ReadWritePaths: [] },
    ],
  ] as const) {
    it(`run as ${what}`, () => {
      for (const [key, values] of Object.entries(expected)) {
        assert.deepEqual(valuesOf(rotate(changes), key), values, key);
      }
    });
  }

  it('pass the files that settings and variables name as credentials', () => {
    const lines = rotate({
      configFile: '/etc/kms/kms.toml',
      secrets: [{ variable: 'KMS_DATABASE_URL_FILE', file: '/etc/kms/url', isMissing: true }],
      variables: [{ name: 'PGSSLKEY', value: '/etc/a key', isFile: true }],
      files: {
        read: [named('/etc/50%/ca.pem'), named('rel'), named('/é')],
        executed: [],
        written: [],
      },
    });
    assert.deepEqual(valuesOf(lines, 'LoadCredential'), [
      'kms.toml:/etc/kms/kms.toml',
      'etc@a key:/etc/a key',
      'etc@kms@url:/etc/kms/url',
      'etc@50%%@ca.pem:/etc/50%%/ca.pem',
    ]);
    // A destination that is wrong never stops a rotation: its file may be missing.
    assert.deepEqual(valuesOf(lines, 'SetCredential'), ['etc@50%%@ca.pem:\\n']);
    assert.deepEqual(valuesOf(lines, 'Environment').slice(1), [
      'KMS_CONFIG=%d/kms.toml',
      '"PGSSLKEY=%d/etc@a key"',
      'KMS_DATABASE_URL_FILE=%d/etc@kms@url',
    ]);
    assert.ok(
      lines.includes('# Write the database URL into /etc/kms/url, readable by root alone.'),
    );
  });

  it('are a template with an instance for each shard', () => {
    const lines = unit('kms-rotate@.service', { shards: 3 });
    assert.ok(lines.includes('ExecStart=/usr/local/bin/kms rotate due --shard %i/3'));
    assert.deepEqual(enablingCommands(aSchedule({ shards: 3 })), [
      'systemctl daemon-reload',
      'systemctl enable --now kms-rotate@0.timer kms-rotate@1.timer kms-rotate@2.timer kms-warnings.timer',
    ]);
  });

  it('take percent and dollar signs, blanks, quotes and line breaks literally', () => {
    const lines = rotate({
      kms: '/opt/50% "off" $x/kms',
      variables: [{ name: 'A', value: '1%\n\\2', isFile: false }],
    });
    assert.ok(lines.includes('ExecStart="/opt/50%% \\"off\\" $$x/kms" rotate due'));
    assert.ok(lines.includes('Environment="A=1%%\\n\\\\2"'));
  });
});
