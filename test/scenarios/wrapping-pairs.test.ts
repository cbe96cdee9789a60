// Pairs that wrap others, by either half, and pairs that are wrapped, each half by a key of its own: both halves go
// with all that hangs on them, in one transaction. Checked by an unwrapping that shares nothing with src.
import assert from 'node:assert/strict';
import { listedKey } from '../../src/views/due/due-list.js';
import type { RunReport } from '../../src/report/run-report.js';
import { collect, dueCandidates } from '../../src/survey/survey.js';
import { describeOnSqlite } from '../support/databases.js';
import { changeRow, setAttributes, withBrokenCiphertext } from '../support/meddle.js';
import { pairsFor } from '../support/pair-pool.js';
import { pairFaults } from '../support/pair-faults.js';
import { aKeyPair } from '../support/pairs.js';
import { runDue, runOne } from '../support/run.js';
import { rewrappedIn } from '../support/reports.js';
import { insertRows, rowsOf, withStore } from '../support/store.js';
import { NO_KEK } from '../support/candidates.js';
import { faultsAfter, replacementFaults } from '../support/wrapping/faults.js';
import { grow } from '../support/wrapping/forest.js';
import { forestStore, NO_SERVER_KEK, NOW } from '../support/wrapping/forest-store.js';
import { unwrapStore, type UnwrappedStore } from '../support/wrapping/unwrap-store.js';
import { sealEcies } from '../support/wrapping/curves.js';
import type { Kind } from '../support/wrapping/key-kinds.js';
import { aPlant, type Plant } from '../support/wrapping/plant.js';
import { needlessChanges } from '../support/wrapping/untouched.js';
import { valuesOf } from '../support/values-of.js';

/** Every kind of pair that wraps. */
const PAIRS: readonly Kind[] = ['rsa', 'P256', 'P384', 'P521', 'CURVE25519', 'CURVEED25519'];

const due = (kind: Kind, changes: Partial<Plant> = {}) =>
  aPlant({ kind, policy: 'due', ...changes });

