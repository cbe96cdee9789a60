// How a run begins: dependants under a replaced wrapping key come under its latest generation, whatever stands in
// the way is told, and limits hold for it as for the rest.
import assert from 'node:assert/strict';
import { KmsError } from '../../src/errors.js';
import { exitCodeOfReport } from '../../src/report/run-report.js';
import { rotateDue } from '../../src/run.js';
import type { Store } from '../../src/store/store.js';
import { describeEachDatabase } from '../support/databases.js';
import { changeRow, setAttributes } from '../support/meddle.js';
import { outcomesOf, rewrappedIn } from '../support/reports.js';
import { ALL, contextOf, runDue, runOne } from '../support/run.js';
import { sql } from '../support/sql.js';
import { aSymmetricKey, insertRows, rowOf, rowsOf, withStore } from '../support/store.js';
import { faultsAfter } from '../support/wrapping/faults.js';
import { forestStore, NOW } from '../support/wrapping/forest-store.js';
import { unwrapStore } from '../support/wrapping/unwrap-store.js';
import { aPlant, type Plant } from '../support/wrapping/plant.js';

const REPLACED = aPlant({ replaced: true });
const KEK = 'aes256-0';
const NEXT = `${KEK}-next`;

describeEachDatabase('stale dependants', (database) => {
  const forest = forestStore(database);
  const planted = async (plants: readonly Plant[]) => (await forest(plants)).url;
  const under = (index: number, changes: Partial<Plant> = {}) =>
    aPlant({ kind: 'hmac', under: index, ...changes });

  if (database.kind === 'mysql') {
    it('sets a column right by the uid of the key, where the bytes spell it in another way', async () => {
      const url = await planted([REPLACED, aPlant(), aPlant({ kind: 'hmac', under: 3 })]);
      await changeRow(url, 'hmac-2', ({ object }) => ({
        object: object.replace('"aes256-1"', '"AES256-1"'),
        wrapping_key_id: KEK,
      }));
      assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [['hmac-2', 'aes256-1', 'mended']]);
      assert.deepEqual((await runDue(url, NOW)).rewrappedDependants, []);
    });

    for (const spelling of [KEK.toUpperCase(), KEK.replace('a', 'á')]) {
      it(`finds what spells the replaced key ${spelling}, as the database and the server do`, async () => {
        const url = await planted([REPLACED, under(1)]);
        await changeRow(url, 'hmac-1', ({ object }) => ({
          object: object.replace(`"${KEK}"`, `"${spelling}"`),
          wrapping_key_id: spelling,
        }));
        assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [['hmac-1', NEXT, 'mended']]);
        const after = await unwrapStore(url);
        assert.equal(after.objects.get('hmac-1')?.wrappingKeyUid, NEXT);
      });
    }
  }
  if (database.kind !== 'sqlite') return;

  it('takes a key for replaced that was left Active, as former servers did (storage format §6.12)', async () => {
    const url = await planted([REPLACED, under(1)]);
    await sql(url, `UPDATE objects SET state = 'Active' WHERE id = ?`, KEK);
    const before = await unwrapStore(url);
    assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [['hmac-1', NEXT, 'mended']]);
    assert.deepEqual(faultsAfter(before, await unwrapStore(url)), []);
  });

  it('follows a key through more generations than keys can stand above each other', async () => {
    const url = await planted([REPLACED, under(1)]);
    const link = (LinkedObjectIdentifier: string) => [
      { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier },
    ];
    const generations = 100;
    const uidOf = (generation: number) => (generation === generations ? NEXT : `kek@${generation}`);
    await setAttributes(url, KEK, { Link: link(uidOf(1)) });
    await insertRows(
      url,
      Array.from({ length: generations - 1 }, (_, index) =>
        aSymmetricKey(
          { uid: uidOf(index + 1), intervalSeconds: null },
          { Link: link(uidOf(index + 2)) },
          { state: 'Deactivated' },
        ),
      ),
    );
    const before = await unwrapStore(url);
    assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [['hmac-1', NEXT, 'mended']]);
    assert.deepEqual(faultsAfter(before, await unwrapStore(url)), []);
  });

  it('sets a column right that names a replaced key where the bytes name an Active one', async () => {
    const url = await planted([REPLACED, under(2)]);
    await sql(url, 'UPDATE objects SET wrapping_key_id = ? WHERE id = ?', KEK, 'hmac-1');
    const before = await unwrapStore(url);
    const report = await runDue(url, NOW);
    assert.deepEqual(rewrappedIn(report), [['hmac-1', NEXT, 'mended']]);
    assert.equal(report.rewrappedDependants[0]?.fromWrappingKeyUid, KEK);
    const after = await unwrapStore(url);
    assert.deepEqual([faultsAfter(before, after), after.problems], [[], []]);
    assert.deepEqual((await runDue(url, NOW)).rewrappedDependants, []);
  });

  it('sets a column right that names a replaced key where the bytes are not wrapped', async () => {
    const url = await planted([REPLACED, aPlant({ kind: 'hmac' })]);
    const rows = await rowsOf(url);
    await sql(url, 'UPDATE objects SET wrapping_key_id = ? WHERE id = ?', KEK, 'hmac-1');
    assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [['hmac-1', null, 'mended']]);
    assert.deepEqual(await rowsOf(url), rows);
    assert.deepEqual((await runDue(url, NOW)).rewrappedDependants, []);
  });

  for (const [what, statement, reason] of [
    ['not Active', `UPDATE objects SET state = 'Deactivated'`, 'WrappingKeyNotActive'],
    ['gone', 'DELETE FROM objects', 'WrappingKeyMissing'],
    ['unreadable', `UPDATE objects SET attributes = '{"Link": 1}'`, 'MalformedObject'],
  ] as const) {
    it(`tells of one whose column names a replaced key, and its bytes one that is ${what}`, async () => {
      const url = await planted([REPLACED, aPlant(), aPlant({ kind: 'hmac', under: 3 })]);
      await sql(url, 'UPDATE objects SET wrapping_key_id = ? WHERE id = ?', KEK, 'hmac-2');
      await sql(url, `${statement} WHERE id = 'aes256-1'`);
      const rows = await rowsOf(url);
      assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [['hmac-2', null, reason]]);
      assert.deepEqual(await rowsOf(url), rows);
    });
  }

  it('tells of one that says wrapped, and holds nothing', async () => {
    const url = await planted([REPLACED, under(1)]);
    await changeRow(url, 'hmac-1', ({ object }) => ({
      object: object.replace(/"KeyValue":\[[^\]]*\]/, '"KeyValue":{"KeyMaterial":[]}'),
    }));
    const [told] = rewrappedIn(await runDue(url, NOW));
    assert.deepEqual([told?.[0], told?.[2]], ['hmac-1', 'DependantNotRewrapped']);
  });

  for (const [half, namesPrivateHalf, other] of [
    ['P256-0_pk', false, { LinkType: 'PrivateKeyLink', LinkedObjectIdentifier: 'P256-0' }],
    ['P256-0', true, { LinkType: 'PublicKeyLink', LinkedObjectIdentifier: 'P256-0_pk' }],
  ] as const) {
    it(`follows ${half}, whose link a server's cache has written over, by the other key of its pair`, async () => {
      const url = await planted([
        aPlant({ kind: 'P256', replaced: true }),
        under(1, { namesPrivateHalf }),
      ]);
      await setAttributes(url, half, { Link: [other] });
      const before = await unwrapStore(url);
      assert.equal(before.objects.get('hmac-1')?.wrappingKeyUid, half);
      const next = half.replace('P256-0', 'P256-0-next');
      assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [['hmac-1', next, 'mended']]);
      assert.deepEqual(faultsAfter(before, await unwrapStore(url)), []);
    });
  }

  for (const state of ['Deactivated', 'Compromised', 'PreActive', 'Destroyed']) {
    it(`tells of each that stays where it is, as the latest generation is ${state}`, async () => {
      const url = await planted([REPLACED, under(1)]);
      await sql(url, 'UPDATE objects SET state = ? WHERE id = ?', state, NEXT);
      const rows = await rowsOf(url);
      for (const dryRun of [true, false, false]) {
        const report = await runDue(url, NOW, { dryRun });
        const [told, ...others] = report.rewrappedDependants;
        const { uid, outcome, error } = told!;
        assert.deepEqual(
          [uid, outcome, error?.reason, others],
          ['hmac-1', 'failed', 'WrappingKeyNotActive', []],
        );
        assert.match(error?.message ?? '', new RegExp(`"${KEK}" .* "${NEXT}", which is ${state}`));
        assert.equal(exitCodeOfReport(report), 4);
      }
      assert.deepEqual(await rowsOf(url), rows);
    });
  }

  it('goes on as soon as the latest generation is followed by an Active one', async () => {
    const url = await planted([REPLACED, under(1)]);
    const before = await unwrapStore(url);
    await sql(url, `UPDATE objects SET state = 'Deactivated' WHERE id = ?`, NEXT);
    const { replacementUid } = (await runOne(url, NEXT, NOW)).results[0]!;
    assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [['hmac-1', replacementUid, 'mended']]);
    assert.deepEqual(faultsAfter(before, await unwrapStore(url)), []);
  });

  it('tells of each whose wrapping key was replaced by one that is gone', async () => {
    const url = await planted([REPLACED, under(1)]);
    await sql(url, 'DELETE FROM objects WHERE id = ?', NEXT);
    const report = await runDue(url, NOW);
    assert.deepEqual(rewrappedIn(report), [['hmac-1', null, 'WrappingKeyMissing']]);
    assert.ok(report.rewrappedDependants[0]?.error?.message.includes(NEXT));
  });

  it('tells of each whose wrapping key cannot be read, and so whether it was replaced', async () => {
    const url = await planted([REPLACED, under(1)]);
    await sql(url, 'UPDATE objects SET attributes = ? WHERE id = ?', '{"Link": 1}', KEK);
    assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [['hmac-1', null, 'MalformedObject']]);
  });

  it('says nothing of what is under a key that was never replaced', async () => {
    const url = await planted([aPlant({ state: 'Deactivated' }), under(1)]);
    const report = await runDue(url, NOW);
    assert.deepEqual([report.rewrappedDependants, exitCodeOfReport(report)], [[], 0]);
  });

  it('names a dependant that somebody else keeps changing: ConcurrentChange', async () => {
    const url = await planted([REPLACED, under(1), under(1)]);
    const report = await withStore(url, async (opened) => {
      const meddling = {
        ...opened,
        // Between load and write, again and again.
        apply: async (...[units, watch]: Parameters<typeof opened.apply>) => {
          await setAttributes(url, 'hmac-1', { Comment: String(Math.random()) });
          return opened.apply(units, watch);
        },
      };
      return rotateDue(contextOf(meddling, NOW), ALL);
    });
    assert.deepEqual(outcomesOf({ results: report.rewrappedDependants }), {
      ...{ 'hmac-1': 'ConcurrentChange', 'hmac-2': 'mended' },
    });
    assert.equal(exitCodeOfReport(report), 4);
  });

  it('tries again at once where somebody else changed a dependant in the meantime', async () => {
    const url = await planted([REPLACED, under(1)]);
    const report = await withStore(url, async (opened) => {
      let times = 0;
      const meddling = {
        ...opened,
        apply: async (...[units, watch]: Parameters<typeof opened.apply>) => {
          if ((times += 1) === 1) await setAttributes(url, 'hmac-1', { Comment: 'another' });
          return opened.apply(units, watch);
        },
      };
      return rotateDue(contextOf(meddling, NOW), ALL);
    });
    assert.deepEqual(rewrappedIn(report), [['hmac-1', NEXT, 'mended']]);
    assert.match((await rowOf(url, 'hmac-1')).attributes, /another/);
  });

  it('reports what was written before the store failed, and the error', async () => {
    const url = await planted([REPLACED, under(1), under(1)]);
    const failure = new KmsError('StoreFailure', 'the server is gone');
    const report = await withStore(url, (opened) => {
      const apply: Store['apply'] = async (units, watch) => {
        const { outcomes } = await opened.apply(units.slice(0, 1), watch);
        return { outcomes: [...outcomes, { kind: 'not-tried' }], error: failure };
      };
      return rotateDue(contextOf({ ...opened, apply }, NOW), ALL);
    });
    assert.deepEqual(rewrappedIn(report), [['hmac-1', NEXT, 'mended']]);
    assert.deepEqual([report.error, report.results], [failure, []]);
  });

  for (const [what, changes] of [
    ['--max-duration is over', { maxDurationSeconds: 10, monotonicMs: minutes() }],
    ['a signal came', { stopRequested: () => Promise.resolve(true) }],
  ] as const) {
    it(`stops when ${what}, says so, and asks for another run: exit code 5`, async () => {
      const url = await planted([REPLACED, under(1)]);
      const rows = await rowsOf(url);
      const report = await runDue(url, NOW, changes);
      assert.deepEqual(report.rewrappedDependants, []);
      assert.match(report.notices.join(), /run again/);
      assert.equal(exitCodeOfReport(report), 5);
      assert.deepEqual(await rowsOf(url), rows);
    });
  }

  it('does not ask for another run if there is nothing to re-wrap', async () => {
    const url = await planted([aPlant(), under(1)]);
    const report = await runDue(url, NOW, { stopRequested: () => Promise.resolve(true) });
    assert.deepEqual([report.notices, exitCodeOfReport(report)], [[], 0]);
  });
});

/** A clock on which a minute passes at each look. */
function minutes(): () => number {
  let now = 0;
  return () => (now += 60_000);
}
