// Many runs and four extensions at once, processes that know nothing of each other: each key retires once, at the end that
// holds, and none is rotated twice.
import assert from 'node:assert/strict';
import { runApartOn } from '../support/binary.js';
import { describeEachDatabase } from '../support/databases.js';
import { rotateOf } from '../support/documents.js';
import { tries } from '../support/effort.js';
import { contextOf } from '../support/run.js';
import {
  aSymmetricKey,
  DAY,
  newStorePath,
  insertRows,
  rowsOf,
  withStore,
} from '../support/store.js';
import { rotateOne } from '../../src/run.js';

const RUNS = tries(3, 8);
const KEYS = 12;

describeEachDatabase(`${RUNS} runs and 4 extensions at once`, (database) => {
  it('retire each key whose end has passed once, and keep what was extended', async function () {
    this.timeout(180_000);
    const url = await newStorePath(database);
    const uids = Array.from({ length: KEYS }, (_, number) => `key-${number}`);
    await insertRows(
      url,
      uids.map((uid) => aSymmetricKey({ uid, keyset: true, intervalSeconds: 3650 * DAY })),
    );
    const now = Math.floor(Date.now() / 1000);
    // The first half has ended a day ago, the other half ends in an hour.
    await withStore(url, async (store) => {
      for (const [number, uid] of uids.entries()) {
        const at = number < KEYS / 2 ? now - 2 * DAY : now - DAY + 3600;
        const context = contextOf(store, at, { overlap: { asked: DAY, byDefault: 0 } });
        await rotateOne(context, uid, { disarm: false });
      }
    });
    const ahead = uids.slice(KEYS / 2);
    const env = { KMS_ROTATION_KEY_ENCRYPTION_KEY: 'none' };
    const runs = Array.from({ length: RUNS }, () =>
      runApartOn(url, ['rotate', 'due', '--json'], { env }),
    );
    const extensions = ahead
      .slice(0, 4)
      .map((uid) => runApartOn(url, ['rotate', 'extend', `${uid}@first`, '--overlap', '5d']));
    const reports = (await Promise.all(runs)).map(({ code, stdout, stderr }) => {
      assert.equal(code, 0, stdout + stderr);
      return rotateOf(stdout) as unknown as { retired: { uid: string; outcome: string }[] };
    });
    for (const { code, stderr } of await Promise.all(extensions)) assert.equal(code, 0, stderr);
    const retired = reports.flatMap((report) => report.retired.map(({ uid }) => uid));
    assert.deepEqual(retired.sort(), uids.slice(0, KEYS / 2).sort());
    const states = new Map((await rowsOf(url)).map(({ id, state }) => [id, state]));
    for (const uid of uids) {
      assert.equal(states.get(uid), ahead.includes(uid) ? 'Active' : 'Deactivated');
      assert.deepEqual([states.get(`${uid}@1`), states.get(`${uid}@2`)], ['Active', undefined]);
    }
    const ends = await withStore(url, (store) => store.retiringObjects());
    for (const [number, uid] of ahead.entries()) {
      const end = ends.get(uid)?.endsAt ?? 0;
      assert.equal(end > now + 4 * DAY, number < 4, uid);
    }
  });
});
