// Keys that come to hang on themselves, by a replacement that was put under what it wraps: no run closes the circle,
// in which every key would be lost.
import assert from 'node:assert/strict';
import { describeEachDatabase } from '../support/databases.js';
import { setAttributes } from '../support/meddle.js';
import { runDue, runOne } from '../support/run.js';
import { sql } from '../support/sql.js';
import { DAY, insertRows, JANUARY, newStorePath, rowsOf } from '../support/store.js';
import { faultsAfter } from '../support/wrapping/faults.js';
import { grow } from '../support/wrapping/forest.js';
import { judgeStore, materialsIn } from '../support/wrapping/judge.js';
import { aPlant } from '../support/wrapping/plant.js';

const NOW = JANUARY + 41 * DAY;
const [ABOVE, KEK, BELOW] = ['aes256-0', 'aes256-1', 'aes256-2'];

describeEachDatabase(
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
      const [before, rows] = [await judgeStore(url), await rowsOf(url)];
      assert.equal(before.objects.size, 3);
      for (const run of [() => runDue(url, NOW), () => runOne(url, KEK, NOW)]) {
        const { results } = await run();
        assert.deepEqual(
          results.map((one) => [one.uid, one.error?.reason ?? one.outcome]),
          [[KEK, 'WrappingCycle']],
        );
      }
      const after = await judgeStore(url);
      assert.deepEqual(materialsIn(after), materialsIn(before));
      assert.deepEqual(
        faultsAfter(before, after).filter((fault) => !fault.includes('still under')),
        [],
      );
      assert.deepEqual(await rowsOf(url), rows);
    });
  },
);