describeOnSqlite('pairs that wrap, and wrapped pairs', (database) => {
  const forest = forestStore(database);
  const planted = async (plants: readonly Plant[], count = Infinity) => {
    const { url, rest } = await forest(plants, { count });
    return { url, before: await unwrapStore(url), rest };
  };

  const assertWhole = async (url: string, before: UnwrappedStore, report: RunReport) => {
    assert.equal(report.error, null);
    const after = await unwrapStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.deepEqual(after.underRetired, []);
    assert.deepEqual(replacementFaults(before, after, report), []);
    assert.deepEqual(needlessChanges(before, after, report), []);
    for (const { outcome, error, replacementUid, publicKeyReplacementUid } of report.results) {
      assert.equal(outcome, 'rotated', error?.message);
      if (publicKeyReplacementUid === null || replacementUid === null) continue;
      const [one, other] = [replacementUid, publicKeyReplacementUid].map((uid) =>
        after.objects.get(uid),
      );
      assert.deepEqual(pairFaults(one!, other!), [], replacementUid);
    }
    return after;
  };

  for (const kind of PAIRS) {
    it(`${kind}: takes along what names either key, of any owner and state, in every way`, async () => {
      const dependants = [0, 1, 2, 3, 4, 5].map((way) =>
        aPlant({
          kind: way % 2 === 0 ? 'hmac' : 'secret',
          under: 1,
          way,
          owner: (way % 3) as 0 | 1 | 2,
          state: way === 4 ? 'Deactivated' : 'Active',
          ttlvEncoded: way > 3,
          namesPrivateHalf: way % 3 === 0,
          column: way === 5 ? 'empty' : 'right',
        }),
      );
      const { url, before } = await planted([due(kind), ...dependants]);
      const report = await runDue(url, NOW, NO_SERVER_KEK);
      const after = await assertWhole(url, before, report);
      const result = report.results[0]!;
      assert.equal(result.dependantsRewrapped, dependants.length);
      for (const { uid, wrappingKeyUid } of before.objects.values()) {
        if (wrappingKeyUid === null) continue;
        const { replacementUid, publicKeyReplacementUid } = result;
        const expected: string | null =
          wrappingKeyUid === `${kind}-0` ? replacementUid : publicKeyReplacementUid;
        assert.equal(after.objects.get(uid)?.wrappingKeyUid, expected);
      }
    });
  }

  it('wraps each key of the replacement as its own was, in every way of AES and of pairs', async () => {
    const under = (kind: Kind) =>
      [1, 2, 3, 4, 5, 6].map((way) => due(kind, { under: 1, way: way - 1 }));
    for (const [wrapping, kinds] of [
      ['aes256', ['P256', 'CURVEED25519']],
      ['P384', ['CURVE25519']],
      ['rsa', ['CURVEED25519']],
    ] as const) {
      const plants = kinds.flatMap((kind) => [
        ...under(kind),
        // PKCS#8 and SubjectPublicKeyInfo, alone and encoded.
        due(kind, { under: 1, bytesAlone: true }),
        due(kind, { under: 1, bytesAlone: true, ttlvEncoded: true, vendorAttribute: false }),
      ]);
      if (wrapping === 'aes256') plants.push(due('rsa', { under: 1 }));
      const { url, before } = await planted([aPlant({ kind: wrapping }), ...plants]);
      const report = await runDue(url, NOW, NO_SERVER_KEK);
      const after = await assertWhole(url, before, report);
      assert.equal(report.results.length, plants.length);
      for (const { uid, replacementUid, publicKeyReplacementUid } of report.results) {
        for (const [was, is] of [
          [uid, replacementUid],
          [`${uid}_pk`, publicKeyReplacementUid],
        ] as const) {
          const [one, other] = [before.objects.get(was), after.objects.get(is!)];
          assert.equal(other?.wrappingKeyUid, one?.wrappingKeyUid);
          assert.deepEqual(parametersOf(other!.row.object), parametersOf(one!.row.object));
          assert.match(other!.row.object, /"EncodingOption": ?"TTLVEncoding"/);
        }
      }
    }
  });

  it('goes down from pair to pair: what wraps before what it wraps, all of it due', async () => {
    const { url, before } = await planted([
      due('P256'),
      due('rsa', { under: 1, namesPrivateHalf: true }),
      due('aes128', { under: 2, owner: 1 }),
      due('CURVE25519', { under: 3 }),
      due('hmac', { under: 4 }),
      due('aes256', { under: 4 }),
    ]);
    const report = await runDue(url, NOW, { ...NO_SERVER_KEK, batchSize: 3, concurrency: 4 });
    await assertWhole(url, before, report);
    const order = report.results.map(({ uid }) => uid);
    assert.deepEqual(order.slice(0, 4), ['P256-0', 'rsa-1', 'aes128-2', 'CURVE25519-3']);
    assert.equal(order.length, 6);
    assert.deepEqual((await runDue(url, NOW, NO_SERVER_KEK)).results, []);
  });

  it('counts what both keys wrap, in a listing and in a dry run, which writes nothing', async () => {
    const { url } = await planted([
      due('P256'),
      aPlant({ kind: 'hmac', under: 1 }),
      aPlant({ kind: 'hmac', under: 1, namesPrivateHalf: true }),
      aPlant({ kind: 'hmac', under: 1, state: 'Destroyed' }),
    ]);
    const rows = await rowsOf(url);
    const terms = { now: NOW, withinSeconds: 0, firstDeadline: 'offset' } as const;
    const evaluated = await withStore(url, (open) =>
      collect(dueCandidates(open, terms, { tags: [] })),
    );
    const [listed] = evaluated.map((one) => listedKey(one, NOW, NO_KEK));
    assert.deepEqual([listed?.uid, listed?.dependants, listed?.flow], ['P256-0', 2, 'key-pair']);
    const { results } = await runDue(url, NOW, { ...NO_SERVER_KEK, dryRun: true });
    assert.deepEqual(valuesOf(results, 'outcome', 'dependantsRewrapped'), [['would-rotate', 2]]);
    assert.deepEqual(await rowsOf(url), rows);
  });

  it('writes nothing of a pair if one that it wraps does not open, and names that one', async () => {
    const { url } = await planted([
      due('rsa'),
      aPlant({ kind: 'hmac', under: 1 }),
      aPlant({ kind: 'hmac', under: 1, namesPrivateHalf: true }),
    ]);
    await changeRow(url, 'hmac-2', withBrokenCiphertext);
    const rows = await rowsOf(url);
    const { results } = await runDue(url, NOW, NO_SERVER_KEK);
    assert.equal(results[0]?.error?.reason, 'DependantNotRewrapped');
    assert.equal(results[0].error.uid, 'hmac-2');
    assert.deepEqual(await rowsOf(url), rows);
  });

  for (const curve of ['P192', 'P224', 'CURVE448']) {
    it(`names a pair on ${curve} that something is under, with which nobody wraps: UnsupportedWrapping`, async () => {
      const { url } = await planted([]);
      const kind = { kind: 'curve', curve, cryptographicAlgorithm: 'ECDH' } as const;
      const { privateKey, publicKey } = await aKeyPair({ uid: 'P256-0' }, kind);
      const [, , dependant] = grow([due('P256'), aPlant({ kind: 'hmac', under: 1 })]).rows;
      await insertRows(url, [privateKey.row, publicKey.row, dependant!], []);
      const rows = await rowsOf(url);
      const { results } = await runDue(url, NOW, NO_SERVER_KEK);
      assert.equal(results[0]?.error?.reason, 'UnsupportedWrapping');
      assert.match(results[0].error.message, new RegExp(curve.replace('CURVE448', 'x448')));
      assert.deepEqual(await rowsOf(url), rows);
    });
  }

  for (const named of ['P256-0', 'P256-0_pk']) {
    it(`names a pair whose public key is wrapped under ${named}, itself: WrappingCycle`, async () => {
      const { url } = await planted([due('P256', { bytesAlone: true })]);
      await changeRow(url, 'P256-0_pk', ({ object }) => ({
        object: wrappedByItself(object, named),
        wrapping_key_id: named,
      }));
      const rows = await rowsOf(url);
      assert.deepEqual((await unwrapStore(url)).problems.filter(isOfOpening), []);
      const { results } = await runDue(url, NOW, NO_SERVER_KEK);
      assert.equal(results[0]?.error?.reason, 'WrappingCycle', results[0]?.error?.message);
      assert.deepEqual(await rowsOf(url), rows);
    });
  }

  for (const namesPrivateHalf of [true, false]) {
    const half = namesPrivateHalf ? 'private' : 'public';
    it(`leaves nothing behind that somebody puts under the ${half} half meanwhile`, async () => {
      const spare = aPlant({ kind: 'hmac', under: 1, namesPrivateHalf });
      const { url, before, rest } = await planted([due('P256'), spare], 2);
      let made = 0;
      const report = await runDue(url, NOW, {
        ...NO_SERVER_KEK,
        newPair: async (kind) => {
          if ((made += 1) === 1) await insertRows(url, rest, []);
          return pairsFor(url)(kind);
        },
      });
      assert.equal(made, 2);
      const after = await assertWhole(url, before, report);
      const { replacementUid, publicKeyReplacementUid } = report.results[0]!;
      const expected = namesPrivateHalf ? replacementUid : publicKeyReplacementUid;
      assert.equal(after.objects.get('hmac-1')?.wrappingKeyUid, expected);
    });
  }

  it('takes along what somebody changes of either key meanwhile, with everything under them', async () => {
    for (const uid of ['rsa-0', 'rsa-0_pk', 'hmac-1']) {
      const { url, before } = await planted([due('rsa'), aPlant({ kind: 'hmac', under: 1 })]);
      let made = 0;
      const report = await runDue(url, NOW, {
        ...NO_SERVER_KEK,
        newPair: async (kind) => {
          if ((made += 1) === 1) await setAttributes(url, uid, { Comment: 'meanwhile' });
          return pairsFor(url)(kind);
        },
      });
      const after = await unwrapStore(url);
      assert.equal(report.results[0]?.outcome, 'rotated');
      assert.deepEqual([faultsAfter(before, after), after.underRetired], [[], []]);
      assert.match(after.objects.get(uid)!.row.attributes, /meanwhile/);
    }
  });

  it('is rotated once by two runs at once, with all that it wraps', async () => {
    const { url, before } = await planted([
      due('P256'),
      ...Array.from({ length: 10 }, () => due('hmac', { under: 1 })),
    ]);
    const reports = await Promise.all([1, 2].map(() => runDue(url, NOW, NO_SERVER_KEK)));
    const outcomes = reports.flatMap(({ results }) => results).map(({ outcome }) => outcome);
    assert.equal(outcomes.filter((outcome) => outcome === 'rotated').length, 11);
    assert.ok(outcomes.every((outcome) => outcome !== 'failed'));
    const after = await unwrapStore(url);
    assert.deepEqual([faultsAfter(before, after), after.underRetired], [[], []]);
  });

  it('re-wraps what a server writes back under either key, though the links are written over', async () => {
    const { url, before } = await planted([
      due('P256'),
      aPlant({ kind: 'hmac', under: 1 }),
      aPlant({ kind: 'hmac', under: 1, namesPrivateHalf: true, owner: 1 }),
    ]);
    const rows = await rowsOf(url);
    const { results } = await runDue(url, NOW, NO_SERVER_KEK);
    const { replacementUid, publicKeyReplacementUid } = results[0]!;
    const second = await runOne(url, replacementUid!, NOW + 1, NO_SERVER_KEK);
    const latest = second.results[0]!;
    assert.equal(latest.outcome, 'rotated', latest.error?.message);
    for (const withLinks of [true, false]) {
      for (const row of rows) {
        // A server's update writes all columns but state and owner (storage format §1.7).
        if (withLinks && row.id.startsWith('P256-0')) continue;
        const { id, object, attributes, wrapping_key_id } = row;
        await changeRow(url, id, { object, attributes, wrapping_key_id });
      }
      const report = await runDue(url, NOW + 60, NO_SERVER_KEK);
      assert.deepEqual(rewrappedIn(report), [
        ['hmac-2', latest.replacementUid, 'mended'],
        ['hmac-1', latest.publicKeyReplacementUid, 'mended'],
      ]);
      assert.deepEqual(valuesOf(report.rewrappedDependants, 'fromWrappingKeyUid'), [
        'P256-0',
        'P256-0_pk',
      ]);
      const after = await unwrapStore(url);
      assert.deepEqual([faultsAfter(before, after), after.underRetired], [[], []]);
    }
    assert.notEqual(publicKeyReplacementUid, latest.publicKeyReplacementUid);
  });
});

