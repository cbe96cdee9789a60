// Settings: flags before environment before kms.toml before defaults, and what is wrong named with the
// place where it stands (design §7).
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { loadConfig, type Config } from '../../src/settings/config.js';
import { KmsError } from '../../src/errors.js';
import type { ConfigSources } from '../../src/settings/resolve-settings.js';
import { SETTING_NAMES, variableOf } from '../../src/settings/settings.js';
import { temporaryFolder } from '../support/temporary.js';

function load(changes: Partial<ConfigSources> = {}): Config {
  const env = { XDG_CONFIG_HOME: temporaryFolder(), XDG_DATA_HOME: '/data', ...changes.env };
  return loadConfig({ flags: {}, cwd: temporaryFolder(), ...changes, env });
}

function file(text: string, path = join(temporaryFolder(), 'kms.toml')): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const tomlOf = (url: string) => `[database]\nurl = "${url}"\n`;
const urlIn = (changes: Partial<ConfigSources>) => load(changes).databaseUrl;

function refusal(changes: Partial<ConfigSources>): KmsError {
  try {
    load(changes);
  } catch (error) {
    assert.ok(error instanceof KmsError);
    assert.equal(error.reason, 'InvalidConfiguration');
    return error;
  }
  return assert.fail('nothing was refused');
}

