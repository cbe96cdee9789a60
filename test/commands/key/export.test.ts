// `kms key export --public`: a public key as PEM that OpenSSL reads, from either half of a pair; nothing else is let
// out, whatever is asked for.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import KeyCreate from '../../../src/commands/key/create.js';
import KeyExport from '../../../src/commands/key/export.js';
import { CURVE_NAMES } from '../../../src/crypto/keys/curves.js';
import { runCommand, runJson } from '../../support/command.js';
import { errorOf, valid } from '../../support/documents.js';
import { describeGolden, goldenCopy } from '../../support/golden.js';
import { runOne } from '../../support/run.js';
import { newStorePath, rowsOf, sql } from '../../support/sqlite.js';
import { JANUARY } from '../../support/symmetric-keys.js';

async function exported(store: string, uid: string) {
  const { exitCode, document } = await runJson(KeyExport, store, ['--public', '--', uid]);
  assert.equal(exitCode, 0, JSON.stringify(document));
  return valid('public-key', document);
}

async function refusal(store: string, uid: string) {
  const { exitCode, document } = await runJson(KeyExport, store, ['--public', '--', uid]);
  assert.equal(exitCode, 4, JSON.stringify(document));
  return errorOf(document);
}

describe('kms key export --public', () => {
  let store: string;
  before(async () => {
    store = await newStorePath();
    for (const words of [
      ['kek'],
      ['rsa', '--type', 'rsa', '--length', '2048'],
      ...CURVE_NAMES.filter((name) => name !== 'P192').map((name) => [
        ...[name, '--type', 'ec', '--curve', name],
      ]),
      ['wrapped', '--type', 'ec', '--wrap-with', 'kek'],
      ['kem', '--type', 'pqc', '--algorithm', 'MLKEM_512'],
      ['hybrid', '--type', 'pqc', '--algorithm', 'X25519MLKEM768'],
      ['set', '--type', 'ec', '--keyset'],
      ['orphaned', '--type', 'ec'],
      ['destroyed', '--type', 'ec'],
      ['replaced', '--type', 'ec'],
      ['revoked', '--type', 'ec'],
    ]) {
      const { exitCode } = await runJson(KeyCreate, store, words);
      assert.equal(exitCode, 0, words.join(' '));
    }
    sql(store, "DELETE FROM objects WHERE id = 'orphaned_pk'");
    sql(store, "UPDATE objects SET state = 'Destroyed' WHERE id = 'destroyed_pk'");
    sql(store, "UPDATE objects SET state = 'Deactivated' WHERE id = 'revoked_pk'");
    await runOne(store, 'set', JANUARY);
    await runOne(store, 'replaced', JANUARY);
  });

  for (const uid of ['rsa', 'wrapped', ...CURVE_NAMES.filter((name) => name !== 'P192')]) {
    it(`${uid}: prints the same PEM for either key, and openssl reads it`, async () => {
      const one = await exported(store, uid);
      const other = await exported(store, `${uid}_pk`);
      assert.deepEqual(one, other);
      assert.equal(one.uid, `${uid}_pk`);
      const { stdout } = await runCommand(KeyExport, store, ['--public', uid]);
      assert.equal(stdout, one.pem);
      const argv = ['pkey', '-pubin', '-outform', 'DER'];
      const { status, stdout: der } = spawnSync('openssl', argv, { input: one.pem });
      assert.equal(status, 0);
      // No other form of the key, such as a compressed point, would come out as it went in.
      const base64 = one.pem.split('\n').slice(1, -2).join('');
      assert.equal(der.toString('base64'), base64);
      assert.equal(createPublicKey(one.pem).type, 'public');
      assert.throws(() => createPrivateKey(one.pem));
    });
  }

  it('prints SubjectPublicKeyInfo of a post-quantum key as it is stored', async () => {
    const { pem, algorithm } = await exported(store, 'kem');
    assert.equal(algorithm, 'MLKEM_512');
    const bytes = Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64');
    const { object } = rowsOf(store).find(({ id }) => id === 'kem_pk')!;
    assert.ok(object.includes(JSON.stringify([...bytes])));
    assert.ok(pem.split('\n').every((line) => line.length <= 64));
  });

  it('takes the addresses of a keyset', async () => {
    assert.equal((await exported(store, 'set')).uid, 'set@1_pk');
    assert.equal((await exported(store, 'set@first')).uid, 'set_pk');
    assert.equal((await exported(store, 'set@first')).state, 'Deactivated');
  });

  it('exports the live generation by the name of either key of a pair that was replaced', async () => {
    const one = await exported(store, 'replaced');
    assert.equal(one.state, 'Active');
    assert.notEqual(one.uid, 'replaced_pk');
    assert.deepEqual(await exported(store, 'replaced_pk'), one);
  });

  it('exports a retired one only if told so, and says that it is', async () => {
    for (const argv of [['replaced', '--retired'], ['revoked', '--retired'], ['set@first']]) {
      const { exitCode, stdout, stderr } = await runCommand(KeyExport, store, [
        ...['--public', ...argv],
      ]);
      assert.equal(exitCode, 0);
      assert.match(stdout, /^-----BEGIN PUBLIC KEY/);
      assert.match(stderr, /"(replaced|revoked|set)_pk" is Deactivated/);
    }
  });

  for (const [uid, reason, says] of [
    ['revoked', 'WrongState', /"revoked_pk".* is Deactivated$/],
    ['kek', 'Unsupported', /"kek" is a SymmetricKey: public keys alone are exported/],
    ['hybrid', 'Unsupported', /"hybrid_pk": .*X25519MLKEM768/],
    ['orphaned', 'UnsoundPair', /"orphaned" has no public key/],
    ['destroyed', 'WrongState', /"destroyed_pk" is Destroyed/],
    ['nobody', 'UnknownUid', /"nobody"/],
  ] as const) {
    it(`refuses ${uid}: ${reason}`, async () => {
      const error = await refusal(store, uid);
      assert.equal(error.reason, reason);
      assert.match(error.message, says);
    });
  }

  it('must be told that it is the public key that is wanted', async () => {
    const { exitCode, stdout, stderr } = await runCommand(KeyExport, store, ['rsa']);
    assert.deepEqual([exitCode, stdout], [2, '']);
    assert.match(stderr, /only public keys/);
  });
});

describeGolden('kms key export --public, of what the server wrote', () => {
  it('lets every public key out that has a form, and nothing else', async () => {
    const store = goldenCopy('store.sqlite');
    const refused: string[] = [];
    let keys = 0;
    for (const { id, object, state } of rowsOf(store)) {
      if (state.startsWith('Destroyed')) continue;
      const type = Object.keys(JSON.parse(object) as object)[0]!;
      if (type !== 'PublicKey') {
        // A certificate is as public as a public key.
        if (type !== 'PrivateKey' && type !== 'Certificate') {
          assert.equal((await refusal(store, id)).reason, 'Unsupported');
        }
        continue;
      }
      const { exitCode, document } = await runJson(KeyExport, store, ['--public', '--', id]);
      if (exitCode !== 0) refused.push(errorOf(document).message);
      else {
        keys += 1;
        const { pem, algorithm } = valid('public-key', document);
        if (!/^(ML|SLH)/.test(algorithm!)) assert.equal(createPublicKey(pem).type, 'public');
      }
    }
    assert.equal(refused.length, 1);
    assert.match(refused[0]!, /X25519MLKEM768/);
    assert.ok(keys > 30, String(keys));
  });
});
