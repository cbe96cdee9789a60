// Rows that cannot be unwrapped, whatever the reason: each is named, its wrapping key is left as it is with
// all that it wraps, and the others go on.
import assert from 'node:assert/strict';
import { describeEachDatabase } from '../support/databases.js';
import { setAttributes } from '../support/meddle.js';
import { runDue, runOne } from '../support/run.js';
import { sql } from '../support/sql.js';
import {
  DAY,
  insertRows,
  JANUARY,
  newStorePath,
  rowsOf,
  type StoredRow,
} from '../support/store.js';
import { faultsAfter, replacementFaults } from '../support/wrapping/faults.js';
import { grow } from '../support/wrapping/forest.js';
import { judgeStore } from '../support/wrapping/judge.js';
import { aPlant, type Plant } from '../support/wrapping/plant.js';

const NOW = JANUARY + 41 * DAY;
const NO_KEK = { serverKek: { uid: 'none', mayBeRotated: false } } as const;

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

interface Bad {
  /** Breaks a row; gets its object and attributes as text. */
  readonly uid: string;
  readonly change: (row: StoredRow) => Partial<StoredRow>;
  /** Which key then fails, and what its error must name. */
  readonly fails: string;
  readonly names: readonly RegExp[];
}

const ciphertext =
  (change: (bytes: readonly number[]) => readonly number[]) => (row: StoredRow) => ({
    object: inBlock(row, (block) => {
      block['KeyValue'] = change(block['KeyValue'] as number[]);
    }),
  });
const parameter = (name: string, value: unknown) => (row: StoredRow) => ({
  object: inBlock(row, (block) => {
    const data = block['KeyWrappingData'] as { EncryptionKeyInformation: Members };
    const information = data.EncryptionKeyInformation;
    information['CryptographicParameters'] = {
      ...(information['CryptographicParameters'] as Members),
      [name]: value,
    };
  }),
});
const wrappingData = (name: string, value: unknown) => (row: StoredRow) => ({
  object: inBlock(row, (block) => {
    (block['KeyWrappingData'] as Members)[name] = value;
  }),
});
const last = (bytes: readonly number[]) => [...bytes.slice(0, -1), bytes.at(-1)! ^ 1];

const BAD: Readonly<Record<string, Bad>> = {
  'a truncated ciphertext': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: ciphertext((bytes) => bytes.slice(0, -8)),
  },
  'a ciphertext cut within a block': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: ciphertext((bytes) => bytes.slice(0, -3)),
  },
  'a ciphertext of another key': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: ciphertext((bytes) => bytes.map((byte) => byte ^ 0x55)),
  },
  'no bytes at all': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: ciphertext(() => []),
  },
  'a wrong tag': { uid: GCM, fails: KEK, names: [/hmac-2/], change: ciphertext(last) },
  'a GCM ciphertext without room for nonce and tag': {
    ...{ uid: GCM, fails: KEK, names: [/hmac-2/] },
    change: ciphertext((bytes) => bytes.slice(0, 20)),
  },
  'an unknown block cipher mode': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/, /XTS/] },
    change: parameter('BlockCipherMode', 'XTS'),
  },
  'a block cipher mode that no store knows': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: parameter('BlockCipherMode', 'Enigma'),
  },
  'a mode of another key’s kind': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: parameter('BlockCipherMode', 'CBC'),
  },
  'a wrapping method that only signs': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: wrappingData('WrappingMethod', 'MACSign'),
  },
  'an unknown encoding': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: wrappingData('EncodingOption', 'Base64'),
  },
  'a row that is no JSON': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: ({ object }) => ({ object: object.slice(0, -2) }),
  },
  'a row whose wrapping data is no map': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: (row) => ({
      object: inBlock(row, (block) => {
        block['KeyWrappingData'] = 'kek';
      }),
    }),
  },
  'a live row that says wrapped and holds nothing': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: (row) => ({
      object: inBlock(row, (block) => {
        block['KeyValue'] = { KeyMaterial: [] };
      }),
    }),
  },
  'a byte that is none': {
    ...{ uid: KWP, fails: KEK, names: [/hmac-1/] },
    change: ciphertext((bytes) => [256, ...bytes.slice(1)]),
  },
  'a wrapping key of the wrong size': {
    ...{ uid: KEK, fails: KEK, names: [/aes256-0/] },
    change: (row) => ({
      object: inBlock(row, (block) => {
        const value = block['KeyValue'] as { KeyMaterial: { Key: number[] } };
        value.KeyMaterial.Key = value.KeyMaterial.Key.slice(0, 20);
      }),
    }),
  },
  'a wrapping key without material': {
    ...{ uid: KEK, fails: KEK, names: [/aes256-0/] },
    change: (row) => ({
      object: inBlock(row, (block) => {
        const value = block['KeyValue'] as { KeyMaterial: { Key: number[] } };
        value.KeyMaterial.Key = [];
      }),
    }),
  },
  'a key that is wrapped by itself': {
    ...{ uid: NESTED, fails: NESTED, names: [/aes256-5/] },
    change: (row) => namingKey(row, OTHER_KEK, NESTED),
  },
};

