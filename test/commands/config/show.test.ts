// `kms config show` and `schema`: where each value comes from, and never a secret.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ConfigSchema from '../../../src/commands/config/schema.js';
import ConfigShow from '../../../src/commands/config/show.js';
import { SETTING_NAMES, settingNamed, variableOf } from '../../../src/settings/settings.js';
import { runCommand, runJson } from '../../support/command.js';
import { valid } from '../../support/documents.js';
import { temporaryFolder } from '../../support/temporary.js';

const URL_WITH_PASSWORD = 'postgres://kms:hunter2@db.example.org/kms';

function file(text: string): string {
  const path = join(temporaryFolder(), 'kms.toml');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

describe('kms config show', () => {
  const saved = { ...process.env };
  afterEach(() => {
    process.env = { ...saved };
  });

  it('tells of each setting its value and where that comes from', async () => {
    const config = file('[rotation]\nfirst_deadline = "offset+interval"\n');
    process.env['KMS_LOG_LEVEL'] = 'error';
    const argv = ['--config', config];
    const { exitCode, document } = await runJson(ConfigShow, URL_WITH_PASSWORD, argv);
    assert.equal(exitCode, 0);
    const shown = valid('config', document);
    assert.equal(shown.file, config);
    assert.deepEqual(
      shown.settings.map(({ name, variable }) => [name, variable]),
      SETTING_NAMES.map((name) => [name, variableOf(name)]),
    );
    const told = (name: string) => {
      const found = shown.settings.find((setting) => setting.name === name);
      return [found?.value, found?.source, found?.from];
    };
    const url = 'postgres://kms:***@db.example.org/kms';
    assert.deepEqual(told('database.url'), [url, 'flag', '--database-url']);
    assert.deepEqual(told('rotation.first_deadline'), ['offset+interval', 'file', config]);
    assert.deepEqual(told('log.level'), ['error', 'variable', 'KMS_LOG_LEVEL']);
    assert.deepEqual(told('rotation.key_encryption_key'), [null, 'default', null]);
    assert.deepEqual(told('notify.webhooks'), [[], 'default', null], 'no secret where none is set');
  });

  it('shows durations as they would be written; a document has seconds', async () => {
    const config = file('[hooks]\ntimeout = "45s"\n');
    const { stdout } = await runCommand(ConfigShow, URL_WITH_PASSWORD, ['--config', config]);
    assert.match(stdout, /^notify\.give_up_after +7d /m);
    assert.match(stdout, /^hooks\.timeout +45s /m);
    assert.match(stdout, /^hooks\.concurrency +4 /m);
    const { document } = await runJson(ConfigShow, URL_WITH_PASSWORD, ['--config', config]);
    const { settings } = valid('config', document);
    assert.equal(settings.find(({ name }) => name === 'notify.give_up_after')?.value, 604_800);
  });

  it('hides every secret, wherever it comes from', async () => {
    process.env['KMS_DATABASE_PASSWORD_FILE'] = file('hunter3');
    const config = file(`[database]\nurl = "postgres://kms@db/kms"\n`);
    const url = 'postgres://kms@db/kms';
    for (const argv of [[], ['--json']]) {
      const { stdout, stderr } = await runCommand(ConfigShow, url, ['--config', config, ...argv]);
      assert.ok(!`${stdout}${stderr}`.includes('hunter3'));
      assert.match(stdout, /KMS_DATABASE_PASSWORD_FILE/);
      assert.match(stdout, /\*\*\*/);
    }
  });

  it('shows a secret of none of the settings', () => {
    const secret = SETTING_NAMES.filter((name) => settingNamed(name).secret === true);
    assert.ok(secret.includes('database.password') && secret.includes('database.url'));
  });

  it('lists every variable in its help', () => {
    for (const name of SETTING_NAMES) {
      assert.ok(ConfigShow.description.includes(`${name}  ${variableOf(name)}`));
    }
  });
});

describe('kms config schema', () => {
  it('prints the schema alone, with --json or without', async () => {
    const plain = await runCommand(ConfigSchema, '/x.db', []);
    const json = await runCommand(ConfigSchema, '/x.db', ['--json']);
    assert.deepEqual(JSON.parse(plain.stdout), JSON.parse(json.stdout));
    assert.ok('database' in (JSON.parse(plain.stdout) as { properties: object }).properties);
  });
});
