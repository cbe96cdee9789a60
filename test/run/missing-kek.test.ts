// A run says once that the store has no key of the uid that rotation.key_encryption_key names.
import assert from 'node:assert/strict';
import { insertRows, newStorePath } from '../support/sqlite.js';
import { runDue, runOne } from '../support/run.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';

const NOW = JANUARY + 31 * DAY;

describe('a key encryption key that is not in the store', () => {
  for (const [uid, times] of [
    ['kek', 0],
    ['none', 0],
    ['hsm::softhsm2::0::kek', 0],
    ['KEK', 1],
  ] as const) {
    it(`is said ${times === 0 ? 'not at all' : 'once'} by a run with "${uid}"`, async () => {
      const path = await newStorePath();
      insertRows(
        path,
        ['a', 'b', 'kek'].map((one) => aSymmetricKey({ uid: one })),
      );
      const serverKek = { uid, mayBeRotated: true };
      for (const report of [
        await runDue(path, NOW, { serverKek }),
        await runOne(path, 'b', NOW, { serverKek }),
      ]) {
        const said = report.notices.filter((notice) => notice.includes('there is no such object'));
        assert.equal(said.length, times);
      }
    });
  }
});
