// Dependants that are easily overlooked when their wrapping key rotates, as only their bytes name it: the run
// finds them, or fails for them, and leaves none under a retired key.
import assert from 'node:assert/strict';
import { findStaleDependants } from '../../src/survey/stale-dependants.js';
import { exitCodeOfReport } from '../../src/report/run-report.js';
import { collect } from '../../src/survey/survey.js';
import { describeEachDatabase } from '../support/databases.js';
import { changeRow, setAttributes } from '../support/meddle.js';
import { rewrappedIn } from '../support/reports.js';
import { runDue } from '../support/run.js';
import { sql } from '../support/sql.js';
import { rowsOf, withStore } from '../support/store.js';
import { faultsAfter } from '../support/wrapping/faults.js';
import { forestStore, NOW } from '../support/wrapping/forest-store.js';
import { unwrapStore } from '../support/wrapping/unwrap-store.js';
import { aPlant, type Plant } from '../support/wrapping/plant.js';

const KEK = 'aes256-0';
const DEPENDANT = 'hmac-1';
const FOREST = [aPlant({ policy: 'due' }), aPlant({ kind: 'hmac', under: 1, column: 'empty' })];

const isOfMask = (problem: string) => problem.includes('may not');

describeEachDatabase('a dependant that only its bytes name', (database) => {
  const forest = forestStore(database);
  const planted = async (plants: readonly Plant[] = FOREST) => (await forest(plants)).url;
  const respell = (url: string, was: string, is: string) =>
    changeRow(url, DEPENDANT, ({ object }) => ({ object: object.replace(was, is) }));
  const assertFollows = async (url: string) => {
    const before = await unwrapStore(url);
    const [result] = (await runDue(url, NOW)).results;
    assert.equal(result?.outcome, 'rotated', result?.error?.message);
    const after = await unwrapStore(url);
    // Whether the key may wrap is for the server to say; it goes on to unwrap.
    const lost = faultsAfter(before, after).filter((fault) => !fault.includes('may not wrap'));
    assert.deepEqual(lost, []);
    assert.equal(after.objects.get(DEPENDANT)?.column, result.replacementUid);
    assert.equal(after.objects.get(DEPENDANT)?.wrappingKeyUid, result.replacementUid);
  };

  if (database.kind === 'mysql') {
    it('is re-wrapped however it spells its key, as the database and the server find it', async () => {
      for (const column of [null, KEK, KEK.toUpperCase()]) {
        for (const spelling of [KEK.toUpperCase(), KEK.replace('a', 'à')]) {
          const url = await planted();
          await respell(url, `"${KEK}"`, `"${spelling}"`);
          await sql(url, 'UPDATE objects SET wrapping_key_id = ? WHERE id = ?', column, DEPENDANT);
          const [result] = (await runDue(url, NOW)).results;
          assert.equal(result?.outcome, 'rotated', result?.error?.message);
          const { objects } = await unwrapStore(url);
          assert.equal(objects.get(DEPENDANT)?.wrappingKeyUid, result.replacementUid);
          assert.equal(objects.get(DEPENDANT)?.column, result.replacementUid);
        }
      }
    });

    it('is rotated itself under the key that it spells in another way', async () => {
      const url = await planted([aPlant(), aPlant({ kind: 'hmac', under: 1, policy: 'due' })]);
      await respell(url, `"${KEK}"`, `"${KEK.toUpperCase()}"`);
      const [result] = (await runDue(url, NOW)).results;
      assert.equal(result?.outcome, 'rotated', result?.error?.message);
      const { objects } = await unwrapStore(url);
      assert.equal(objects.get(result.replacementUid!)?.wrappingKeyUid, KEK);
    });
  }
  if (database.kind !== 'sqlite') return;

  it('is re-wrapped', async () => {
    await assertFollows(await planted());
  });

  it('is re-wrapped from under a key that may unwrap alone, and wrap no more', async () => {
    const url = await planted();
    await setAttributes(url, KEK, { CryptographicUsageMask: 32 });
    await assertFollows(url);
  });

  it('is re-wrapped under a key that may unwrap by its embedded copy alone, as the one before it', async () => {
    const url = await planted();
    await setAttributes(url, KEK, { CryptographicUsageMask: 16 });
    assert.deepEqual((await unwrapStore(url)).problems.filter(isOfMask), []);
    const [result] = (await runDue(url, NOW)).results;
    assert.equal(result?.outcome, 'rotated', result?.error?.message);
    assert.deepEqual((await unwrapStore(url)).problems.filter(isOfMask), []);
  });

  it('is re-wrapped though a key for MACs has the uid that its column names', async () => {
    const url = await planted();
    const method = '"WrappingMethod":"Encrypt"';
    const other = '"MacSignatureKeyInformation":{"UniqueIdentifier":"other"}';
    await respell(url, method, `${method},${other}`);
    await changeRow(url, DEPENDANT, { wrapping_key_id: 'other' });
    await assertFollows(url);
  });

  it('keeps its wrapping key Active where its row cannot be read', async () => {
    for (const [column, text] of [
      ['attributes', '{"ObjectType": "Certificate"}'],
      ['owner', null],
    ] as const) {
      const url = await planted();
      await sql(url, `UPDATE objects SET ${column} = ? WHERE id = ?`, text, DEPENDANT);
      const rows = await rowsOf(url);
      const [result] = (await runDue(url, NOW)).results;
      assert.equal(result?.error?.reason, 'DependantNotRewrapped');
      assert.match(result.error.message, /hmac-1/);
      assert.deepEqual(await rowsOf(url), rows);
    }
  });

  it('holds nothing up once it is destroyed', async () => {
    const url = await planted();
    await changeRow(url, DEPENDANT, { state: 'Destroyed_Compromised', attributes: '{}' });
    const [result] = (await runDue(url, NOW)).results;
    assert.equal(result?.outcome, 'rotated', result?.error?.message);
  });

  describe('and under a key that was replaced before', () => {
    const NEXT = `${KEK}-next`;
    const left = (column: Plant['column'], ...others: readonly Plant[]) =>
      planted([
        aPlant({ replaced: true }),
        aPlant({ kind: 'hmac', under: 1, column, owner: 1 }),
        ...others,
      ]);
    const DUE = aPlant({ policy: 'due' });

    for (const [column, others] of [
      ['empty', []],
      ['stale', [DUE]],
    ] as const) {
      it(`is re-wrapped (column ${column}, ${others.length} due)`, async () => {
        const url = await left(column, ...others);
        const before = await unwrapStore(url);
        assert.deepEqual(rewrappedIn(await runDue(url, NOW, { dryRun: true })), [
          [DEPENDANT, NEXT, 'would-mend'],
        ]);
        assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [[DEPENDANT, NEXT, 'mended']]);
        const after = await unwrapStore(url);
        assert.deepEqual(faultsAfter(before, after), []);
        const { column: named, wrappingKeyUid } = after.objects.get(DEPENDANT)!;
        assert.deepEqual([named, wrappingKeyUid], [NEXT, NEXT]);
      });
    }

    it('is reported once if its wrapping key has no Active replacement', async () => {
      const url = await left('empty', DUE);
      await sql(url, `UPDATE objects SET state = 'Deactivated' WHERE id = ?`, NEXT);
      const report = await runDue(url, NOW);
      assert.deepEqual(rewrappedIn(report), [[DEPENDANT, null, 'WrappingKeyNotActive']]);
      assert.equal(exitCodeOfReport(report), 4);
    });

    it('is left by filters that it does not pass, and by --no-mend', async () => {
      const url = await left('empty', DUE);
      const filters = { tags: [], owner: 'ops@example.org' };
      for (const options of [{ filters }, { rewrapStaleDependants: false }]) {
        const report = await runDue(url, NOW, { ...options, dryRun: true });
        assert.deepEqual([report.results.length, report.rewrappedDependants], [1, []]);
      }
    });

    it('is not tried twice where its column names another replaced key', async () => {
      const url = await left('empty', DUE, aPlant({ replaced: true }));
      await sql(url, 'UPDATE objects SET wrapping_key_id = ? WHERE id = ?', 'aes256-3', DEPENDANT);
      await sql(url, `UPDATE objects SET state = 'Deactivated' WHERE id = ?`, NEXT);
      assert.deepEqual(rewrappedIn(await runDue(url, NOW)), [
        [DEPENDANT, null, 'WrappingKeyNotActive'],
      ]);
    });

    it('is listed', async () => {
      const url = await left('empty');
      const found = await withStore(url, (store) =>
        collect(findStaleDependants(store, { tags: [] })),
      );
      const listed = { uid: DEPENDANT, wrappingKeyUid: KEK, replacementUid: NEXT, error: null };
      assert.deepEqual(found.flat(), [listed]);
    });
  });
});
