// The settings of the server that is asked: what belongs together, and when a plain connection is allowed.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KmsError } from '../../src/errors.js';
import { kmsServerSettings } from '../../src/settings/kms-server-settings.js';
import { resolveSettings } from '../../src/settings/resolve-settings.js';
import { temporaryFolder } from '../support/temporary.js';

type Env = Readonly<Record<string, string>>;

function settingsOf(env: Env, toml = '') {
  const cwd = temporaryFolder();
  const config = join(cwd, 'kms.toml');
  writeFileSync(config, toml);
  return kmsServerSettings(resolveSettings({ flags: { config }, env, cwd }));
}

function refusalOf(env: Env, toml?: string): string {
  try {
    settingsOf(env, toml);
  } catch (error) {
    assert.ok(error instanceof KmsError && error.reason === 'InvalidConfiguration');
    return error.message;
  }
  return assert.fail('nothing was refused');
}

const URL_ONLY = { KMS_SERVER_URL: 'https://kms.example.org:9998' };

describe('the settings of the server that is asked', () => {
  it('are off without a URL, whatever else is set', () => {
    assert.equal(settingsOf({ KMS_SERVER_TOKEN: 'x', KMS_SERVER_CLIENT_CERT: '/c.pem' }), null);
    assert.equal(settingsOf(URL_ONLY)?.timeoutSeconds, 10);
  });

  it('allow a plain connection to this host alone, unless told otherwise', () => {
    for (const host of ['127.0.0.1', '127.9.9.9:9998', '[::1]:9998', 'localhost:9998']) {
      const settings = settingsOf({ KMS_SERVER_URL: `http://${host}` });
      assert.equal(settings?.isInsecure, false, host);
    }
    for (const host of ['kms.example.org', '10.0.0.1', 'localhost.example.org', '128.0.0.1']) {
      const url = { KMS_SERVER_URL: `http://${host}` };
      assert.match(refusalOf(url), /plain HTTP/, host);
      assert.equal(settingsOf({ ...url, KMS_SERVER_INSECURE: 'true' })?.isInsecure, true, host);
    }
  });

  it('refuse a URL with a secret in it, and do not show it', () => {
    for (const url of ['https://u:marker@h/', 'https://h/?token=marker', 'https://h/#marker'])
      assert.doesNotMatch(refusalOf({ KMS_SERVER_URL: url }), /marker/);
  });

  it('take a certificate with its key alone', () => {
    const cert = { ...URL_ONLY, KMS_SERVER_CLIENT_CERT: '/c.pem' };
    assert.match(refusalOf(cert), /client_cert is set without server.client_key/);
    assert.match(refusalOf({ ...URL_ONLY, KMS_SERVER_CLIENT_KEY: '/k.pem' }), /without/);
    const both = settingsOf({ ...cert, KMS_SERVER_CLIENT_KEY: '/k.pem' });
    assert.deepEqual(both?.client, { certFile: '/c.pem', keyFile: '/k.pem' });
  });

  it('take the token of a variable, of its file, or of one that kms.toml names', () => {
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, 'of-file\n');
    const toml = '[server]\ntoken_file = "/run/token"\n';
    const tokenOf = (env: Env, text?: string) => settingsOf({ ...URL_ONLY, ...env }, text)?.token;
    assert.equal(tokenOf({}), null);
    assert.deepEqual(tokenOf({}, toml), { file: '/run/token' });
    assert.deepEqual(tokenOf({ KMS_SERVER_TOKEN: 'a' }, toml), { text: 'a' });
    assert.deepEqual(tokenOf({ KMS_SERVER_TOKEN_FILE: file }, toml), { text: 'of-file' });
    assert.match(refusalOf(URL_ONLY, `${toml}token = "a"\n`), /both set/);
  });
});
