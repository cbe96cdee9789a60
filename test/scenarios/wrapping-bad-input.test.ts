// Rows that cannot be unwrapped, whatever the reason: each is named, its wrapping key is left as it is with
// all that it wraps, and the others go on.
import assert from 'node:assert/strict';
import { describeEachDatabase } from '../support/databases.js';
import { changeRow, setAttributes } from '../support/meddle.js';
import { runDue, runOne } from '../support/run.js';
import { rewrappedIn } from '../support/reports.js';
import { rowsOf, type StoredRow } from '../support/store.js';
import { faultsAfter, faultsIn, replacementFaults } from '../support/wrapping/faults.js';
import { forestStore, NO_SERVER_KEK, NOW } from '../support/wrapping/forest-store.js';
import { unwrapStore } from '../support/wrapping/unwrap-store.js';
import { aPlant, type Plant } from '../support/wrapping/plant.js';

/** Two trees: what is broken is in the first. Ways 0 and 2 are AES Key Wrap with padding and GCM. */
const KEK = 'aes256-0';
const KWP = 'hmac-1';
const GCM = 'hmac-2';
const OTHER_KEK = 'aes128-3';
const NESTED = 'aes256-5';
const FOREST = [
  aPlant({ policy: 'due' }),
  aPlant({ kind: 'hmac', under: 1, way: 0 }),
  aPlant({ kind: 'hmac', under: 1, way: 2, owner: 1 }),
  aPlant({ kind: 'aes128', policy: 'due' }),
  aPlant({ kind: 'hmac', under: 2 }),
  aPlant({ under: 2, policy: 'due' }),
  aPlant({ kind: 'secret', under: 3 }),
];

type Members = Record<string, unknown>;

type Change = (row: StoredRow) => Partial<StoredRow>;

const inBlock =
  (change: (block: Members) => void): Change =>
  ({ object }) => {
    const parsed = JSON.parse(object) as Record<string, { KeyBlock: Members }>;
    for (const { KeyBlock } of Object.values(parsed)) change(KeyBlock);
    return { object: JSON.stringify(parsed) };
  };
const ciphertext = (change: (bytes: readonly number[]) => readonly number[]) =>
  inBlock((block) => (block['KeyValue'] = change(block['KeyValue'] as number[])));
const blockCipherMode = (value: string) =>
  inBlock((block) => {
    const { EncryptionKeyInformation: information } = block['KeyWrappingData'] as {
      EncryptionKeyInformation: { CryptographicParameters: Members };
    };
    information.CryptographicParameters['BlockCipherMode'] = value;
  });
const wrappingData = (name: string, value: unknown) =>
  inBlock((block) => ((block['KeyWrappingData'] as Members)[name] = value));
const clearKey = (change: (bytes: readonly number[]) => readonly number[]) =>
  inBlock((block) => {
    const value = block['KeyValue'] as { KeyMaterial: { Key: readonly number[] } };
    value.KeyMaterial.Key = change(value.KeyMaterial.Key);
  });
const last = (bytes: readonly number[]) => [...bytes.slice(0, -1), bytes.at(-1)! ^ 1];
/** Makes a wrapped row name another key throughout. */
const naming =
  (was: string, is: string): Change =>
  ({ object, attributes }) => ({
    object: object.replaceAll(`"${was}"`, `"${is}"`),
    attributes: attributes.replaceAll(`"${was}"`, `"${is}"`),
    wrapping_key_id: is,
  });

/** What is broken in which row, and what else than its uid the error must name. */
const BAD: readonly (readonly [what: string, uid: string, change: Change, names?: RegExp])[] = [
  ['a truncated ciphertext', KWP, ciphertext((bytes) => bytes.slice(0, -8))],
  ['a ciphertext cut within a block', KWP, ciphertext((bytes) => bytes.slice(0, -3))],
  ['a ciphertext of another key', KWP, ciphertext((bytes) => bytes.map((byte) => byte ^ 0x55))],
  ['no bytes at all', KWP, ciphertext(() => [])],
  ['a wrong tag', GCM, ciphertext(last)],
  [
    'a GCM ciphertext without room for nonce and tag',
    ...[GCM, ciphertext((bytes) => bytes.slice(0, 20))],
  ] as const,
  ['an unknown block cipher mode', KWP, blockCipherMode('XTS'), /XTS/],
  ['a block cipher mode that no store knows', KWP, blockCipherMode('Enigma')],
  ['a mode of another key’s kind', KWP, blockCipherMode('CBC')],
  ['a wrapping method that only signs', KWP, wrappingData('WrappingMethod', 'MACSign')],
  ['an unknown encoding', KWP, wrappingData('EncodingOption', 'Base64')],
  ['a row that is no JSON', KWP, ({ object }) => ({ object: object.slice(0, -2) })],
  [
    'a row whose wrapping data is no map',
    ...[KWP, inBlock((block) => (block['KeyWrappingData'] = 'kek'))],
  ] as const,
  [
    'a live row that says wrapped and holds nothing',
    ...[KWP, inBlock((block) => (block['KeyValue'] = { KeyMaterial: [] }))],
  ] as const,
  ['a byte that is none', KWP, ciphertext((bytes) => [256, ...bytes.slice(1)])],
  ['a wrapping key of the wrong size', KEK, clearKey((bytes) => bytes.slice(0, 20))],
  ['a wrapping key without material', KEK, clearKey(() => [])],
  ['a key that is wrapped by itself', NESTED, naming(OTHER_KEK, NESTED)],
];

