// What a program that kms starts is given to find the same store: whatever source names it, and nothing else.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveSettings } from '../../src/settings/resolve-settings.js';
import { storeVariables } from '../../src/settings/store-variables.js';
import { temporaryFolder } from '../support/temporary.js';

const folder = temporaryFolder();
const inFolder = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const toml = inFolder('kms.toml', '[database]\nurl = "of-file"\n');
const url = inFolder('url', 'postgres://u@h/d');
const KMS_NOTIFY_SMTP_PASSWORD = 'secret';

describe('the variables of the store', () => {
  for (const [named, flags, env, expected] of [
    ['a flag', { 'database-url': 'a.db' }, {}, { KMS_DATABASE_URL: 'a.db' }],
    ['a variable', {}, { KMS_DATABASE_URL: 'a.db' }, { KMS_DATABASE_URL: 'a.db' }],
    ['a file of its own', {}, { KMS_DATABASE_URL_FILE: url }, { KMS_DATABASE_URL_FILE: url }],
    ['KMS_CONFIG', {}, { KMS_CONFIG: toml }, { KMS_CONFIG: toml }],
    ['--config', { config: toml }, {}, { KMS_CONFIG: toml }],
    ['no source, and so the default', {}, { XDG_DATA_HOME: '/data' }, { XDG_DATA_HOME: '/data' }],
    [
      'a URL with a password beside it',
      { 'database-url': 'postgres://u@h/d' },
      { KMS_DATABASE_PASSWORD: 'p', PGSSLMODE: 'require', CREDENTIALS_DIRECTORY: '/c' },
      {
        ...{ KMS_DATABASE_URL: 'postgres://u@h/d', KMS_DATABASE_PASSWORD: 'p' },
        ...{ PGSSLMODE: 'require', CREDENTIALS_DIRECTORY: '/c' },
      },
    ],
  ] as const) {
    it(`lead to the store that ${named} names`, () => {
      const all = { XDG_CONFIG_HOME: '/nowhere', KMS_NOTIFY_SMTP_PASSWORD, ...env };
      const sources = { flags, env: all, cwd: '/' };
      assert.deepEqual(storeVariables(resolveSettings(sources), sources), expected);
    });
  }
});
