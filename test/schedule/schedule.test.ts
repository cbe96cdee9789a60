// What a schedule runs and how often, for every scheduler alike.
import assert from 'node:assert/strict';
import { chownSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/settings/config.js';
import { KmsError } from '../../src/errors.js';
import {
  cadenceFor,
  scheduledRuns,
  scheduleFor,
  type Schedule,
} from '../../src/schedule/schedule.js';
import { resolveSettings } from '../../src/settings/resolve-settings.js';
import { temporaryFolder } from '../support/temporary.js';

const PROGRAM = { execPath: '/opt/node/bin/node', argv: ['node', '/usr/local/bin/kms'] };

function scheduleIn(env: Readonly<Record<string, string>>): Schedule {
  const sources = {
    flags: {},
    env: { XDG_CONFIG_HOME: temporaryFolder(), ...env },
    cwd: temporaryFolder(),
  };
  const settings = resolveSettings(sources);
  return scheduleFor(settings, loadConfig(sources), { every: 3600, shards: 1 }, PROGRAM);
}

describe('how often a schedule runs', () => {
  for (const [every, cron, calendar] of [
    [60, '*/1 * * * *', '*-*-* *:0/1:00'],
    [15 * 60, '*/15 * * * *', '*-*-* *:0/15:00'],
    [3600, '7 * * * *', '*-*-* *:07:00'],
    [6 * 3600, '7 */6 * * *', '*-*-* 0/6:07:00'],
    [86_400, '7 3 * * *', '*-*-* 03:07:00'],
    [7 * 86_400, '7 3 * * 1', 'Mon *-*-* 03:07:00'],
  ] as const) {
    it(`is said as ${cron} for ${every} seconds`, () => {
      assert.deepEqual(cadenceFor(every), { cron, calendar });
    });
  }

  for (const every of [0, 30, 7 * 60, 5 * 3600, 2 * 86_400, 30 * 86_400]) {
    it(`cannot be ${every} seconds, which cron would stretch or cut`, () => {
      assert.throws(
        () => cadenceFor(every),
        (error) => error instanceof KmsError && error.reason === 'InvalidArgument',
      );
    });
  }
});

describe('what a schedule runs', () => {
  it('is one run, or one for each shard', () => {
    assert.deepEqual(scheduledRuns({ shards: 1 }), [['rotate', 'due']]);
    assert.deepEqual(scheduledRuns({ shards: 2 }), [
      ['rotate', 'due', '--shard', '0/2'],
      ['rotate', 'due', '--shard', '1/2'],
    ]);
  });

  it('is the program as it was started, found with the Node that ran it', () => {
    const { kms, path } = scheduleIn({ KMS_DATABASE_URL: 'postgres://kms@db/kms' });
    assert.equal(kms, '/usr/local/bin/kms');
    assert.deepEqual(path, ['/usr/local/bin', '/opt/node/bin', '/usr/bin', '/bin']);
  });

  it('belongs to whoever owns the SQLite store', () => {
    const path = join(temporaryFolder(), 'kms.db');
    assert.deepEqual(scheduleIn({ KMS_DATABASE_URL: path }).sqlite, {
      path,
      user: userInfo().username,
    });
    if (process.getuid?.() !== 0) return;
    writeFileSync(path, '');
    chownSync(path, 12_345, 12_345);
    assert.equal(scheduleIn({ KMS_DATABASE_URL: path }).sqlite?.user, '12345');
  });

  it('asks for the URL of a server in a file, unless the configuration file has it', () => {
    const url = 'postgres://kms:hunter2@db/kms';
    const given = scheduleIn({ KMS_DATABASE_URL: url });
    assert.equal(given.secret?.variable, 'KMS_DATABASE_URL_FILE');
    assert.ok(!JSON.stringify(given).includes('hunter2'));
    const file = join(temporaryFolder(), 'kms.toml');
    writeFileSync(file, `[database]\nurl = "${url}"\n`);
    const inFile = scheduleIn({ KMS_CONFIG: file });
    assert.deepEqual([inFile.secret, inFile.configFile], [null, file]);
    assert.ok(!JSON.stringify(inFile).includes('hunter2'));
  });
});
