// `kms key create --type rsa|ec|pqc`: the rows of a new pair are those that the server writes, what is refused leaves
// nothing, and the pair works, is wrapped and rotates like any other.
import assert from 'node:assert/strict';
import KeyCreate from '../../../src/commands/key/create.js';
import { CURVE_NAMES } from '../../../src/crypto/keys/curves.js';
import { runCommand, runJson } from '../../support/command.js';
import { errorOf, valid, type KeyDocument } from '../../support/documents.js';
import { describeGolden, goldenCopy } from '../../support/golden.js';
import { pairFaults } from '../../support/pair-faults.js';
import { runDue } from '../../support/run.js';
import { newStorePath, rowsOf, sql } from '../../support/sqlite.js';
import { DAY, JANUARY } from '../../support/symmetric-keys.js';
import { unwrapStore } from '../../support/wrapping/unwrap-store.js';
import { valuesOf } from '../../support/values-of.js';

describe('kms key create, pairs', () => {
  let store: string;
  beforeEach(async () => {
    store = await newStorePath();
  });

  async function created(argv: readonly string[]): Promise<KeyDocument> {
    const { exitCode, document } = await runJson(KeyCreate, store, argv);
    assert.equal(exitCode, 0, JSON.stringify(document));
    return valid('key', document).key;
  }

  const attributesOf = (uid: string) =>
    JSON.parse(rowsOf(store).find(({ id }) => id === uid)!.attributes) as Record<string, unknown>;

  it('prints the uid of the private key; the public one has _pk behind it', async () => {
    const { exitCode, stdout, stderr } = await runCommand(KeyCreate, store, ['--type', 'ec']);
    assert.deepEqual([exitCode, stderr], [0, '']);
    const uid = stdout.trimEnd();
    assert.deepEqual(valuesOf(rowsOf(store), 'id', 'state', 'owner'), [
      [uid, 'Active', 'admin'],
      [`${uid}_pk`, 'Active', 'admin'],
    ]);
  });

  const kinds: readonly (readonly [argv: string, algorithm: string, lengths: number[]])[] = [
    ['--type rsa --length 2048', 'RSA', [2048, 2048]],
    ['--type rsa', 'RSA', [3072, 3072]],
    ...CURVE_NAMES.filter((name) => name !== 'P192').map((name): [string, string, number[]] => {
      const edwards = /^CURVEE(D\d+)$/.exec(name)?.[1]?.replace('D', 'Ed');
      return [`--type ec --curve ${name}`, edwards ?? 'ECDH', []];
    }),
    ['--type pqc --algorithm MLKEM_512', 'MLKEM_512', [512, 512]],
    ['--type pqc --algorithm MLDSA_44', 'MLDSA_44', [10_496, 10_496]],
    ['--type pqc --algorithm SLHDSA_SHA2_128f', 'SLHDSA_SHA2_128f', [256, 256]],
    ['--type pqc --algorithm X25519MLKEM768', 'X25519MLKEM768', [768, 768]],
  ];
  for (const [argv, algorithm, lengths] of kinds) {
    it(`makes both keys: ${argv}`, async () => {
      const key = await created(['k', ...argv.split(' ')]);
      assert.deepEqual([key['algorithm'], key['objectType']], [algorithm, 'PrivateKey']);
      const found = ['k', 'k_pk'].map((uid) => attributesOf(uid)['CryptographicLength']);
      if (lengths.length > 0) assert.deepEqual(found, lengths);
      const { objects, problems } = await unwrapStore(store);
      assert.deepEqual(problems, []);
      const [one, other] = [objects.get('k')!, objects.get('k_pk')!];
      const evaluated = /RSA|P256|P384|P521|256K1|CURVE|X25519MLKEM/.test(argv);
      if (evaluated) assert.deepEqual(pairFaults(one, other), []);
    });
  }

  it('gives the private key name, schedule and keyset; tags and owner to both', async () => {
    await created([
      ...['set', '--type', 'ec', '--keyset', '--interval', '30d', '--offset', '1d'],
      ...['--name', 'pay roll', '--tag', 'env:prod', '--owner', 'ops@example.org'],
    ]);
    const [one, other] = [attributesOf('set'), attributesOf('set_pk')];
    const own = ['Name', ...Object.keys(one).filter((name) => name.startsWith('Rotate'))];
    assert.equal(own.length, 7);
    for (const name of own) assert.equal(other[name], undefined, name);
    const tags = sql(store, `SELECT id || ' ' || tag AS tag FROM tags ORDER BY id, tag`);
    const expected = ['set _sk', 'set env:prod', 'set_pk _pk', 'set_pk env:prod'];
    assert.deepEqual(valuesOf(tags, 'tag'), expected);
    assert.ok(rowsOf(store).every(({ owner }) => owner === 'ops@example.org'));
    const { results } = await runDue(store, JANUARY + DAY);
    const uids = valuesOf(results, 'replacementUid', 'publicKeyReplacementUid');
    assert.deepEqual(uids, [['set@1', 'set@1_pk']]);
  });

  it('wraps both keys, under a symmetric key or a pair', async () => {
    await created(['kek']);
    await created(['sealing', '--type', 'ec', '--wrap-with', 'kek']);
    await created(['inner', '--type', 'ec', '--curve', 'CURVEED25519', '--wrap-with', 'sealing']);
    await created(['rsa-kek', '--type', 'rsa', '--length', '2048']);
    const { exitCode, document } = await runJson(KeyCreate, store, [
      ...['too-long', '--type', 'rsa', '--length', '2048', '--wrap-with', 'rsa-kek'],
    ]);
    assert.equal(exitCode, 4);
    assert.equal(errorOf(document).reason, 'UnsupportedWrapping');
    const { objects, problems, underRetired } = await unwrapStore(store);
    assert.deepEqual([problems, underRetired], [[], []]);
    assert.equal(objects.size, 7);
    for (const [uid, by] of [
      ['sealing', 'kek'],
      ['sealing_pk', 'kek'],
      ['inner', 'sealing'],
      ['inner_pk', 'sealing'],
    ] as const) {
      assert.equal(objects.get(uid)!.wrappingKeyUid, by);
    }
    assert.deepEqual(pairFaults(objects.get('inner')!, objects.get('inner_pk')!), []);
  });

  const refused: readonly (readonly [argv: string, says: RegExp])[] = [
    ['k --type rsa --length 1024', /RSA keys of 1024 bits/],
    ['k --type rsa --length 2049', /RSA keys of 2049 bits/],
    ['k --type rsa --algorithm AES', /--algorithm cannot be used with --type rsa/],
    ['k --type ec --length 256', /--length cannot be used with --type ec/],
    ['k --type rsa --curve P256', /--curve cannot be used with --type rsa/],
    ['k --curve P256', /--curve cannot be used with --type symmetric/],
    ['k --type ec --curve P192', /--curve/],
    ['k --type pqc', /needs an --algorithm/],
    ['k --type pqc --algorithm AES', /--algorithm AES cannot be used with --type pqc/],
    ['k --algorithm MLKEM_512', /--algorithm MLKEM_512 cannot be used with --type symmetric/],
    [`${'x'.repeat(126)} --type ec`, /1 to 125 characters/],
  ];
  for (const [argv, says] of refused) {
    it(`refuses ${argv.slice(-50)}`, async () => {
      const { exitCode, document } = await runJson(KeyCreate, store, argv.split(' '));
      assert.equal(exitCode, 2);
      assert.match(errorOf(document).message, says);
      assert.deepEqual(rowsOf(store), []);
    });
  }

  for (const taken of ['k', 'k_pk']) {
    it(`writes neither key if ${taken} is taken`, async () => {
      await created([taken]);
      const { exitCode, document } = await runJson(KeyCreate, store, ['k', '--type', 'ec']);
      assert.equal(exitCode, 4);
      assert.equal(errorOf(document).reason, 'UidTaken');
      assert.equal(rowsOf(store).length, 1);
    });
  }
});

