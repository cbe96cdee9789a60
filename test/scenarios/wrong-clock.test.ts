// A host whose clock is not the database's: nothing is rotated by it (design §9).
import assert from 'node:assert/strict';
import { runOn } from '../support/binary.js';
import { describeEachDatabase } from '../support/databases.js';
import { errorOf, rotateOf } from '../support/documents.js';
import { insertMixedKeys } from '../support/mixed-keys.js';
import { newStorePath, rowsOf } from '../support/store.js';

/** The program with its clock so many minutes ahead. */
const ahead = (minutes: number) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    `const now = Date.now; Date.now = () => now() + ${minutes * 60_000};`,
  )}`,
});

describeEachDatabase('a host with another clock than the database', (database) => {
  // How the clocks of the others are read is tested with the store.
  if (database.name !== 'postgresql') return;

  it('rotates nothing if they are six minutes apart, and everything if they are four', async function () {
    this.timeout(60_000);
    const store = await newStorePath(database);
    await insertMixedKeys(store, 4);
    const rows = await rowsOf(store);
    for (const minutes of [6, -6]) {
      for (const argv of [['due'], ['key', 'plain-0'], ['due', '--dry-run']]) {
        const env = ahead(minutes);
        const { code, stdout } = await runOn(store, ['rotate', ...argv, '--json'], { env });
        assert.deepEqual([code, errorOf(stdout).reason], [3, 'StoreClockSkew'], argv.join(' '));
      }
    }
    assert.deepEqual(await rowsOf(store), rows);
    for (const [uid, minutes] of [
      ['plain-0', 4],
      ['keyset-0', -4],
    ] as const) {
      const ended = await runOn(store, ['rotate', 'key', uid, '--json'], { env: ahead(minutes) });
      assert.equal(ended.code, 0, ended.stdout);
      assert.equal(rotateOf(ended.stdout).results[0]?.outcome, 'rotated');
    }
  });
});
