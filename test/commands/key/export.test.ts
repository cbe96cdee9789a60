// `kms key export --public`: a public key as PEM that OpenSSL reads, from either half of a pair; nothing else is let
// out, whatever is asked for.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import {
  compactDecrypt,
  CompactEncrypt,
  createLocalJWKSet,
  importJWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import CertificateCreate from '../../../src/commands/certificate/create.js';
import KeyCreate from '../../../src/commands/key/create.js';
import KeyExport from '../../../src/commands/key/export.js';
import { CURVE_NAMES } from '../../../src/crypto/keys/curves.js';
import { privateKeyObject } from '../../../src/crypto/keys/key-object.js';
import { plainMaterialOf } from '../../../src/flows/wrapping/unwrapping.js';
import { algorithmOf, decodeRow } from '../../../src/kmip/managed-object.js';
import { runCommand, runJson } from '../../support/command.js';
import { errorOf, valid } from '../../support/documents.js';
import { describeGolden, goldenCopy } from '../../support/golden.js';
import { aKeyPair } from '../../support/pairs.js';
import { runOne } from '../../support/run.js';
import { insertRows, newStorePath, rowsOf, sql } from '../../support/sqlite.js';
import { DAY, JANUARY } from '../../support/symmetric-keys.js';
import { temporaryFolder } from '../../support/temporary.js';
import { valuesOf } from '../../support/values-of.js';

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

function privateKeyIn(store: string, uid: string): KeyObject {
  const { wrapping_key_id: wrappingKeyId, ...row } = rowsOf(store).find(({ id }) => id === uid)!;
  const object = decodeRow({ ...row, wrappingKeyId });
  const format = object.keyBlock!.keyFormatType;
  return privateKeyObject(algorithmOf(object), format, plainMaterialOf(object, new Map()));
}

