// Completion in real shells, against the built program and a store.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_JS, runBinary, runOn } from '../support/binary.js';
import { needPrograms } from '../support/programs.js';
import { newStorePath, storeWith } from '../support/sqlite.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

describe('kms completion', () => {
  let env: Readonly<Record<string, string>>;
  before(async () => {
    const store = await storeWith([
      aSymmetricKey({ uid: 'invoices' }),
      aSymmetricKey({ uid: 'invoices@1' }),
      aSymmetricKey({ uid: 'in two words' }),
      aSymmetricKey({ uid: 'urn:other' }),
    ]);
    const folder = temporaryFolder();
    symlinkSync(RUN_JS, join(folder, 'kms'));
    env = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder, KMS_DATABASE_URL: store };
  });

  const shell = (program: string, argv: readonly string[]) => {
    const { stdout, stderr, status } = spawnSync(program, argv, { env, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.split('\n').filter((line) => line !== '');
  };

  /** Returns what is offered for each line, all of them in one shell. */
  const bash = (...lines: readonly string[]) => {
    const offers = shell('bash', [
      '-c',
      `eval "$(kms completion bash)"
       for COMP_LINE; do COMP_POINT=\${#COMP_LINE}; _kms; printf '%s\\n' : "\${COMPREPLY[@]}"; done`,
      ...['bash', ...lines],
    ]);
    return offers
      .join('\n')
      .split(/^:\n?/m)
      .slice(1)
      .map((some) => some.split('\n').filter(Boolean));
  };

  it('completes commands, flags and their values in bash', () => {
    const [flags, ...others] = bash(
      ...['kms rotate due --', 'kms rot', 'kms rotate ', 'kms rotate due --max-'],
      'kms key list --type Pub',
    );
    assert.ok(flags?.includes('--dry-run'));
    assert.deepEqual(others, [
      ['rotate'],
      ['due', 'extend', 'key'],
      ['--max-duration', '--max-keys'],
      ['PublicKey'],
    ]);
  });

  it('completes uids and keyset names in bash, which takes words apart at @ and :', () => {
    const [begun, ...others] = bash(
      ...['kms key show in', 'kms key show inv', 'kms key show invoices@l'],
      ...['kms key show urn:o', 'kms key show in\\'],
    );
    assert.ok(begun?.includes('in\\ two\\ words'));
    assert.deepEqual(others, [
      ['invoices', 'invoices@1', 'invoices@first', 'invoices@latest'],
      ['latest'],
      ['other'],
      [],
    ]);
  });

  it('completes in zsh', function () {
    needPrograms(this, 'zsh');
    const found = shell('zsh', [
      '-fc',
      `compdef() { }; compadd() { shift; print -l -- "$@" }; eval "$(kms completion zsh)"
       words=(kms key show inv); CURRENT=4; _kms`,
    ]);
    assert.deepEqual(found, ['invoices', 'invoices@1', 'invoices@first', 'invoices@latest']);
  });

  it('completes in fish', function () {
    this.timeout(180_000);
    needPrograms(this, 'fish');
    const found = shell('fish', [
      '-c',
      'kms completion fish | source; complete -C "kms key show inv"',
    ]);
    assert.deepEqual(found, ['invoices', 'invoices@1', 'invoices@first', 'invoices@latest']);
  });

  it('offers nothing where there is no store, and says so to whoever asks by hand', async () => {
    const { code, stdout } = await runOn(join(temporaryFolder(), 'none.db'), [
      ...['complete', '--', 'key', 'show', ''],
    ]);
    assert.deepEqual([code, stdout], [3, '']);
  });

  it('refuses a shell that it does not know', async () => {
    const { code, stderr } = await runBinary(['completion', 'tcsh']);
    assert.equal(code, 2);
    assert.match(stderr, /bash, zsh, fish/);
  });
});

describe('kms --version', () => {
  it('tells the versions of kms, Node, drivers and tables', async () => {
    const store = await newStorePath();
    const { code, stdout } = await runOn(store, ['--version']);
    assert.equal(code, 0);
    assert.match(stdout, /^kms \d+\.\d+\.\d+\nNode v\d+/);
    assert.match(stdout, /better-sqlite3 \d+.*pg \d+.*mysql2 \d+/);
    assert.match(stdout, /kms\.db: tables 00\d-/);
  });

  it('answers where the store cannot be reached, and says why', async () => {
    const none = join(temporaryFolder(), 'none.db');
    const { code, stdout } = await runOn(none, ['--version']);
    assert.equal(code, 0);
    assert.ok(stdout.includes(`${none}: there is no file`), stdout);
  });
});