describe('the configuration', () => {
  it('has defaults for everything', () => {
    const { notify, ...rest } = load();
    assert.deepEqual(Object.values(notify.hooks.argvs), [null, null, null, null, null, null]);
    assert.deepEqual(
      notify.remindAfterSeconds,
      [1, 2, 4, 7].map((days) => days * 86_400),
    );
    assert.deepEqual([notify.recipients, notify.webhooks], [[], []]);
    assert.deepEqual(rest, {
      databaseUrl: 'sqlite:/data/kms/kms.db',
      databaseIsDefault: true,
      firstDeadline: 'offset',
      ends: { beforeEndSeconds: null, usagePercent: 10 },
      hsm: 'fail',
      sealingKeyFile: null,
      signingKeyFile: null,
      report: { maxIntervalSeconds: null, minimumStrengthBits: 112 },
      serverKek: { uid: null, mayBeRotated: false },
      kmsServer: null,
      storeName: null,
      cadenceSeconds: null,
      withCertificates: false,
      overlapSeconds: 0,
      logLevel: null,
      logFormat: null,
      telemetry: { metricsFile: null, withUid: true },
      warningDays: [30, 7, 1],
      historyKeepSeconds: 400 * 86_400,
      warnings: [],
    });
  });

  it('comes from the flag, else from the variable, else from the file', () => {
    const config = file(tomlOf('of-file'));
    const env = { KMS_DATABASE_URL: 'of-variable', KMS_CONFIG: config };
    assert.equal(urlIn({ flags: { 'database-url': 'of-flag' }, env }), 'of-flag');
    assert.equal(urlIn({ env }), 'of-variable');
    assert.equal(urlIn({ env: { KMS_CONFIG: config } }), 'of-file');
    assert.equal(load({ env }).databaseIsDefault, false);
  });

  it('takes the log level from the flag, the variable or the file', () => {
    const env = { KMS_CONFIG: file('[log]\nlevel = "error"\n') };
    assert.equal(load({ env }).logLevel, 'error');
    assert.equal(load({ env: { ...env, KMS_LOG_LEVEL: 'info' } }).logLevel, 'info');
    const flags = { 'log-level': 'warn' };
    assert.equal(load({ flags, env: { ...env, KMS_LOG_LEVEL: 'info' } }).logLevel, 'warn');
    const { message, hint } = refusal({ env: { KMS_LOG_LEVEL: 'loud' } });
    assert.match(message, /KMS_LOG_LEVEL must be one of "error", "warn", "info"/);
    assert.match(hint ?? '', /in this spelling/);
  });

  it('looks for its file at --config, KMS_CONFIG, ./kms.toml, then under XDG_CONFIG_HOME', () => {
    const cwd = temporaryFolder();
    const home = temporaryFolder();
    const flags = { config: file(tomlOf('flag')) };
    const env = { KMS_CONFIG: file(tomlOf('variable')), XDG_CONFIG_HOME: home };
    file(tomlOf('home'), join(home, 'kms', 'kms.toml'));
    assert.equal(urlIn({ env: { XDG_CONFIG_HOME: home }, cwd }), 'home');
    file(tomlOf('folder'), join(cwd, 'kms.toml'));
    assert.equal(urlIn({ env: { XDG_CONFIG_HOME: home }, cwd }), 'folder');
    assert.equal(urlIn({ env, cwd }), 'variable');
    assert.equal(urlIn({ flags, env, cwd }), 'flag');
  });

  it('takes the rule of the first deadline, and no other than the two that there are', () => {
    const setting = (value: string) => ({ env: { KMS_ROTATION_FIRST_DEADLINE: value } });
    assert.equal(load(setting('offset+interval')).firstDeadline, 'offset+interval');
    const { message } = refusal(setting('interval'));
    assert.match(
      message,
      /KMS_ROTATION_FIRST_DEADLINE must be one of "offset", "offset\+interval"/,
    );
  });

  it('takes how long before its end a key is rotated, and how much of its budget may be left', () => {
    const env = { KMS_ROTATION_BEFORE_END: '7d', KMS_ROTATION_USAGE_PERCENT: '50' };
    assert.deepEqual(load({ env }).ends, { beforeEndSeconds: 7 * 86_400, usagePercent: 50 });
    for (const percent of ['51', '-1', '1.5', 'half']) {
      const { message } = refusal({ env: { KMS_ROTATION_USAGE_PERCENT: percent } });
      assert.match(message, /KMS_ROTATION_USAGE_PERCENT must be a whole number from 0 to 50/);
    }
  });

  it('takes the key encryption key of a server, and whether it may be rotated', () => {
    const text = '[rotation]\nkey_encryption_key = "kek"\nrotate_key_encryption_key = true\n';
    const flags = { config: file(text) };
    assert.deepEqual(load({ flags }).serverKek, { uid: 'kek', mayBeRotated: true });
    const env = {
      KMS_ROTATION_KEY_ENCRYPTION_KEY: 'none',
      KMS_ROTATION_ROTATE_KEY_ENCRYPTION_KEY: 'false',
    };
    assert.deepEqual(load({ flags, env }).serverKek, { uid: 'none', mayBeRotated: false });
  });

  it('takes each empty variable for one that is not set, and a blank list for a mistake', () => {
    const names = SETTING_NAMES.map(variableOf).flatMap((name) => [name, `${name}_FILE`]);
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    const config = { KMS_CONFIG: file('[warnings]\nbefore_days = []\n') };
    const { warnings, ...rest } = load({ env: { ...empty, ...config } });
    assert.deepEqual({ ...rest, warnings: [] }, load({ env: config }));
    assert.deepEqual(rest.warningDays, []);
    assert.match(refusal({ env: { KMS_WARNINGS_BEFORE_DAYS: ' ,' } }).message, /must be a list/);
    assert.ok(warnings.every((warning) => warning.startsWith('unknown variable')));
  });

  it('refuses an empty URL, an empty file of one, and a switch that is neither true nor false', () => {
    for (const sources of [
      { flags: { 'database-url': '' } },
      { env: { KMS_DATABASE_URL_FILE: file('\n') } },
      { flags: { config: file('[rotation]\nkey_encryption_key = ""') } },
    ]) {
      assert.match(refusal(sources).message, /must be a string, and not empty|is empty/);
    }
    const odd = { KMS_ROTATION_ROTATE_KEY_ENCRYPTION_KEY: 'yes' };
    assert.match(refusal({ env: odd }).message, /ROTATE_KEY_ENCRYPTION_KEY must be true or false/);
    const quoted = { config: file('[rotation]\nrotate_key_encryption_key = "true"\n') };
    assert.match(refusal({ flags: quoted }).message, /must be true or false/);
  });

  it('reads a secret from the file that the …_FILE variable names, without its line end', () => {
    assert.equal(urlIn({ env: { KMS_DATABASE_URL_FILE: file('sqlite:/x.db\n') } }), 'sqlite:/x.db');
  });

  it('refuses a secret that is given twice, or in a file that cannot be read', () => {
    const both = { KMS_DATABASE_URL: 'x', KMS_DATABASE_URL_FILE: file('y') };
    assert.match(refusal({ env: both }).message, /both set/);
    const gone = { KMS_DATABASE_URL_FILE: join(temporaryFolder(), 'gone') };
    assert.match(refusal({ env: gone }).message, /KMS_DATABASE_URL_FILE/);
  });

  it('puts a password of its own into the URL of a server, escaped', () => {
    const of = (url: string, password: string) =>
      urlIn({ env: { KMS_DATABASE_URL: url, KMS_DATABASE_PASSWORD: password } });
    assert.equal(
      of('postgres://kms@db/kms?sslmode=require', 'p@:/?é'),
      'postgres://kms:p%40%3A%2F%3F%C3%A9@db/kms?sslmode=require',
    );
    assert.equal(of('mysql://db/kms', 'x'), 'mysql://:x@db/kms');
    assert.equal(of('mysql://kms:@db/kms', 'x'), 'mysql://kms:x@db/kms');
    assert.equal(of('postgres://kms@/kms?host=/run', 'x'), 'postgres://kms:x@/kms?host=/run');
    assert.equal(of('mysql://kms@db/kms', ''), 'mysql://kms@db/kms');
  });

  it('reads that password from the file that KMS_DATABASE_PASSWORD_FILE names, blanks and all', () => {
    const env = {
      KMS_DATABASE_URL: 'mysql://kms@db/kms',
      KMS_DATABASE_PASSWORD_FILE: file(' x \r\n'),
    };
    assert.equal(urlIn({ env }), 'mysql://kms:%20x%20@db/kms');
  });

  it('refuses a password beside one in the URL, and one for a file', () => {
    const password = { KMS_DATABASE_PASSWORD: 'hunter2' };
    for (const [url, names] of [
      ['mysql://kms:hunter1@db/kms', /has a password, and database\.password is set too/],
      ['sqlite:/x.db', /an SQLite file has none/],
      ['sqlite:///x.db', /an SQLite file has none/],
      ['/x.db', /an SQLite file has none/],
    ] as const) {
      const { message, hint } = refusal({ env: { ...password, KMS_DATABASE_URL: url } });
      assert.match(message, names);
      assert.ok(!`${message}${hint ?? ''}`.includes('hunter'));
    }
  });

  it('names an unknown setting, its file, and the nearest known one', () => {
    for (const [text, setting, near] of [
      ['[database]\nuri = "x"\n', 'database.uri', 'database.url'],
      ['[rotation]\nfirst_deadlin = "x"\n', 'rotation.first_deadlin', 'rotation.first_deadline'],
      ['url = "x"\n', 'url', 'database.url'],
      ['[database.url]\nx = "y"\n', 'database.url', null],
    ] as const) {
      const config = file(text);
      const { message, hint } = refusal({ flags: { config } });
      assert.ok(message.includes(config), message);
      assert.ok(message.includes(setting), message);
      if (near !== null) assert.equal(hint, `did you mean ${near}?`);
    }
  });

  it('names the line of what is unknown or wrong', () => {
    for (const [text, place] of [
      ['[database]\n\n# here:\nuri = "x"\n', 'kms.toml:4: unknown setting "database.uri"'],
      [
        '[log]\nlevel = "warn"\n[databas]\nurl = "x"\n',
        'kms.toml:4: unknown setting "databas.url"',
      ],
      ['log.level = "loud"\n', 'kms.toml:1: log.level must be one of'],
      ['[log]\n\nlevel = 1', 'kms.toml:3: log.level must be one of'],
    ] as const) {
      const { message } = refusal({ flags: { config: file(text) } });
      assert.ok(message.includes(place), message);
    }
  });

  it('warns of a password in a file that everybody may read, and of nothing less', () => {
    const warningsOf = (text: string, mode: number) => {
      const config = file(text);
      chmodSync(config, mode);
      return load({ flags: { config } }).warnings;
    };
    const inUrl = tomlOf('postgres://kms:hunter2@db/kms');
    const apart = '[database]\nurl = "mysql://kms@db/kms"\npassword = "hunter2"\n';
    for (const [text, setting] of [
      [inUrl, 'database.url'],
      [apart, 'database.password'],
    ] as const) {
      const [warning = '', ...others] = warningsOf(text, 0o644);
      assert.deepEqual(others, []);
      assert.ok(warning.includes(`holds a secret: ${setting}; chmod 600`), warning);
      assert.ok(!warning.includes('hunter2'));
      assert.deepEqual(warningsOf(text, 0o640), []);
    }
    assert.deepEqual(warningsOf(tomlOf('postgres://kms@db/kms'), 0o644), []);
    assert.deepEqual(warningsOf('[log]\nlevel = "warn"\n', 0o644), []);
  });

  it('warns of secrets in such a file once, and of a store that everybody may read or write', () => {
    const store = join(temporaryFolder(), 'kms.db');
    writeFileSync(store, '');
    const config = file(`${tomlOf(`sqlite:${store}`)}[notify.smtp]\npassword = "x"\n`);
    for (const [mode, words] of [
      [0o600, null],
      [0o640, null],
      [0o644, 'may be read by'],
      [0o666, 'may be read and written by'],
    ] as const) {
      chmodSync(store, mode);
      chmodSync(config, 0o600);
      const { warnings } = load({ flags: { config } });
      assert.equal(warnings.length, words === null ? 0 : 1);
      assert.ok(words === null || warnings[0]?.startsWith(`the store ${store} ${words} everybody`));
      chmodSync(config, 0o644);
      assert.equal(load({ flags: { config } }).warnings.length, warnings.length + 1);
    }
  });

  it('says that a file is that of a server, and how to name another', () => {
    for (const text of ['default_username = "admin"\n', '[db]\n', '[tls]\na = 1\n[http]\n']) {
      const { message, hint } = refusal({ flags: { config: file(text) } });
      assert.match(message, /looks like the kms.toml of a Cosmian KMS server/);
      assert.match(hint ?? '', /--config/);
    }
  });

  it('refuses a value that is no text', () => {
    for (const value of ['1', 'true', '["x"]', '2026-01-01']) {
      const config = file(`[database]\nurl = ${value}\n`);
      assert.match(refusal({ flags: { config } }).message, /database\.url must be a string/);
    }
  });

  it('names line and column of what is not TOML, and quotes nothing of it', () => {
    const config = file('[database]\nurl = postgres://kms:hunter2@db/kms\n');
    const { message, hint } = refusal({ flags: { config } });
    assert.match(message, /kms\.toml:2:\d+: not valid TOML$/);
    assert.ok(!`${message}${hint ?? ''}`.includes('hunter2'));
  });

  it('refuses a file that is named and not there, or a folder', () => {
    const config = join(temporaryFolder(), 'gone.toml');
    assert.ok(refusal({ flags: { config } }).message.includes(config));
    refusal({ env: { KMS_CONFIG: temporaryFolder() } });
  });

  it('warns of an unknown variable, which may be somebody else’s', () => {
    const env = {
      KMS_PORT: 'tcp://10.0.0.1:9998',
      KMS_DATABASE_URI: 'x',
      KMS_TEST_POSTGRES_URL: 'y',
    };
    const { warnings, databaseIsDefault } = load({ env });
    assert.equal(databaseIsDefault, true);
    assert.equal(warnings.length, 2);
    assert.match(warnings[1] ?? '', /KMS_DATABASE_URI; did you mean KMS_DATABASE_URL\?/);
    assert.ok(!warnings.join().includes('tcp:'));
  });
});

