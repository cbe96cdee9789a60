// A log that a key seals, through the program: brought in by a run, refused if it is another, changed by the old key, and
// never shown. SQLite.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import AuditChangeKey from '../../src/commands/audit/change-key.js';
import AuditVerify from '../../src/commands/audit/verify.js';
import ConfigCheck from '../../src/commands/config/check.js';
import ConfigShow from '../../src/commands/config/show.js';
import KeyShow from '../../src/commands/key/show.js';
import RotateDue from '../../src/commands/rotate/due.js';
import { runCommand, type CommandOutcome, type RunnableCommand } from '../support/command.js';
import { freshPair } from '../support/fresh-keys.js';
import { newStorePath, sql } from '../support/sqlite.js';
import { aSymmetricKey, DAY, insertRows, JANUARY } from '../support/store.js';
import { temporaryFolder } from '../support/temporary.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const file = (name: string, content: string | Buffer, mode = 0o600) => {
  writeFileSync(at(name), content, { mode });
  return at(name);
};

const SECRETS = [randomBytes(32), randomBytes(48)];
const { privateKey, publicKey } = freshPair('ed25519');

/** Each secret in the forms in which it could be printed. */
const FORMS = SECRETS.flatMap((key) =>
  (['hex', 'base64', 'latin1'] as const).map((form) => key.toString(form)),
);

describe('a log that a key seals', () => {
  let store: string;
  /** A change of key is told from the one before by its time. */
  let now = JANUARY + 45 * DAY;
  const outputs: CommandOutcome[] = [];
  const run = async (command: RunnableCommand, config: string, ...argv: string[]) => {
    const outcome = await runCommand(
      command,
      store,
      [...argv, '--config', at(config)],
      (now += 60),
    );
    outputs.push(outcome);
    return outcome;
  };
  const keyIds = () =>
    sql<{ outcome: string; key_id: string | null }>(
      store,
      'SELECT outcome, key_id FROM kms_rotation_log ORDER BY id',
    ).map(({ outcome, key_id: id }) => (id === null ? outcome : `${outcome} keyed`));
  const addDue = (uid: string) => insertRows(store, [aSymmetricKey({ uid })]);
  const rotations = () =>
    sql(store, "SELECT uid FROM kms_rotation_log WHERE outcome = 'rotated'").length;

  before(async () => {
    store = await newStorePath();
    file('1.key', SECRETS[0] ?? '');
    file('2.key', SECRETS[1] ?? '');
    file('signing.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }));
    file('public.pem', publicKey.export({ type: 'spki', format: 'pem' }));
    const signed = `signing_key_file = "${at('signing.pem')}"\n`;
    file('none.toml', '[audit]\n');
    file('1.toml', `[audit]\nkey_file = "${at('1.key')}"\n${signed}`);
    file('2.toml', `[audit]\nkey_file = "${at('2.key')}"\n`);
    await addDue('a');
    assert.equal((await run(RotateDue, 'none.toml')).exitCode, 0);
  });

  after(() => {
    for (const { stdout, stderr } of outputs) {
      for (const form of FORMS) assert.ok(!`${stdout}${stderr}`.includes(form), 'a key was shown');
    }
  });

  it('has it brought in by the first run with a key, before all that this run writes', async () => {
    await addDue('b');
    assert.equal((await run(RotateDue, '1.toml')).exitCode, 0);
    assert.deepEqual(keyIds(), [
      ...['chain-opened', 'rotated', 'chain-closed', 'chain-opened', 'key-changed'],
      ...['rotated keyed', 'chain-closed keyed'],
    ]);
    const { exitCode, stdout } = await run(AuditVerify, '1.toml', '--public-key', at('public.pem'));
    assert.equal(exitCode, 0, stdout);
  });

  it('is not written to with another key, or none: exit code 2, and nothing is rotated', async () => {
    await addDue('c');
    const before = rotations();
    for (const config of ['2.toml', 'none.toml']) {
      const { exitCode, stderr } = await run(RotateDue, config);
      assert.equal(exitCode, 2, stderr);
      assert.match(
        stderr,
        /^error: the key \w{32} seals the rotation log, .*\nhint: set audit\.key/,
      );
      assert.equal((await run(KeyShow, config, 'c')).exitCode, 0);
    }
    assert.equal(rotations(), before);
    const checked = await run(ConfigCheck, '2.toml', '--connect');
    assert.equal(checked.exitCode, 2);
  });

  it('gets another key by a row that the old one seals, and both verify it', async () => {
    const change = (config: string, ...argv: string[]) => run(AuditChangeKey, config, ...argv);
    const wrong = await change('none.toml', '--old-key-file', at('2.key'));
    assert.deepEqual([wrong.exitCode, keyIds().length], [2, 7]);
    const changed = await change('2.toml', '--old-key-file', at('1.key'));
    assert.equal(changed.exitCode, 0, changed.stderr);
    assert.equal((await run(RotateDue, '1.toml')).exitCode, 2);
    assert.equal((await run(RotateDue, '2.toml')).exitCode, 0);
    assert.equal((await run(AuditVerify, '2.toml')).exitCode, 255);
    const verified = await run(AuditVerify, '2.toml', '--key-file', at('1.key'));
    assert.equal(verified.exitCode, 0, verified.stdout);
  });

  it('gets none, and later one again', async () => {
    assert.equal(
      (await run(AuditChangeKey, 'none.toml', '--old-key-file', at('2.key'))).exitCode,
      0,
    );
    for (const [uid, config] of [
      ['d', 'none.toml'],
      ['e', '2.toml'],
    ] as const) {
      await addDue(uid);
      assert.equal((await run(RotateDue, config)).exitCode, 0);
    }
    const verified = await run(AuditVerify, '2.toml', '--key-file', at('1.key'));
    assert.equal(verified.exitCode, 0, verified.stdout);
  });

  it('shows a row that was forged without the key, though its chain is whole', async () => {
    sql(
      store,
      "UPDATE kms_rotation_log SET host = 'x' WHERE id = (SELECT max(id) FROM kms_rotation_log)",
    );
    const run2 = await run(RotateDue, '2.toml');
    assert.equal(run2.exitCode, 2);
    assert.match(run2.stderr, /it was altered\nhint: find out/);
  });

  it('has a key of use: config check says else, and what everybody may read', async () => {
    for (const [name, content, message] of [
      ['empty.key', '', /empty\.key is empty/],
      ['short.key', 'x'.repeat(31), /short\.key has 31 bytes, too few for a key/],
      ['missing.key', null, /missing\.key cannot be read \(ENOENT\)/],
    ] as const) {
      if (content !== null) file(name, content);
      file('bad.toml', `[audit]\nkey_file = "${at(name)}"\n`);
      const { exitCode, stderr } = await run(ConfigCheck, 'bad.toml');
      assert.equal(exitCode, 2, name);
      assert.match(stderr, message);
    }
    file('open.key', SECRETS[0] ?? '', 0o644);
    file('open.toml', `[audit]\nkey_file = "${at('open.key')}"\n`);
    const { exitCode, stdout } = await run(ConfigCheck, 'open.toml');
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /audit\.key_file: \S+ may be read by everybody on this host, and holds a key/,
    );
    assert.equal((await run(ConfigShow, '1.toml')).exitCode, 0);
  });
});
