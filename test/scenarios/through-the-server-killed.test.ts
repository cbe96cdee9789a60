// Runs and servers that die while a key is rotated through the server, at each of their steps: the next run finds what was
// begun, and no key is rotated twice, and no schedule, tag or grant is lost.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { tries } from '../support/effort.js';
import { describeGolden, goldenCopy } from '../support/golden.js';
import { broken, NOW, replacementsOf } from '../support/kms-server/behind-hsm.js';
import type { Fault } from '../support/kms-server/faults.js';
import { mortalRun } from '../support/kms-server/mortal-run.js';
import type { Step } from '../support/kms-server/operations.js';
import { startKmsServer, type KmsServer } from '../support/kms-server/server.js';
import { setAttributes } from '../support/meddle.js';
import { adopt } from '../support/store.js';
import { readStore, type Contents } from '../support/store-contents.js';
import { temporaryFolder } from '../support/temporary.js';
import { randomNumbers } from '../torture/kill.js';

const HOUR = 3600;
const RANDOM = tries(2, 10, 1000);
/** A key with tags, one with grants, one of a keyset, and a pair. */
const KEYS = ['plain', 'granted', 'keyset', 'ec'];
const STEPS: readonly Step[] = ['received', 'first-committed', 'done'];

describeGolden('runs through a server that are killed', () => {
  let template: string;
  let original: Contents;
  before(async () => {
    template = await adopt(goldenCopy('hsm.sqlite'));
    for (const uid of ['offset', 'user-kek', 'user-dep-due', 'rsa', 'cert']) {
      await setAttributes(template, uid, { RotateInterval: 0 });
    }
    original = await readStore(template);
  });

  const fresh = async (): Promise<{ store: string; server: KmsServer }> => {
    const store = join(temporaryFolder(), 'store.sqlite');
    copyFileSync(template, store);
    return { store, server: await startKmsServer({ store }) };
  };

  it('rotate each key once, at whatever step they die', async function () {
    this.timeout(600_000);
    const every = tries(9, 2, 1);
    for (let steps = 1; ; steps += every) {
      const { store, server } = await fresh();
      const first = await mortalRun({ store, url: server.url, now: NOW, steps });
      await mortalRun({ store, url: server.url, now: NOW + HOUR, steps: Infinity });
      const now = await readStore(store);
      await server.close();
      assert.deepEqual(broken(original, now), [], `killed at step ${steps}`);
      for (const uid of KEYS) assert.equal(replacementsOf(now, uid).length, 1, `${uid}, ${steps}`);
      assert.equal(server.done.filter((asked) => asked.startsWith('ReKey')).length, KEYS.length);
      if (first.report !== null) break;
    }
  });

  it(`rotate each key once or tell of it, in ${RANDOM} random disasters`, async function () {
    this.timeout(3_600_000);
    const seed = Number(process.env['KMS_TEST_SEED'] ?? Date.now() % 1_000_000);
    const random = randomNumbers(seed);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
    for (let disaster = 1; disaster <= RANDOM; disaster += 1) {
      const what = `seed ${seed}, disaster ${disaster}`;
      const { store, server } = await fresh();
      const story: string[] = [];
      for (let run = 0; run < 3; run += 1) {
        const at = pick(STEPS);
        const kind = pick(['drop', 'die', 'none'] as const);
        const operation = pick(['ReKey', 'ReKeyKeyPair', 'SetAttribute', 'GetAttributes']);
        let left = kind === 'none' ? 0 : 1;
        const nth = Math.floor(random() * 3);
        let seen = 0;
        server.fault = (request): Fault | null => {
          if (request.operation !== operation || left === 0 || seen++ < nth) return null;
          left -= 1;
          return kind === 'none' ? null : { kind, at };
        };
        const steps = Math.floor(random() * 70);
        const concurrency = pick([1, 4]);
        await mortalRun({ store, url: server.url, now: NOW + run * HOUR, steps, concurrency });
        story.push(`${steps} steps, ${kind} at ${at} of ${operation}`);
        if (!server.isUp()) await server.restart();
      }
      server.fault = () => null;
      await mortalRun({ store, url: server.url, now: NOW + 5 * HOUR, steps: Infinity });
      const last = { store, url: server.url, now: NOW + 6 * HOUR, steps: Infinity };
      const { report } = await mortalRun(last);
      const now = await readStore(store);
      await server.close();
      const told = (report?.results ?? []).filter(({ outcome }) => outcome === 'failed');
      const uids = new Set(told.map(({ uid }) => uid));
      const text = `${what}: ${story.join('; ')}`;
      const wrong = broken(original, now).filter((line) => !aboutOneOf(line, uids, now));
      assert.deepEqual(wrong, [], text);
      for (const uid of KEYS) {
        const count = replacementsOf(now, uid).length;
        assert.ok(count === 1, `${uid} has ${count} replacements. ${text}`);
        const times = server.done.filter(
          (asked) => asked.endsWith(` ${uid}`) && asked.startsWith('ReKey'),
        );
        assert.equal(times.length, 1, `${uid}: ${text}`);
      }
    }
  });
});

/** A key that every run tells of is rotated by half, and so is its public key. */
function aboutOneOf(line: string, uids: ReadonlySet<string>, now: Contents): boolean {
  return [...uids].some((uid) => {
    const half = [uid, `${uid}_pk`];
    const all = [...half, ...half.flatMap((one) => replacementsOf(now, one))];
    return all.some((one) => line.includes(one));
  });
}
