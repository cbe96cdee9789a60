// Keys that come to hang on themselves, by a replacement that was put under what it wraps: no run closes the circle,
// in which every key would be lost.
import assert from 'node:assert/strict';
import { describeEachDatabase, describeOnSqlite } from '../support/databases.js';
import { setAttributes } from '../support/meddle.js';
import { runDue, runOne } from '../support/run.js';
import { sql } from '../support/sql.js';
import { DAY, insertRows, JANUARY, newStorePath, rowsOf, storeWith } from '../support/store.js';
import { faultsAfter } from '../support/wrapping/faults.js';
import { grow } from '../support/wrapping/forest.js';
import { unwrapStore, materialsIn } from '../support/wrapping/unwrap-store.js';
import { aPlant, type Plant } from '../support/wrapping/plant.js';

const NOW = JANUARY + 41 * DAY;
const [ABOVE, KEK, BELOW] = ['aes256-0', 'aes256-1', 'aes256-2'];

describeOnSqlite(
  'a wrapping key whose own wrapping key was replaced by one below it',
  (database) => {
    /** The replacement of what wraps a key is wrapped by that key, as under a key encryption key of a server. */
    const planted = async () => {
      const url = await newStorePath(database);
      const { rows } = grow([aPlant(), aPlant({ under: 1, policy: 'due' }), aPlant({ under: 2 })]);
      await insertRows(url, rows, []);
      const link = { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: BELOW };
      await setAttributes(url, ABOVE, { Link: [link], State: 'Deactivated' });
      await sql(url, `UPDATE objects SET state = 'Deactivated' WHERE id = ?`, ABOVE);
      return url;
    };

    it('is not rotated into a circle: WrappingCycle, and every key can still be opened', async () => {
      const url = await planted();
      const [before, rows] = [await unwrapStore(url), await rowsOf(url)];
      assert.equal(before.objects.size, 3);
      for (const run of [() => runDue(url, NOW), () => runOne(url, KEK, NOW)]) {
        const { results } = await run();
        assert.deepEqual(
          results.map((one) => [one.uid, one.error?.reason ?? one.outcome]),
          [[KEK, 'WrappingCycle']],
        );
      }
      const after = await unwrapStore(url);
      assert.deepEqual(materialsIn(after), materialsIn(before));
      assert.deepEqual(
        faultsAfter(before, after).filter((fault) => !fault.includes('still under')),
        [],
      );
      assert.deepEqual(await rowsOf(url), rows);
    });
  },
);

describeOnSqlite('keys of which each may be mended, but not all', (database) => {
  it('are not re-wrapped into a circle within one transaction', async () => {
    const url = await newStorePath(database);
    const [first, second, kek, firstNext, secondNext] = [0, 1, 2, 3, 4].map((n) => `aes256-${n}`);
    const { rows } = grow([
      aPlant(),
      aPlant(),
      aPlant({ under: 1 }),
      aPlant({ under: 2 }),
      aPlant({ under: 3 }),
    ]);
    await insertRows(url, rows, []);
    for (const [uid = '', next] of [
      [first, firstNext],
      [second, secondNext],
    ]) {
      const link = { LinkType: 'ReplacementObjectLink', LinkedObjectIdentifier: next };
      await setAttributes(url, uid, { Link: [link], State: 'Deactivated' });
      await sql(url, `UPDATE objects SET state = 'Deactivated' WHERE id = ?`, uid);
    }
    const before = await unwrapStore(url);
    assert.equal(before.objects.get(kek!)?.wrappingKeyUid, first);
    assert.equal(before.objects.get(firstNext!)?.wrappingKeyUid, second);
    assert.equal(before.objects.get(secondNext!)?.wrappingKeyUid, kek);
    const { rewrappedDependants } = await runDue(url, NOW);
    assert.deepEqual(
      rewrappedDependants.map((one) => [one.uid, one.error?.reason ?? one.outcome]),
      [
        [kek, 'mended'],
        [firstNext, 'WrappingCycle'],
      ],
    );
    assert.deepEqual(materialsIn(await unwrapStore(url)), materialsIn(before));
  });
});