describe('the database that the configuration names', () => {
  const WRAPPED = '\ufeff "postgres://kms@db/kms"\r\n';

  it('is taken from every source without what env files and editors leave around it', () => {
    const bare = 'postgres://kms@db/kms';
    assert.equal(urlIn({ flags: { 'database-url': WRAPPED } }), bare);
    assert.equal(urlIn({ env: { KMS_DATABASE_URL: WRAPPED } }), bare);
    assert.equal(urlIn({ env: { KMS_DATABASE_URL_FILE: file(WRAPPED) } }), bare);
    const toml = `[database]\nurl = ${JSON.stringify(WRAPPED)}\n`;
    assert.equal(urlIn({ env: { KMS_CONFIG: file(toml) } }), bare);
    const password = { KMS_DATABASE_URL: bare, KMS_DATABASE_PASSWORD_FILE: file('\ufeffp w \n') };
    assert.equal(urlIn({ env: password }), 'postgres://kms:p%20w%20@db/kms');
  });

  it('is refused by each source’s name if it is neither a path nor a URL, and never shown', () => {
    const text = 'kms:hunter2@db/kms';
    const toml = file(`\n[database]\nurl = ${JSON.stringify(text)}\n`);
    for (const [sources, named] of [
      [{ flags: { 'database-url': text } }, '--database-url'],
      [{ env: { KMS_DATABASE_URL: text } }, 'KMS_DATABASE_URL'],
      [{ env: { KMS_DATABASE_URL_FILE: file(text) } }, 'KMS_DATABASE_URL_FILE'],
      [{ flags: { config: toml } }, `${toml}:3: database.url`],
    ] as const) {
      const { message, hint } = refusal(sources);
      assert.ok(message.startsWith(`${named} cannot be used: it is neither`), message);
      assert.ok(!`${message}${hint ?? ''}`.includes('hunter2'));
    }
  });

  it('stands under the home folder where XDG_DATA_HOME is empty or relative', () => {
    for (const XDG_DATA_HOME of ['', 'data']) {
      const home = join(userInfo().homedir, '.local/share/kms/kms.db');
      assert.equal(urlIn({ env: { XDG_DATA_HOME } }), `sqlite:${home}`);
    }
  });

  it('is not looked for in a file that an empty KMS_CONFIG names', () => {
    assert.equal(urlIn({ env: { KMS_CONFIG: '' } }), 'sqlite:/data/kms/kms.db');
  });
});