describe('kms key export --jwks', () => {
  let store: string;
  beforeEach(async () => {
    store = await newStorePath();
  });

  async function create(...words: string[]): Promise<void> {
    const { exitCode } = await runJson(KeyCreate, store, words);
    assert.equal(exitCode, 0, words.join(' '));
  }

  async function jwkSet(argv: readonly string[], now = JANUARY) {
    const { exitCode, document } = await runJson(KeyExport, store, ['--jwks', ...argv], now);
    assert.equal(exitCode, 0, JSON.stringify(document));
    return valid('jwk-set', document);
  }

  const published = async (argv: readonly string[], now = JANUARY) =>
    (await jwkSet(argv, now)).published.map(({ uid, because }) => `${uid} ${because}`);

  const overlap = (seconds: number) => ({ overlap: { asked: seconds, byDefault: 0 } });

  it('verifies what the current and the retiring generation have signed', async () => {
    const pair = await aKeyPair({ uid: 'signing', publicMembers: { CryptographicUsageMask: 2 } });
    insertRows(store, [pair.privateKey.row, pair.publicKey.row]);
    await runOne(store, 'signing', JANUARY, overlap(7 * DAY));
    const { jwks, published: keys } = await jwkSet(['signing'], JANUARY + DAY);
    assert.deepEqual(valuesOf(keys, 'because', 'state'), [
      ['current', 'Active'],
      ['retiring', 'Active'],
    ]);
    assert.deepEqual(valuesOf(jwks.keys, 'kid', 'use', 'alg'), [
      [keys[0]!.kid, 'sig', 'ES256'],
      [keys[1]!.kid, 'sig', 'ES256'],
    ]);
    for (const { uid, kid } of keys) {
      const privateKey = privateKeyIn(store, uid.replace(/_pk$/, ''));
      const header = { alg: 'ES256', kid };
      const token = await new SignJWT({ sub: uid }).setProtectedHeader(header).sign(privateKey);
      const { payload } = await jwtVerify(token, createLocalJWKSet(jwks));
      assert.equal(payload.sub, uid);
    }
  });

  it('follows a keyset: what retires until its end, what is over only to verify', async () => {
    await create('set', '--type', 'ec', '--keyset');
    await runOne(store, 'set', JANUARY);
    await runOne(store, 'set', JANUARY + DAY, overlap(DAY));
    sql(store, 'UPDATE kms_rotation_retiring SET is_dated = 1');
    const during = JANUARY + DAY + 1;
    assert.deepEqual(await published(['set'], during), ['set@2_pk current', 'set@1_pk retiring']);
    assert.deepEqual(await published(['set', '--verify'], during), [
      'set@2_pk current',
      'set@1_pk retiring',
      'set_pk verifies',
    ]);
    const after = JANUARY + 2 * DAY;
    assert.deepEqual(await published(['set'], after), ['set@2_pk current']);
    // One without a date is retired by a run alone, and may be used until then.
    sql(store, 'UPDATE kms_rotation_retiring SET is_dated = 0');
    assert.deepEqual(await published(['set'], after), ['set@2_pk current', 'set@1_pk retiring']);
    sql(store, "UPDATE objects SET state = 'Compromised' WHERE id = 'set@1_pk'");
    assert.deepEqual(await published(['set', '--verify'], after), [
      'set@2_pk current',
      'set_pk verifies',
    ]);
  });

  it('takes several names in their order, each key once, by either key of a pair', async () => {
    await create('one', '--type', 'ec');
    await create('other', '--type', 'rsa', '--length', '2048');
    const { jwks } = await jwkSet(['other', 'one', 'other_pk', 'one']);
    assert.deepEqual(valuesOf(jwks.keys, 'kty', 'use', 'alg'), [
      ['RSA', undefined, undefined],
      ['EC', undefined, undefined],
    ]);
    const { stdout } = await runCommand(KeyExport, store, ['--jwks', 'other', 'one']);
    assert.deepEqual(JSON.parse(stdout), jwks);
  });

  it('says what keys are for if told, as jose then takes them', async () => {
    await create('sealed', '--type', 'rsa', '--length', '2048');
    const { jwks } = await jwkSet(['sealed', '--alg', 'RSA-OAEP-256']);
    assert.deepEqual(valuesOf(jwks.keys, 'use', 'alg'), [['enc', 'RSA-OAEP-256']]);
    const sealed = await new CompactEncrypt(Buffer.from('hello'))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
      .encrypt(await importJWK(jwks.keys[0]!));
    const privateKey = privateKeyIn(store, 'sealed');
    const { plaintext } = await compactDecrypt(sealed, privateKey);
    assert.equal(Buffer.from(plaintext).toString(), 'hello');
  });

  it('leaves a head out that is no longer to be used, and says so', async () => {
    await create('set', '--type', 'ec', '--keyset');
    await runOne(store, 'set', JANUARY);
    sql(store, "UPDATE objects SET state = 'Compromised' WHERE id = 'set@1'");
    const { exitCode, stdout, stderr } = await runCommand(KeyExport, store, [
      ...['--jwks', '--verify', 'set'],
    ]);
    assert.equal(exitCode, 0);
    assert.equal((JSON.parse(stdout) as { keys: unknown[] }).keys.length, 1);
    assert.match(stderr, /"set@1", the latest generation of "set", is Compromised/);
  });

  it('writes --output whole, and leaves a file alone that has this content', async () => {
    await create('one', '--type', 'ec');
    const file = join(temporaryFolder(), 'jwks.json');
    const argv = ['one', '--output', file];
    assert.deepEqual((await jwkSet(argv)).output, { file, changed: true });
    const { jwks } = await jwkSet(['one']);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), jwks);
    utimesSync(file, 1, 1);
    assert.deepEqual((await jwkSet(argv)).output, { file, changed: false });
    assert.equal(statSync(file).mtimeMs, 1000);
    const { stdout } = await runCommand(KeyExport, store, ['--jwks', ...argv]);
    assert.equal(stdout, '');
  });

  for (const [words, argv, exitCode, reason, says] of [
    [[], [], 4, 'Unsupported', /"x" is a SymmetricKey: public keys alone/],
    [['--type', 'pqc', '--algorithm', 'MLDSA_44'], [], 4, 'Unsupported', /"x_pk": .*MLDSA_44/],
    [['--type', 'pqc', '--algorithm', 'X25519MLKEM768'], [], 4, 'Unsupported', /"x_pk": /],
    [['--type', 'ec', '--curve', 'P224'], [], 4, 'Unsupported', /"x_pk": .*secp224r1/],
    [
      ['--type', 'ec'],
      ['--alg', 'RS256'],
      2,
      'InvalidArgument',
      /"x_pk": --alg RS256 does not fit/,
    ],
  ] as const) {
    it(`refuses ${[...words, ...argv].join(' ') || 'a symmetric key'}, and writes nothing`, async () => {
      await create('good', '--type', 'rsa', '--length', '2048');
      await create('x', ...words);
      const file = join(temporaryFolder(), 'jwks.json');
      const refused = await runJson(KeyExport, store, [
        ...['--jwks', 'good', 'x', '--output', file, ...argv],
      ]);
      const error = errorOf(refused.document);
      assert.deepEqual([refused.exitCode, error.reason], [exitCode, reason]);
      assert.match(error.message, says);
      assert.equal(existsSync(file), false);
    });
  }

  it('refuses a name of which nothing can be published', async () => {
    await create('gone', '--type', 'ec');
    sql(store, "UPDATE objects SET state = 'Compromised' WHERE id = 'gone'");
    const { exitCode, document } = await runJson(KeyExport, store, ['--jwks', '--verify', 'gone']);
    assert.deepEqual([exitCode, errorOf(document).reason], [4, 'WrongState']);
    assert.match(errorOf(document).message, /"gone".* is Compromised, and nothing else/);
  });
});