describeEachDatabase('a key whose column alone names itself', (database) => {
  const planted = async (plants: readonly Plant[], uid: string, column = uid) => {
    const url = await storeWith(database, grow(plants).rows, []);
    await sql(url, 'UPDATE objects SET wrapping_key_id = ? WHERE id = ?', column, uid);
    return url;
  };
  const columnOf = async (url: string, uid: string) =>
    (await rowsOf(url)).find(({ id }) => id === uid)?.wrapping_key_id;

  /** Rotates what is due, and looks whether all of it can be opened as before. */
  const assertRotates = async (url: string, uid: string, dependants: number) => {
    const before = await unwrapStore(url);
    const [foreseen] = (await runDue(url, NOW, { dryRun: true })).results;
    assert.deepEqual([foreseen?.uid, foreseen?.dependants.length], [uid, dependants]);
    const [result, ...others] = (await runDue(url, NOW)).results;
    assert.deepEqual([result?.uid, result?.error, others], [uid, null, []]);
    assert.equal(result?.dependantsRewrapped, dependants);
    const after = await unwrapStore(url);
    assert.deepEqual(faultsAfter(before, after), []);
    assert.deepEqual((await runDue(url, NOW)).rewrappedDependants, []);
    return after.objects.get(result.replacementUid ?? '')!;
  };

  if (database.kind === 'mysql') {
    it('is rotated however its column spells it', async () => {
      const url = await planted([aPlant({ policy: 'due' })], ABOVE, ABOVE.toUpperCase());
      await assertRotates(url, ABOVE, 0);
      assert.equal(await columnOf(url, ABOVE), null);
    });
  }
  if (database.kind !== 'sqlite') return;

  it('is rotated where its bytes are not wrapped, with what it wraps, and its column set right', async () => {
    const url = await planted([aPlant({ policy: 'due' }), aPlant({ under: 1 })], ABOVE);
    const { uid, wrappingKeyUid, column } = await assertRotates(url, ABOVE, 1);
    assert.deepEqual([wrappingKeyUid, column], [null, null]);
    assert.equal(await columnOf(url, ABOVE), null);
    assert.equal(await columnOf(url, KEK), uid);
  });

  it('is rotated alone where it wraps nothing', async () => {
    const url = await planted([aPlant({ policy: 'due' })], ABOVE);
    await assertRotates(url, ABOVE, 0);
    assert.equal(await columnOf(url, ABOVE), null);
  });

  it('is rotated under the key that its bytes name', async () => {
    const url = await planted([aPlant(), aPlant({ under: 1, policy: 'due' })], KEK);
    const { wrappingKeyUid } = await assertRotates(url, KEK, 0);
    assert.equal(wrappingKeyUid, ABOVE);
    assert.equal(await columnOf(url, KEK), ABOVE);
  });

  it('is rotated under the latest generation of the key that its bytes name', async () => {
    const url = await planted(
      [aPlant({ replaced: true }), aPlant({ under: 1, policy: 'due' })],
      KEK,
    );
    await runDue(url, NOW);
    const rows = await rowsOf(url);
    const replacement = rows.find(({ id }) => ![ABOVE, `${ABOVE}-next`, KEK].includes(id));
    assert.equal(replacement?.wrapping_key_id, `${ABOVE}-next`);
  });

  for (const column of ['P256-0', 'P256-0_pk']) {
    it(`is rotated with its pair where that column names ${column}`, async () => {
      const url = await planted(
        [aPlant({ kind: 'P256', policy: 'due' }), aPlant({ kind: 'hmac', under: 1 })],
        ...['P256-0', column],
      );
      await assertRotates(url, 'P256-0', 1);
      assert.equal(await columnOf(url, 'P256-0'), null);
    });
  }
});
