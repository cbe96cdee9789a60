// Hooks of the built program: the exit codes of runs whose hooks fail, hang or are missing, and the examples of the
// manual, run as they are shown.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { RUN_JS, runOn } from '../support/binary.js';
import { rotateOf } from '../support/documents.js';
import { manualLiterals } from '../support/examples.js';
import { aRecorder, aScript } from '../support/hooks.js';
import { aKeyPair } from '../support/pairs.js';
import { insertRows, newStorePath, rowsOf, sql, storeWith } from '../support/sqlite.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';
import { valuesOf } from '../support/values-of.js';

const ROTATE = ['rotate', 'due'];

const storeWithDue = () => storeWith([aSymmetricKey({ uid: 'a' })]);

describe('a run with hooks', () => {
  it('exits with 0 and stays silent on standard error if they do their part', async () => {
    const store = await storeWithDue();
    const recorder = aRecorder();
    const env = { KMS_HOOKS_ON_ROTATED: JSON.stringify([recorder.path, 'argument']) };
    const { code, stderr } = await runOn(store, ROTATE, { env });
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(recorder.uids(), ['a']);
  });

  for (const [what, hook, message, tried] of [
    ['fails', () => aScript('exit 1'), 'exit code 1', 1],
    ['hangs', () => aScript('sleep 600'), 'not done within 1 s', 1],
    ['is missing', () => '/nonexistent/hook', '/nonexistent/hook is not there', 0],
    ['is not executable', () => aScript('', 0o644), 'is not executable', 0],
  ] as const) {
    it(`that ${what} lets the run be done, waits for its next try, and exits with 6`, async () => {
      const store = await storeWithDue();
      const env = { KMS_HOOKS_ON_ROTATED: hook(), KMS_HOOKS_TIMEOUT: '1s' };
      const { code, stdout, stderr } = await runOn(store, [...ROTATE, '--json'], { env });
      assert.equal(code, 6);
      assert.equal(rotateOf(stdout).summary['rotated'], 1);
      assert.equal(rowsOf(store).length, 2);
      const { deliveries } = JSON.parse(stdout) as { deliveries: { failed: number } };
      assert.equal(deliveries.failed, tried);
      assert.match(stderr, /^note: hook on_rotated: .+\n$/);
      assert.ok(stderr.includes(message), stderr);
      const [row] = sql(store, 'SELECT state, attempts FROM kms_rotation_outbox');
      assert.deepEqual(row, { state: 'waiting', attempts: tried });
    });
  }

  it('exits with 4, the more serious, if a key failed and its hook too', async () => {
    const store = await storeWithDue();
    insertRows(store, [aSymmetricKey({ uid: 'odd' }, { RotateInterval: 'x' })]);
    const env = { KMS_HOOKS_ON_FAILED: '/nonexistent/hook' };
    assert.equal((await runOn(store, ROTATE, { env })).code, 4);
  });

  it('shows what a failing hook printed, and the rest in the log', async () => {
    const failing = { KMS_HOOKS_ON_ROTATED: aScript('echo no such service; exit 1') };
    const { stderr } = await runOn(await storeWithDue(), ROTATE, { env: failing });
    assert.match(stderr, /^note: on_rotated: no such service$/m);
    const env = { KMS_HOOKS_ON_ROTATED: aScript('echo reloaded') };
    const argv = [...ROTATE, '--log-format', 'json', '--log-level', 'info'];
    const logged = await runOn(await storeWithDue(), argv, { env });
    const lines = logged.stderr.trimEnd().split('\n');
    const outputs = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => event === 'hook-output');
    assert.deepEqual(valuesOf(outputs, 'hook', 'uid', 'message'), [
      ['on_rotated', 'a', 'reloaded'],
    ]);
  });

  it('runs none in a dry run', async () => {
    const recorder = aRecorder();
    const env = { KMS_HOOKS_ON_ROTATED: recorder.path, KMS_HOOKS_ON_FINISHED: recorder.path };
    await runOn(await storeWithDue(), [...ROTATE, '--dry-run'], { env });
    assert.deepEqual(recorder.uids(), []);
  });

  it('refuses a hook that is neither a path nor a list', async () => {
    const env = { KMS_HOOKS_ON_ROTATED: '[1]' };
    assert.equal((await runOn(await storeWithDue(), ROTATE, { env })).code, 2);
  });
});

