// A report in a file with its signature, verified by the recipe of the manual.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Report from '../../../src/commands/report.js';
import { runCommand, runJson } from '../../support/command.js';
import { textOf } from '../../support/examples.js';
import { freshPair } from '../../support/fresh-keys.js';
import { schemaErrors } from '../../support/schema.js';
import { storeWith } from '../../support/sqlite.js';
import { aSymmetricKey } from '../../support/symmetric-keys.js';
import { temporaryFolder } from '../../support/temporary.js';

/** The commands between two comments of the manual, as one script. */
function recipe(): string {
  const [, text = ''] = /BEGIN verify\n\.Bd.*\n([^]*?)\.Ed/.exec(textOf('man/kms-report.1')) ?? [];
  return text.replace(/^\$ /gm, '').replaceAll('\\e\n', '\\\n');
}

describe('a report in a file', () => {
  let store: string;
  let folder: string;
  const config = () => join(folder, 'kms.toml');
  before(async () => {
    store = await storeWith([aSymmetricKey({ uid: 'k' })]);
    folder = temporaryFolder();
    const { privateKey, publicKey } = freshPair('ed25519');
    writeFileSync(join(folder, 'signing.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(folder, 'public.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(config(), `[audit]\nsigning_key_file = "${join(folder, 'signing.pem')}"\n`);
  });

  const path = () => join(folder, 'report.json');
  const writing = (file: string, ...argv: string[]) =>
    runCommand(Report, store, ['--output', file, ...argv]);
  const verify = () => spawnSync('sh', ['-ec', recipe()], { cwd: folder, encoding: 'utf8' });

  it('is signed, and openssl verifies it by the recipe of the manual, until a byte changes', async () => {
    const { exitCode, stdout, stderr } = await writing(
      path(),
      '--format',
      'json',
      '--config',
      config(),
    );
    assert.deepEqual([exitCode, stdout], [0, ''], stderr);
    const { stdout: said, stderr: error } = verify();
    assert.match(said, /Signature Verified Successfully/, error);
    appendFileSync(path(), ' ');
    assert.notEqual(verify().status, 0);
  });

  it('is the text that is printed without --output, in any format but a table', async () => {
    for (const format of ['json', 'csv', 'html', 'cyclonedx']) {
      const file = join(folder, `unsigned.${format}`);
      const { exitCode } = await writing(file, '--format', format);
      const { stdout } = await runCommand(Report, store, ['--format', format]);
      assert.deepEqual([exitCode, readFileSync(file, 'utf8')], [0, stdout], format);
    }
    const { exitCode, stderr } = await writing(path());
    assert.equal(exitCode, 2);
    assert.match(stderr, /^error: --output cannot be used with --format table\nhint: /);
  });

  it('is not made for a column that there is none of', async () => {
    const file = join(folder, 'columns.csv');
    const { exitCode, stderr } = await writing(file, '--format', 'csv', '--columns', 'colour');
    assert.deepEqual([exitCode, existsSync(file)], [2, false]);
    assert.match(stderr, /^error: .*colour/);
  });

  it('is named in the document of --json, with its signature if there is a key', async () => {
    const argv = ['--format', 'html', '--output', join(folder, 'r.html')];
    const { document } = await runJson(Report, store, [...argv, '--config', config()]);
    assert.deepEqual(schemaErrors('report', document), []);
    const { output } = document as { readonly output: object };
    const file = join(folder, 'r.html');
    assert.deepEqual(output, { file, signature: `${file}.sig` });
  });

  it('is not written with a key of no use: InvalidConfiguration, and nothing of the key is said', async () => {
    const { privateKey } = freshPair('x25519');
    for (const [name, content] of [
      ['other.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
      ['garbage.pem', 'geheim'],
      ['missing.pem', null],
    ] as const) {
      const key = join(folder, name);
      if (content !== null) writeFileSync(key, content);
      writeFileSync(join(folder, 'bad.toml'), `[audit]\nsigning_key_file = "${key}"\n`);
      const argv = ['--format', 'json', '--config', join(folder, 'bad.toml')];
      const { exitCode, stderr } = await writing(path(), ...argv);
      assert.equal(exitCode, 2, name);
      assert.match(stderr, /^error: audit\.signing_key_file: .*\nhint: make one/);
      assert.doesNotMatch(stderr, /geheim/);
    }
  });
});