describeGolden('kms key create, pairs, against the server', () => {
  const made: readonly (readonly [golden: string, argv: string])[] = [
    ['rsa2048', '--type rsa --length 2048'],
    ['nist-p256', '--type ec'],
    ['x25519', '--type ec --curve CURVE25519'],
    ['ed448', '--type ec --curve CURVEED448'],
    ['kek-dep-ec', '--type ec --wrap-with kek'],
  ];
  for (const [golden, argv] of made) {
    it(`writes for both keys what the server wrote for ${golden}, member by member`, async () => {
      const store = goldenCopy('store.sqlite');
      const theirs = membersOf(store, golden);
      const adopted = await newStorePath();
      if (argv.includes('kek')) await runJson(KeyCreate, adopted, ['kek']);
      const words = [golden, ...argv.split(' '), '--interval', '30d'];
      const { exitCode } = await runJson(KeyCreate, adopted, words);
      assert.equal(exitCode, 0);
      assert.deepEqual(membersOf(adopted, golden), theirs);
    });
  }
});

/** Both halves as they are stored, random values and times levelled, members in their order. */
function membersOf(store: string, uid: string): unknown {
  const halves = [uid, `${uid}_pk`].map((id) => rowsOf(store).find((row) => row.id === id)!);
  const level = (key: string, value: unknown): unknown => {
    if (key.endsWith('Date')) return 'DATE';
    if (key === 'DigestValue' || key === 'KeyMaterial') return 'RANDOM';
    if (key === 'KeyValue' && Array.isArray(value)) return 'CIPHERTEXT';
    if (key === 'Qlength' || key === 'CryptographicLength') {
      return [240, 248, 249, 250, 251, 252, 253, 254, 255].includes(value as number) ? 256 : value;
    }
    return value;
  };
  return halves.map(({ object, attributes, state, wrapping_key_id }) => [
    ...[object, attributes].map((text) => JSON.stringify(JSON.parse(text), level)),
    ...[state, wrapping_key_id],
  ]);
}
