// Processes killed while wrapping keys rotate: what was written is whole, and the next run does the rest.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { runApartOn, runOn, startBinary } from '../support/binary.js';
import { describeEachDatabase } from '../support/databases.js';
import { tries } from '../support/effort.js';
import { storeWith } from '../support/store.js';
import { faultsAfter } from '../support/wrapping/faults.js';
import { grow } from '../support/wrapping/forest.js';
import { unwrapStore } from '../support/wrapping/unwrap-store.js';
import { aPlant } from '../support/wrapping/plant.js';

const KEKS = ['aes256', 'P256', 'aes256', 'CURVE25519', 'rsa', 'aes256'] as const;
const KILLS = tries(1, 2);

/** Wrapping keys and pairs under such, all due, each with what it wraps in every way that it can. */
const FOREST = [
  ...KEKS.map((kind, number) => aPlant({ kind, under: number % 3, policy: 'due' })),
  ...Array.from({ length: 16 * KEKS.length }, (_, number) =>
    aPlant({
      kind: 'hmac',
      under: 1 + (number % KEKS.length),
      way: number % 6,
      ttlvEncoded: number % 4 === 0,
      namesPrivateHalf: number % 7 === 0,
      owner: (number % 3) as 0 | 1 | 2,
      policy: number % 5 === 0 ? 'due' : 'none',
    }),
  ),
];

const ROTATE = ['rotate', 'due', '--json'];

describeEachDatabase('wrapping keys whose rotation is killed', (database) => {
  it(`leave every key whole, at ${KILLS} random moments`, async function () {
    this.timeout(180_000);
    const url = await storeWith(database, grow(FOREST).rows, []);
    const env = { KMS_DATABASE_URL: url, KMS_ROTATION_KEY_ENCRYPTION_KEY: 'none' };
    const began = performance.now();
    await runApartOn(url, [...ROTATE, '--max-keys', '2'], { env });
    const startUpMs = performance.now() - began;
    const before = await unwrapStore(url);
    assert.deepEqual([before.problems.filter(isNoLabel), before.underRetired], [[], []]);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const afterMs = randomInt(Math.floor(startUpMs / 2), Math.ceil(2 * startUpMs));
      const { child, ended } = startBinary(ROTATE, { env });
      await pause(afterMs);
      child.kill('SIGKILL');
      await ended;
      const after = await unwrapStore(url);
      assert.deepEqual([faultsAfter(before, after), after.underRetired], [[], []], `${afterMs} ms`);
    }
    const { code, stdout, stderr } = await runOn(url, ROTATE, { env });
    assert.equal(code, 0, stdout + stderr);
    const after = await unwrapStore(url);
    assert.deepEqual([faultsAfter(before, after), after.underRetired], [[], []]);
    const twice = [...after.objects.values()].filter(({ uid, state }) => {
      return state === 'Active' && KEKS.some((kind, number) => uid === `${kind}-${number}`);
    });
    assert.deepEqual(twice, []);
  });
});

/** Rows of old stores say NISTKeyWrap for RFC 5649, until they are written anew. */
function isNoLabel(problem: string): boolean {
  return !problem.includes('NISTKeyWrap');
}
