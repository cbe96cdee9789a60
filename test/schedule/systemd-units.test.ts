// Units of systemd: what they run, as whom, and what follows from each exit code.
import assert from 'node:assert/strict';
import { EXIT_CODES } from '../../src/errors.js';
import { enablingCommands, systemdUnits } from '../../src/schedule/systemd-units.js';
import type { Schedule } from '../../src/schedule/schedule.js';
import { aSchedule } from '../support/schedules.js';

function unit(name: string, changes: Partial<Schedule> = {}): readonly string[] {
  const found = systemdUnits(aSchedule(changes)).find((file) => file.name === name);
  return (found ?? assert.fail(`no ${name}`)).content.split('\n');
}

function valuesOf(lines: readonly string[], key: string): readonly string[] {
  return lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.split('=')[1] ?? '');
}

describe('units of systemd', () => {
  it('are a service and a timer for runs and for warnings, and one that tells of failures', () => {
    assert.deepEqual(
      systemdUnits(aSchedule()).map(({ name }) => name),
      [
        'kms-rotate.service',
        'kms-rotate.timer',
        'kms-warnings.service',
        'kms-warnings.timer',
        'kms-failed@.service',
      ],
    );
    assert.ok(unit('kms-rotate.timer').includes('OnCalendar=*-*-* *:07:00 UTC'));
    assert.ok(unit('kms-warnings.service').includes('ExecStart=/usr/local/bin/kms warnings'));
  });

  it('put every exit code where its meaning belongs', () => {
    const lines = unit('kms-rotate.service');
    const codes = (key: string) => (valuesOf(lines, key)[0] ?? '').split(' ').map(Number);
    const byAction = (action: string) =>
      EXIT_CODES.flatMap((row) => (row.action === action ? [row.code] : []));
    assert.deepEqual(codes('SuccessExitStatus'), byAction('run-again'));
    assert.deepEqual(codes('RestartPreventExitStatus'), byAction('look'));
    assert.deepEqual(valuesOf(lines, 'Restart'), ['on-failure']);
    assert.deepEqual(valuesOf(lines, 'OnFailure'), ['kms-failed@%n.service']);
  });

  it('run as the owner of an SQLite store, who may write its folder alone', () => {
    const lines = unit('kms-rotate.service');
    assert.deepEqual(valuesOf(lines, 'User'), ['kms']);
    assert.deepEqual(valuesOf(lines, 'ReadWritePaths'), ['/var/lib/kms']);
    assert.deepEqual(valuesOf(lines, 'ProtectHome'), ['yes']);
    const sqlite = { path: '/home/a b/kms.db', user: 'a' };
    const inHome = unit('kms-rotate.service', { sqlite });
    assert.deepEqual(valuesOf(inHome, 'ProtectHome'), ['read-only']);
    assert.deepEqual(valuesOf(inHome, 'ReadWritePaths'), ['"/home/a b"']);
  });

  it('read a server’s URL and the configuration as credentials, as nobody in particular', () => {
    const secret = { variable: 'KMS_DATABASE_URL_FILE', file: '/etc/kms/database-url' };
    const lines = unit('kms-rotate.service', {
      secret,
      sqlite: null,
      configFile: '/etc/kms/kms.toml',
    });
    assert.deepEqual(valuesOf(lines, 'DynamicUser'), ['yes']);
    assert.deepEqual(valuesOf(lines, 'LoadCredential'), [
      'kms.toml:/etc/kms/kms.toml',
      'database-url:/etc/kms/database-url',
    ]);
    assert.ok(lines.includes('Environment=KMS_DATABASE_URL_FILE=%d/database-url'));
  });

  it('are a template with an instance for each shard', () => {
    const lines = unit('kms-rotate@.service', { shards: 3 });
    assert.ok(lines.includes('ExecStart=/usr/local/bin/kms rotate due --shard %i/3'));
    assert.deepEqual(enablingCommands(aSchedule({ shards: 3 })), [
      'systemctl daemon-reload',
      'systemctl enable --now kms-rotate@0.timer kms-rotate@1.timer kms-rotate@2.timer kms-warnings.timer',
    ]);
  });

  it('take percent and dollar signs, blanks and quotes of paths literally', () => {
    const lines = unit('kms-rotate.service', { kms: '/opt/50% "off" $x/kms' });
    assert.ok(
      lines.includes('ExecStart="/opt/50%% \\"off\\" $$x/kms" rotate due'),
      lines.join('\n'),
    );
  });
});
