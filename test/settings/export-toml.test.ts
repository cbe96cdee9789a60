// The settings in force as a kms.toml that means the same.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { configurationToml } from '../../src/settings/export-toml.js';
import { resolveSettings } from '../../src/settings/resolve-settings.js';
import { SETTING_NAMES, settingNamed, variableOf } from '../../src/settings/settings.js';
import { temporaryFolder } from '../support/temporary.js';

const folder = temporaryFolder();

const settingsIn = (env: Readonly<Record<string, string | undefined>>) =>
  resolveSettings({ flags: {}, env: { XDG_CONFIG_HOME: folder, ...env }, cwd: folder });

const statements = (toml: string) => toml.split('\n').filter((line) => !/^(#|$)/.test(line));

describe('configurationToml', () => {
  it('has what was set, and no default', () => {
    assert.equal(configurationToml(settingsIn({})), '# every setting has its default\n');
    const given = settingsIn({ KMS_ROTATION_KEY_ENCRYPTION_KEY: 'kek "1"' });
    assert.deepEqual(statements(configurationToml(given)), [
      '[rotation]',
      'key_encryption_key = "kek \\"1\\""',
    ]);
  });

  it('has no secret', () => {
    const given = settingsIn({ KMS_DATABASE_URL: 'mysql://kms:hunter2@db/kms' });
    assert.ok(!configurationToml(given).includes('hunter2'));
  });

  /** Texts of variables that each setting takes. */
  const TEXTS = [
    ...[
      'x "y" \\ é 😀',
      'true',
      'false',
      '1',
      '30,7',
      '8w',
      'offset',
      'offset+interval',
      'leave',
      'warn',
    ],
    ...[
      'json',
      'tls',
      '10s',
      'a@b',
      '["/bin/it", "a\\tb"]',
      '[{ address = "a@b", events = ["failed"] }]',
    ],
  ];
  const variables = fc.record(
    Object.fromEntries(
      SETTING_NAMES.filter((name) => settingNamed(name).secret !== true).map((name) => {
        const taken = TEXTS.filter(
          (text) => settingNamed(name).kind.readText(text).mistake === undefined,
        );
        return [variableOf(name), fc.constantFrom(...taken)];
      }),
    ),
    { requiredKeys: [] },
  );

  it('means the same when it is read again, whatever is set', () => {
    const file = join(folder, 'again.toml');
    fc.assert(
      fc.property(variables, (env) => {
        const given = settingsIn(env);
        writeFileSync(file, configurationToml(given));
        const again = settingsIn({ KMS_CONFIG: file });
        for (const name of SETTING_NAMES) {
          assert.deepEqual(again.get(name), given.get(name), name);
          const isSet = given.source(name).kind === 'variable';
          assert.equal(again.source(name).kind, isSet ? 'file' : 'default', name);
        }
      }),
    );
  });
});
