// The settings in force as pods can use them: the same but for what is secret or of this host.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { podConfiguration } from '../../src/schedule/pod-configuration.js';
import { newMounts } from '../../src/schedule/pod-mounts.js';
import { resolveSettings } from '../../src/settings/resolve-settings.js';
import { SETTING_NAMES, settingNamed, variableOf } from '../../src/settings/settings.js';
import { tries } from '../support/effort.js';
import { temporaryFolder } from '../support/temporary.js';

const folder = temporaryFolder();

const settingsIn = (env: Readonly<Record<string, string | undefined>>) =>
  resolveSettings({ flags: {}, env: { XDG_CONFIG_HOME: folder, ...env }, cwd: folder });

const tomlOf = (env: Readonly<Record<string, string | undefined>>) =>
  podConfiguration(settingsIn(env), newMounts()).toml;

describe('the configuration of pods', () => {
  it('has what was set, and no default', () => {
    assert.equal(tomlOf({}), '# every setting has its default\n');
    const toml = tomlOf({ KMS_ROTATION_KEY_ENCRYPTION_KEY: 'kek "1"' });
    assert.match(toml, /^\[rotation\]\n#.*\nkey_encryption_key = "kek \\"1\\""$/m);
  });

  it('has entries of a Secret for secrets and files, and certificates as they are', () => {
    const mounts = newMounts();
    const certificate = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';
    writeFileSync(join(folder, 'ca.pem'), certificate);
    writeFileSync(join(folder, 'both.pem'), `${certificate}-----BEGIN PRIVATE KEY-----\n`);
    const { toml, variables } = podConfiguration(
      settingsIn({
        KMS_DATABASE_URL: 'mysql://kms:hunter2@db/kms',
        KMS_NOTIFY_SMTP_PASSWORD: 'hunter2',
        KMS_NOTIFY_SMTP_CA_FILE: join(folder, 'ca.pem'),
        KMS_NOTIFY_WEBHOOKS: JSON.stringify([
          { name: 'a', url: 'https://hunter2', secret_file: '/secret', timeout: '5s' },
          { url_file: '/url', ca_file: join(folder, 'both.pem') },
        ]),
        KMS_HOOKS_ON_FAILED: '/etc/kms/failed',
        KMS_TELEMETRY_METRICS_FILE: '/var/m.prom',
      }),
      mounts,
    );
    assert.ok(!JSON.stringify([toml, variables, mounts]).includes('hunter2'));
    assert.deepEqual(variables, [
      { name: 'KMS_NOTIFY_SMTP_PASSWORD_FILE', value: '/run/secrets/kms/notify-smtp-password' },
    ]);
    assert.deepEqual(mounts.files, { 'notify-smtp-ca.pem': certificate });
    assert.deepEqual(Object.keys(mounts.secrets), [
      ...['webhook-1-url', 'webhook-1-secret', 'webhook-2-url', 'webhook-2-ca'],
      'notify-smtp-password',
    ]);
    assert.match(
      toml,
      /^webhooks = \[\{ name = "a", url_file = "\/run\/secrets\/kms\/webhook-1-url", secret_file = ".*", timeout = "5s" \}/m,
    );
    assert.match(toml, /^ca_file = "\/etc\/kms\/notify-smtp-ca.pem"$/m);
    assert.doesNotMatch(toml, /\[hooks|metrics_file/);
    for (const named of ['secret_file', 'url_file', 'both.pem', 'hooks.on_failed', 'm.prom']) {
      assert.ok(mounts.notices.join('\n').includes(named), named);
    }
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
      'https://kms.example.org:9998',
      '10s',
      'a@b',
      '["/bin/it", "a\\tb"]',
      '[{ address = "a@b", events = ["failed"] }]',
    ],
  ];
  const CARRIED = SETTING_NAMES.filter(
    (name) =>
      settingNamed(name).secret !== true &&
      !/^hooks.on_|_file$|client_cert$|client_key$|^store.cadence$/.test(name),
  );
  const variables = fc.record(
    Object.fromEntries(
      CARRIED.map((name) => {
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
        writeFileSync(file, podConfiguration(given, newMounts()).toml);
        const again = settingsIn({ KMS_CONFIG: file });
        for (const name of SETTING_NAMES) {
          assert.deepEqual(again.get(name), given.get(name), name);
          const isSet = given.source(name).kind === 'variable';
          assert.equal(again.source(name).kind, isSet ? 'file' : 'default', name);
        }
      }),
      { numRuns: tries(20, 100) },
    );
  });
});
