// The settings in force as a kms.toml that means the same.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationToml } from '../../src/settings/export-toml.js';
import { resolveSettings } from '../../src/settings/sources.js';
import { temporaryFolder } from '../support/temporary.js';

const settingsIn = (env: Readonly<Record<string, string>>) =>
  resolveSettings({
    flags: {},
    env: { XDG_CONFIG_HOME: temporaryFolder(), ...env },
    cwd: temporaryFolder(),
  });

describe('the settings in force as a file', () => {
  it('say what was given, and no default', () => {
    assert.equal(configurationToml(settingsIn({})), '# every setting has its default\n');
    const given = settingsIn({ KMS_ROTATION_KEY_ENCRYPTION_KEY: 'kek "1"' });
    assert.equal(configurationToml(given).trim(), '[rotation]\nkey_encryption_key = "kek \\"1\\""');
  });

  it('hold no secret', () => {
    const given = settingsIn({ KMS_DATABASE_URL: 'mysql://kms:hunter2@db/kms' });
    assert.ok(!configurationToml(given).includes('hunter2'));
  });

  it('mean the same when they are read again', () => {
    const given = settingsIn({
      KMS_ROTATION_FIRST_DEADLINE: 'offset+interval',
      KMS_ROTATION_ROTATE_KEY_ENCRYPTION_KEY: 'true',
      KMS_LOG_LEVEL: 'error',
    });
    const file = join(temporaryFolder(), 'kms.toml');
    writeFileSync(file, configurationToml(given));
    const again = settingsIn({ KMS_CONFIG: file });
    for (const name of [
      'rotation.first_deadline',
      'rotation.rotate_key_encryption_key',
      'log.level',
    ] as const) {
      assert.equal(again.get(name), given.get(name));
    }
  });
});