describeEachDatabase('what cannot be unwrapped', (database) => {
  const forest = forestStore(database);
  const planted = async (plants: readonly Plant[] = FOREST, mostLevels?: number) =>
    (await forest(plants, mostLevels === undefined ? {} : { mostLevels })).url;

  if (database.kind === 'mysql') {
    it('a dependant that spells its key in another case follows it, as the database finds it', async () => {
      const url = await planted();
      await changeRow(url, KWP, naming(KEK, KEK.toUpperCase()));
      const report = await runDue(url, NOW, NO_SERVER_KEK);
      const kek = report.results.find(({ uid }) => uid === KEK);
      assert.equal(kek?.outcome, 'rotated', kek?.error?.message);
      const after = await unwrapStore(url);
      assert.equal(after.objects.get(KWP)?.wrappingKeyUid, kek.replacementUid);
      assert.deepEqual([after.problems, after.underRetired], [[], []]);
    });
  }
  if (database.kind !== 'sqlite') return;

  for (const [what, uid, change, names = /./] of BAD) {
    it(`${what} is named, and nothing is written for its wrapping key`, async () => {
      const url = await planted();
      await changeRow(url, uid, change);
      const rows = await rowsOf(url);
      const before = await unwrapStore(url);
      const report = await runDue(url, NOW, NO_SERVER_KEK);
      assert.equal(report.error, null);
      const fails = uid === NESTED ? NESTED : KEK;
      const { message = '' } = report.results.find((result) => result.uid === fails)?.error ?? {};
      assert.match(message, new RegExp(uid));
      assert.match(message, names);
      // The other tree went on, and what failed is as it was.
      assert.ok(report.results.some((result) => result.outcome === 'rotated'));
      const same = new Map((await rowsOf(url)).map((row) => [row.id, row]));
      const tree = fails === KEK ? [KEK, KWP, GCM] : [];
      for (const row of rows.filter(({ id }) => tree.includes(id))) {
        assert.deepEqual(same.get(row.id), row);
      }
      const after = await unwrapStore(url);
      assert.deepEqual(faultsAfter(before, after), []);
      assert.deepEqual(replacementFaults(before, after, report), []);
    });
  }

  it('two keys that wrap each other are named, and stay', async () => {
    const url = await planted();
    const wrapped = inBlock((block) => {
      block['KeyValue'] = Array.from({ length: 24 }, (_, index) => index);
      block['KeyWrappingData'] = {
        WrappingMethod: 'Encrypt',
        EncryptionKeyInformation: {
          UniqueIdentifier: NESTED,
          CryptographicParameters: { BlockCipherMode: 'AESKeyWrapPadding' },
        },
        EncodingOption: 'NoEncoding',
      };
    });
    await changeRow(url, OTHER_KEK, (row) => ({ ...wrapped(row), wrapping_key_id: NESTED }));
    const rows = await rowsOf(url);
    const report = await runDue(url, NOW, NO_SERVER_KEK);
    for (const uid of [OTHER_KEK, NESTED]) {
      const result = report.results.find((one) => one.uid === uid);
      assert.equal(result?.outcome, 'failed');
      assert.match(result.error?.message ?? '', /aes128-3|aes256-5/);
    }
    assert.equal(report.results.find(({ uid }) => uid === KEK)?.outcome, 'rotated');
    const after = new Map((await rowsOf(url)).map((row) => [row.id, row]));
    const tree = [OTHER_KEK, NESTED, 'hmac-4', 'secret-6'];
    for (const row of rows.filter(({ id }) => tree.includes(id))) {
      assert.deepEqual(after.get(row.id), row);
    }
  });

  for (const column of [null, OTHER_KEK, 'no-such-key']) {
    it(`a dependant whose column says ${column ?? 'nothing'} follows the key that its bytes name`, async () => {
      const url = await planted();
      await changeRow(url, KWP, { wrapping_key_id: column });
      const before = await unwrapStore(url);
      const report = await runDue(url, NOW, NO_SERVER_KEK);
      assert.ok(report.results.every(({ outcome }) => outcome === 'rotated'));
      const after = await unwrapStore(url);
      assert.deepEqual([after.problems, faultsAfter(before, after)], [[], []]);
      const kek = report.results.find(({ uid }) => uid === KEK);
      assert.equal(after.objects.get(KWP)?.wrappingKeyUid, kek?.replacementUid);
    });
  }

  it('a destroyed dependant holds nothing up, whatever its row says', async () => {
    const url = await planted();
    await changeRow(url, KWP, ({ object }) => ({
      ...{ object: `${object} and more`, attributes: '{}', state: 'Destroyed' },
    }));
    const report = await runOne(url, KEK, NOW, NO_SERVER_KEK);
    assert.equal(report.results[0]?.outcome, 'rotated', report.results[0]?.error?.message);
    assert.equal(report.results[0].dependantsRewrapped, 1);
  });

  /** Keys each under the one before, all due but the last, which is no wrapping key. */
  const chainOf = (length: number) => [
    ...Array.from({ length }, (_, level) => aPlant({ under: level, policy: 'due' })),
    aPlant({ kind: 'hmac', under: length }),
  ];

  it('a chain of ten keys under keys is no trouble', async () => {
    const url = await planted(chainOf(10), 99);
    const before = await unwrapStore(url);
    const report = await runDue(url, NOW, NO_SERVER_KEK);
    assert.equal(report.results.filter(({ outcome }) => outcome === 'rotated').length, 10);
    const after = await unwrapStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.deepEqual(after.underRetired, []);
    assert.deepEqual(replacementFaults(before, after, report), []);
  });

  it('a chain of keys past any limit is named, or rotated, and nothing of it is lost', async () => {
    const url = await planted(chainOf(60), 99);
    const before = await unwrapStore(url);
    const report = await runDue(url, NOW, NO_SERVER_KEK);
    assert.equal(report.error, null);
    const failed = report.results.filter(({ outcome }) => outcome === 'failed');
    assert.ok(failed.length > 0);
    for (const { error } of failed)
      assert.match(error?.message ?? '', /aes256-\d+|more than 32 levels/);
    assert.deepEqual(await faultsIn(url, before), []);
  });

  it('replacements that lead in a circle, or nowhere, are followed no further', async () => {
    const replaced = aPlant({ replaced: true });
    const url = await planted([
      ...[replaced, replaced, aPlant({ policy: 'due' })],
      // What wraps them are both replaced keys; their successors stand at 2 and 4.
      ...[aPlant({ kind: 'hmac', under: 1 }), aPlant({ kind: 'hmac', under: 3 })],
    ]);
    await setAttributes(url, 'aes256-0-next', { Link: [replacement('aes256-0')] });
    await setAttributes(url, 'aes256-1', { Link: [replacement('gone')] });
    const before = await unwrapStore(url);
    const report = await runDue(url, NOW, NO_SERVER_KEK);
    assert.equal(report.results.find(({ uid }) => uid === 'aes256-2')?.outcome, 'rotated');
    for (const { outcome, error } of report.rewrappedDependants) {
      if (outcome === 'failed') assert.match(error?.message ?? '', /hmac-|aes256-/);
    }
    const lost = faultsAfter(before, await unwrapStore(url));
    assert.deepEqual(
      lost.filter((fault) => !fault.includes('still under')),
      [],
    );
  });

  it('a stale dependant stays under a key whose replacement may not wrap, and is named', async () => {
    const url = await planted([aPlant({ replaced: true }), aPlant({ kind: 'hmac', under: 1 })]);
    await setAttributes(url, 'aes256-0-next', { CryptographicUsageMask: 12 });
    const rows = await rowsOf(url);
    const report = await runDue(url, NOW, NO_SERVER_KEK);
    assert.deepEqual(rewrappedIn(report), [['hmac-1', null, 'WrappingKeyUnfit']]);
    assert.match(report.rewrappedDependants[0]?.error?.message ?? '', /aes256-0-next/);
    assert.deepEqual(await rowsOf(url), rows);
  });

  it('a dry run foresees the failure and writes nothing', async () => {
    const url = await planted();
    await changeRow(url, GCM, ciphertext(last));
    const rows = await rowsOf(url);
    const report = await runDue(url, NOW, { ...NO_SERVER_KEK, dryRun: true });
    const [failed, ...others] = report.results.filter(({ outcome }) => outcome === 'failed');
    assert.deepEqual([failed?.uid, others], [KEK, []]);
    assert.match(failed?.error?.message ?? '', /hmac-2/);
    assert.deepEqual(await rowsOf(url), rows);
  });
});

function replacement(uid: string): object {
  return { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: uid };
}
