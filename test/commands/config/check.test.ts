// `kms config check` ends with 2 where a run would end with 2, or with 6 for a reason of configuration; a destination that
// is wrong stops no rotation.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ConfigCheck from '../../../src/commands/config/check.js';
import NotifyTest from '../../../src/commands/notify/test.js';
import RotateDue from '../../../src/commands/rotate/due.js';
import Warnings from '../../../src/commands/warnings.js';
import { runCommand, runJson } from '../../support/command.js';
import { errorOf, rotateOf, valid } from '../../support/documents.js';
import { newStorePath, storeWith } from '../../support/sqlite.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';
import { temporaryFolder } from '../../support/temporary.js';

const NOW = JANUARY + 31 * DAY;

function file(text: string, name = 'kms.toml'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const MAIL = '[notify.smtp]\nhost = "mail.invalid"\nfrom = "k@b.c"\n';
const TO = '[[notify.recipients]]\naddress = "a@b.c"\nevents = ["warning"]\n';
const HEARTBEAT = '[notify.heartbeat]\nurl = "http://127.0.0.1:1/"\n';
const HOOK = '[[notify.webhooks]]\nurl = "http://127.0.0.1:1/"\nevents = ["warning"]\n';

describe('kms config check', () => {
  const saved = { ...process.env };
  afterEach(() => {
    process.env = { ...saved };
  });

  it('says that a sound file is so', async () => {
    const config = file('[log]\nlevel = "warn"\n');
    const store = await newStorePath();
    const { exitCode, stdout } = await runCommand(ConfigCheck, store, ['--config', config]);
    assert.deepEqual([exitCode, stdout], [0, `valid: ${config}\n`]);
    const { document } = await runJson(ConfigCheck, store, ['--config', config]);
    assert.deepEqual(valid('config-check', document), {
      schema: 'kms.config-check/v1',
      file: config,
      problems: [],
      warnings: [],
      connections: null,
    });
  });

  it('ends with 2 and names file, line and setting of what is not', async () => {
    const config = file('[log]\n\nlevell = "warn"\n');
    const { exitCode, document } = await runJson(ConfigCheck, '/x.db', ['--config', config]);
    assert.equal(exitCode, 2);
    const { message, hint } = errorOf(document);
    assert.equal(message, `${config}:3: unknown setting "log.levell"`);
    assert.equal(hint, 'did you mean log.level?');
  });

  it('names all destinations that cannot be used at once', async () => {
    const config = file(`${MAIL}port = 99999\n${TO}[hooks]\non_failed = "/none"\n`);
    const { exitCode, stderr } = await runCommand(ConfigCheck, '/x.db', ['--config', config]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /kms\.toml:4: notify\.smtp\.port must be/);
    assert.match(stderr, /\/none is not there/);
    const { document } = await runJson(ConfigCheck, '/x.db', ['--config', config]);
    assert.equal(valid('config-check', document).problems.length, 2);
  });

  for (const [toml, code] of [
    [`${MAIL}ca_file = "/none"\n${TO}`, 6],
    [`${MAIL}username = "u"\n${TO}`, 6],
    [TO, 6],
    [`${MAIL}${TO.replace('a@b.c', 'Bob <b@c.d>')}`, 6],
    [`${MAIL}port = 99999\n${TO}`, 6],
    [`${MAIL.replace('k@b.c', 'nonsense')}${TO}`, 6],
    [`${MAIL}timeout = "2m"\n${TO}`, 6],
    [`${HOOK}secret_file = "/none"\n`, 6],
    [`${HOOK}secret = "short"\n`, 6],
    [`${HOOK}name = "a"\n${HOOK}name = "A"\n`, 6],
    [`${HOOK}url_file = "/none"\n`, 6],
    ['[[notify.webhooks]]\nname = "a"\n', 6],
    [HOOK.replace('http://', ''), 6],
    [`${HOOK}name = "Mein Kanal"\n`, 6],
    [`${HOOK}timeout = "5m"\n`, 6],
    [`${HOOK}ca_file = "${file('')}"\n`, 6],
    ['[hooks]\non_failed = "/none"\n', 6],
    [`[hooks]\non_failed = "${file('#!/bin/sh', 'hook')}"\n`, 6],
    ['[hooks]\ntimeout = "90s"\non_failed = "/bin/true"\n', 6],
    [`${HEARTBEAT}ca_file = "/none"\n`, 6],
    [HEARTBEAT.replace('http://', ''), 6],
    [`${HEARTBEAT}timeout = "5m"\n`, 6],
    [`${HEARTBEAT}urls = "x"\n`, 2],
    [`${MAIL}port = "25"\n${TO}`, 2],
    ['[[notify.webhooks]]\nurl = "http://a/"\nevents = ["rotate"]\n', 2],
    [`${HOOK}secrets = "x"\n`, 2],
    ['[hooks]\non_fail = "/bin/true"\n', 2],
    ['[warnings]\nbefore_days = [0]\n', 2],
    [MAIL + TO, 0],
    [HOOK, 0],
    ['[hooks]\non_failed = "/bin/true"\n', 0],
  ] as const) {
    it(`finds what a run would: ${toml.replaceAll('\n', ' ')}`, async () => {
      const store = await storeWith([aSymmetricKey({ uid: 'due' })]);
      const config = ['--config', file(toml)];
      const check = await runCommand(ConfigCheck, store, config);
      assert.equal(check.exitCode, code === 0 ? 0 : 2, check.stderr);
      const { exitCode, document } = await runJson(RotateDue, store, config, NOW);
      assert.equal(exitCode, code);
      if (code !== 2) assert.equal(rotateOf(document).summary['rotated'], 1);
      assert.equal((await runCommand(Warnings, store, config, NOW)).exitCode, code);
      if (code !== 0) assert.equal((await runCommand(NotifyTest, store, config)).exitCode, code);
    });
  }

  it('ends with 2 for files of the server that cannot be used, as a run does', async () => {
    const store = await newStorePath();
    for (const name of ['ca_file', 'token_file']) {
      const toml = `[server]\nurl = "https://127.0.0.1:1"\n${name} = "/none"\n`;
      const config = ['--config', file(toml)];
      const { exitCode, stderr } = await runCommand(ConfigCheck, store, config);
      assert.deepEqual([exitCode, stderr.includes('/none cannot be read')], [2, true], stderr);
      assert.equal((await runCommand(RotateDue, store, config, NOW)).exitCode, 2);
    }
  });

  it('ends with 2 for a database that cannot be used, and connects to none', async () => {
    const url = 'postgres://kms@127.0.0.1:1/kms';
    assert.equal((await runCommand(ConfigCheck, url, [])).exitCode, 0);
    for (const bad of [
      'oracle://db/kms',
      'postgres://db',
      `${url}?sslmod=require`,
      `${url}?sslmode=verify-full&sslrootcert=/none`,
      `${url}?sslmode=verify-full&sslrootcert=${file('nonsense')}`,
      `${url}?sslmode=require&sslcert=/none&sslkey=/none`,
      'mysql://kms@127.0.0.1:1/kms?ssl-mode=VERIFY_CA&ssl-ca=/none',
    ]) {
      assert.equal((await runCommand(ConfigCheck, bad, [])).exitCode, 2, bad);
    }
  });

  it('warns of what a run says and goes on, or ends with another code than that of configuration', async () => {
    const folder = temporaryFolder();
    const store = await newStorePath();
    mkdirSync(join(folder, 'folder'));
    process.env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'] = 'nonsense';
    process.env['NO_PROXY'] = 'a.example,10.0.0.0/8,10.0.0.0/33';
    for (const [url, argv, warning] of [
      [join(folder, 'none.db'), [], /^there is no file/],
      [folder, [], /is not a file$/],
      [store, ['[telemetry]\nmetrics_file = "/none/x.prom"'], /x\.prom cannot be written \(ENOENT/],
      [store, [`[telemetry]\nmetrics_file = "${folder}/folder"`], /folder is a folder$/],
      [store, [], /^telemetry: metrics cannot be sent: the endpoint/],
      [store, [], /^NO_PROXY: 10\.0\.0\.0\/33 names no network/],
    ] as const) {
      const config = argv.flatMap((toml) => ['--config', file(toml)]);
      const { exitCode, document } = await runJson(ConfigCheck, url, config);
      assert.equal(exitCode, 0);
      const { warnings } = valid('config-check', document);
      assert.ok(
        warnings.some((text) => warning.test(text)),
        warnings.join('\n'),
      );
    }
  });
});