describe('kms key export --bundle', () => {
  let store: string;
  before(async () => {
    store = await newStorePath();
    for (const argv of [
      ['root', '--subject', 'CN=Root', '--authority', '--validity', '10y'],
      ['between', '--subject', 'CN=B', '--issuer', 'root', '--authority', '--validity', '5y'],
      ['www', '--subject', 'CN=www', '--issuer', 'between', '--validity', '60d'],
      ['alone', '--subject', 'CN=Alone', '--authority', '--validity', '10y'],
    ]) {
      assert.equal((await runJson(CertificateCreate, store, argv)).exitCode, 0, argv.join(' '));
    }
    for (const uid of ['alone', 'root', 'between']) await runOne(store, uid, JANUARY + DAY);
  });

  async function bundled(names: readonly string[], now: number) {
    const argv = ['--bundle', ...names];
    const { exitCode, document } = await runJson(KeyExport, store, argv, now);
    assert.equal(exitCode, 0, JSON.stringify(document));
    const { certificates } = valid('certificate-bundle', document);
    return certificates;
  }

  it('has an earlier authority until the last leaf below it has ended, also further below', async () => {
    for (const [name, day, because] of [
      ['root', 2, ['current', 'verifies']],
      ['root', 59, ['current', 'verifies']],
      ['root', 61, ['current']],
      ['between', 59, ['current', 'verifies']],
      ['between', 61, ['current']],
      ['alone', 2, ['current']],
    ] as const) {
      const found = await bundled([name], JANUARY + day * DAY);
      assert.deepEqual(valuesOf(found, 'because'), because, `${name} on day ${day}`);
    }
  });

  it('is PEM without duplicates, always in one order', async () => {
    const now = JANUARY + 2 * DAY;
    const found = await bundled(['between', 'root'], now);
    assert.equal(found.length, 4);
    assert.deepEqual(await bundled(['between', 'root', 'between'], now), found);
    const { stdout } = await runCommand(KeyExport, store, ['--bundle', 'between', 'root'], now);
    assert.equal(stdout, found.map(({ pem }) => pem).join(''));
  });

  it('takes nothing but authorities', async () => {
    const { exitCode, document } = await runJson(KeyExport, store, ['--bundle', 'root', 'www']);
    assert.deepEqual([exitCode, errorOf(document).reason], [2, 'InvalidArgument']);
    assert.match(errorOf(document).message, /"www" is no certificate of an authority/);
  });

  it('never has one that is Compromised', async () => {
    sql(store, "UPDATE objects SET state = 'Compromised' WHERE id = 'between'");
    const found = await bundled(['between'], JANUARY + 2 * DAY);
    assert.deepEqual(valuesOf(found, 'because'), ['current']);
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