describeEachDatabase('what cannot be unwrapped', (database) => {
  let store: Promise<string> | null = null;
  const planted = async (plants: readonly Plant[] = FOREST, mostLevels?: number) => {
    const url = await (store ??= newStorePath(database));
    for (const table of ['objects', 'tags', 'kms_rotation_log']) {
      await sql(url, `DELETE FROM ${table}`);
    }
    await insertRows(url, grow(plants, mostLevels).rows, []);
    return url;
  };

  if (database.kind === 'mysql') {
    it('a dependant that spells its key in another case follows it, as the database finds it', async () => {
      const url = await planted();
      await alter(url, KWP, (row) => namingKey(row, KEK, KEK.toUpperCase()));
      const report = await runDue(url, NOW, NO_KEK);
      const kek = report.results.find(({ uid }) => uid === KEK);
      assert.equal(kek?.outcome, 'rotated', kek?.error?.message);
      const after = await judgeStore(url);
      assert.equal(after.objects.get(KWP)?.wrappingKeyUid, kek.replacementUid);
      assert.deepEqual([after.problems, after.underRetired], [[], []]);
    });
  }
  if (database.kind !== 'sqlite') return;

  for (const [what, { uid, change, fails, names }] of Object.entries(BAD)) {
    it(`${what} is named, and nothing is written for its wrapping key`, async () => {
      const url = await planted();
      await alter(url, uid, change);
      const rows = await rowsOf(url);
      const before = await judgeStore(url);
      const report = await runDue(url, NOW, NO_KEK);
      assert.equal(report.error, null);
      const failed = report.results.filter(({ outcome }) => outcome !== 'rotated');
      assert.ok(
        failed.some((result) => result.uid === fails),
        JSON.stringify(failed),
      );
      const failure = failed.find((result) => result.uid === fails)!;
      for (const name of names) assert.match(failure.error?.message ?? '', name);
      // The other tree went on, and what failed is as it was.
      assert.ok(report.results.some((result) => result.outcome === 'rotated'));
      const same = new Map((await rowsOf(url)).map((row) => [row.id, row]));
      const tree = fails === KEK ? [KEK, KWP, GCM] : [];
      for (const row of rows.filter(({ id }) => tree.includes(id))) {
        assert.deepEqual(same.get(row.id), row);
      }
      const after = await judgeStore(url);
      assert.deepEqual(faultsAfter(before, after), []);
      assert.deepEqual(replacementFaults(before, after, report), []);
    });
  }

  it('two keys that wrap each other are named, and stay', async () => {
    const url = await planted();
    await alter(url, OTHER_KEK, (row) => ({
      object: inBlock(row, (block) => {
        block['KeyValue'] = Array.from({ length: 24 }, (_, index) => index);
        block['KeyWrappingData'] = {
          WrappingMethod: 'Encrypt',
          EncryptionKeyInformation: {
            UniqueIdentifier: NESTED,
            CryptographicParameters: { BlockCipherMode: 'AESKeyWrapPadding' },
          },
          EncodingOption: 'NoEncoding',
        };
      }),
      wrapping_key_id: NESTED,
    }));
    const rows = await rowsOf(url);
    const report = await runDue(url, NOW, NO_KEK);
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
      await alter(url, KWP, () => ({ wrapping_key_id: column }));
      const before = await judgeStore(url);
      const report = await runDue(url, NOW, NO_KEK);
      assert.deepEqual(
        report.results.filter(({ outcome }) => outcome !== 'rotated'),
        [],
      );
      const after = await judgeStore(url);
      assert.deepEqual(after.problems, []);
      assert.deepEqual(faultsAfter(before, after), []);
      const kek = report.results.find(({ uid }) => uid === KEK);
      assert.equal(after.objects.get(KWP)?.wrappingKeyUid, kek?.replacementUid);
    });
  }

  it('a destroyed dependant holds nothing up, whatever its row says', async () => {
    const url = await planted();
    await alter(url, KWP, () => ({ attributes: '{}', state: 'Destroyed' }));
    await alter(url, KWP, ({ object }) => ({ object: `${object} and more` }));
    const report = await runOne(url, KEK, NOW, NO_KEK);
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
    const before = await judgeStore(url);
    const report = await runDue(url, NOW, NO_KEK);
    assert.equal(report.results.filter(({ outcome }) => outcome === 'rotated').length, 10);
    const after = await judgeStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.deepEqual(after.underRetired, []);
    assert.deepEqual(replacementFaults(before, after, report), []);
  });

  it('a chain of keys past any limit is named, or rotated, and nothing of it is lost', async () => {
    const url = await planted(chainOf(60), 99);
    const before = await judgeStore(url);
    const report = await runDue(url, NOW, NO_KEK);
    assert.equal(report.error, null);
    const failed = report.results.filter(({ outcome }) => outcome === 'failed');
    assert.ok(failed.length > 0);
    for (const { error } of failed)
      assert.match(error?.message ?? '', /aes256-\d+|more than 32 levels/);
    const after = await judgeStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.deepEqual(after.underRetired, []);
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
    const before = await judgeStore(url);
    const report = await runDue(url, NOW, NO_KEK);
    assert.equal(report.results.find(({ uid }) => uid === 'aes256-2')?.outcome, 'rotated');
    for (const { outcome, error } of report.rewrappedDependants) {
      if (outcome === 'failed') assert.match(error?.message ?? '', /hmac-|aes256-/);
    }
    const lost = faultsAfter(before, await judgeStore(url));
    assert.deepEqual(
      lost.filter((fault) => !fault.includes('still under')),
      [],
    );
  });

  it('orphans stay under a replaced key whose replacement may not wrap, and are named', async () => {
    const url = await planted([aPlant({ replaced: true }), aPlant({ kind: 'hmac', under: 1 })]);
    await setAttributes(url, 'aes256-0-next', { CryptographicUsageMask: 12 });
    const rows = await rowsOf(url);
    const report = await runDue(url, NOW, NO_KEK);
    assert.deepEqual(
      report.rewrappedDependants.map(({ uid, outcome }) => [uid, outcome]),
      [['hmac-1', 'failed']],
    );
    assert.match(report.rewrappedDependants[0]?.error?.message ?? '', /aes256-0-next/);
    assert.deepEqual(await rowsOf(url), rows);
  });

  it('a dry run foretells the failure and writes nothing', async () => {
    const url = await planted();
    await alter(url, GCM, ciphertext(last));
    const rows = await rowsOf(url);
    const report = await runDue(url, NOW, { ...NO_KEK, dryRun: true });
    const failed = report.results.filter(({ outcome }) => outcome === 'failed');
    assert.deepEqual(
      failed.map(({ uid }) => uid),
      [KEK],
    );
    assert.match(failed[0]?.error?.message ?? '', /hmac-2/);
    assert.deepEqual(await rowsOf(url), rows);
  });
});

function replacement(uid: string): object {
  return { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: uid };
}

async function alter(
  url: string,
  uid: string,
  change: (row: StoredRow) => Partial<StoredRow>,
): Promise<void> {
  const row = (await rowsOf(url)).find(({ id }) => id === uid)!;
  const changed = Object.entries(change(row));
  assert.ok(changed.length > 0);
  await sql(
    url,
    `UPDATE objects SET ${changed.map(([name]) => `${name} = ?`).join(', ')} WHERE id = ?`,
    ...changed.map(([, value]) => value),
    uid,
  );
}

function inBlock({ object }: StoredRow, change: (block: Members) => void): string {
  const parsed = JSON.parse(object) as Record<string, { KeyBlock: Members }>;
  for (const { KeyBlock } of Object.values(parsed)) change(KeyBlock);
  return JSON.stringify(parsed);
}

/** Makes a wrapped row name another key throughout. */
function namingKey(row: StoredRow, was: string, is: string): Partial<StoredRow> {
  const renamed = (text: string) => text.replaceAll(`"${was}"`, `"${is}"`);
  return {
    object: renamed(row.object),
    attributes: renamed(row.attributes),
    wrapping_key_id: is,
  };
}