/** The row of a public key on P-256, in clear, wrapped under its own pair. */
function wrappedByItself(text: string, wrappingKeyUid: string): string {
  const { PublicKey } = JSON.parse(text) as {
    PublicKey: { KeyBlock: { KeyValue: { KeyMaterial: number[] } } };
  };
  const spki = Buffer.from(PublicKey.KeyBlock.KeyValue.KeyMaterial);
  const point = Buffer.concat([Buffer.of(2 + (spki.at(-1)! & 1)), spki.subarray(-64, -32)]);
  const KeyBlock = {
    ...PublicKey.KeyBlock,
    KeyValue: [...sealEcies('P256', point, spki)],
    KeyWrappingData: {
      WrappingMethod: 'Encrypt',
      EncryptionKeyInformation: { UniqueIdentifier: wrappingKeyUid },
      EncodingOption: 'NoEncoding',
    },
  };
  return JSON.stringify({ PublicKey: { KeyBlock } });
}

/** The attributes do not say by what it is wrapped, which matters to nobody here. */
function isOfOpening(problem: string): boolean {
  return !problem.includes('WrappingKeyLink');
}

/** What Key Wrapping Data says of how a key was wrapped. */
function parametersOf(text: string): unknown {
  const object = JSON.parse(text) as Record<string, { KeyBlock: Block }>;
  const { EncryptionKeyInformation: information } =
    Object.values(object)[0]!.KeyBlock.KeyWrappingData;
  return information.CryptographicParameters ?? null;
}

interface Block {
  readonly KeyWrappingData: {
    readonly EncryptionKeyInformation: { readonly CryptographicParameters?: object };
  };
}