describe('the hooks of the manual', () => {
  /** Returns the example that begins with these words. */
  function example(start: string): string {
    const found = manualLiterals().find((text) => text.startsWith(start));
    assert.ok(found !== undefined, `the manual has no example ${start}`);
    return `${found}\n`;
  }

  /** Makes programs that write down how they were called, and what they read. */
  function standIns(...names: readonly string[]): {
    readonly path: string;
    called(name: string): string;
  } {
    const folder = temporaryFolder();
    for (const name of names) {
      const file = join(folder, name);
      const call = `{ echo "$*"; case "$*" in *' - '*) cat;; esac; } >> '${file}.called'`;
      writeFileSync(file, `#!/bin/sh\n${call}\n[ ${name} != kms ] || echo PEM\n`);
      chmodSync(file, 0o755);
    }
    return {
      path: `${folder}:${process.env['PATH'] ?? ''}`,
      called: (name) => {
        const file = join(folder, `${name}.called`);
        return existsSync(file) ? readFileSync(file, 'utf8') : '';
      },
    };
  }

  it('reload services at the end of a run in which something was rotated', async () => {
    const folder = temporaryFolder();
    const script = join(folder, 'reload');
    writeFileSync(script, example('#!/bin/sh\n# /etc/kms/reload'), { mode: 0o755 });
    const programs = standIns('systemctl');
    const store = await storeWithDue();
    const env = {
      PATH: programs.path,
      KMS_HOOKS_ON_FINISHED: JSON.stringify([script, 'invoices.service']),
    };
    assert.equal((await runOn(store, ROTATE, { env })).code, 0);
    assert.equal(programs.called('systemctl'), 'reload invoices.service\n');
    assert.equal((await runOn(store, ROTATE, { env })).code, 0);
    assert.equal(programs.called('systemctl'), 'reload invoices.service\n');
  });

  it('push the public key of a new pair, and pass over what is no pair', async () => {
    const folder = temporaryFolder();
    const script = join(folder, 'push-public-key');
    writeFileSync(script, example('#!/bin/sh\n# /etc/kms/push-public-key'), { mode: 0o755 });
    const programs = standIns('kms', 'curl');
    const env = { PATH: programs.path, KMS_HOOKS_ON_ROTATED: script };
    assert.equal((await runOn(await storeWithDue(), ROTATE, { env })).code, 0);
    assert.equal(programs.called('curl'), '');
    const pair = { PATH: programs.path, KMS_PUBLIC_KEY_REPLACEMENT_UID: 'new_pk' };
    assert.equal(spawnSync(script, { env: pair }).status, 0);
    assert.match(programs.called('kms'), /^key export --public .*new_pk$/m);
    assert.match(programs.called('curl'), /https:\/\/keys\.example\.org\/.*\nPEM\n$/);
  });

  it('publish a JWK Set after a run, in which the new key is beside the one that retires', async () => {
    const folder = temporaryFolder();
    symlinkSync(RUN_JS, join(folder, 'kms'));
    const file = join(folder, 'jwks.json');
    const config = join(folder, 'kms.toml');
    const recipe = example('[hooks]\non_finished').replace('/srv/www/jwks.json', file);
    writeFileSync(config, `${recipe}\n[rotation]\noverlap = "7d"\n`);
    const { privateKey, publicKey } = await aKeyPair({ uid: 'signing' });
    const store = await storeWith([privateKey.row, publicKey.row]);
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    const { code, stderr } = await runOn(store, [...ROTATE, '--config', config], { env });
    assert.deepEqual([code, stderr], [0, '']);
    const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: { use: string }[] };
    assert.deepEqual(valuesOf(keys, 'use'), ['sig', 'sig']);
  });

  it('stand in the configuration as it reads them', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'etc'));
    const file = join(folder, 'etc', 'kms.toml');
    writeFileSync(file, example('[hooks]\non_rotated'));
    const { code, stderr } = await runOn(await newStorePath(), ['due', 'list', '--config', file]);
    assert.deepEqual([code, stderr], [0, '']);
  });
});
