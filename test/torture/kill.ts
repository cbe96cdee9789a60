// Kills runs of the built program with SIGKILL at random moments, and looks after each whether the store
// is whole. What it needs of chance comes from a seed, so that a failure can be looked for again; when
// exactly a process dies, the machine decides.
import { setTimeout as pause } from 'node:timers/promises';
import { runApartOn, runOn, startBinary } from '../support/binary.js';
import type { TestDatabase } from '../support/databases.js';
import { rotateOf } from '../support/documents.js';
import { armed, misreported, rotationsSince, violations } from '../support/invariants.js';
import { insertDuePairs, insertMixedKeys, makeDueAgain } from '../support/mixed-keys.js';
import { newStorePath } from '../support/store.js';
import { readStore } from '../support/store-contents.js';
import { logFaults } from '../support/written-chains.js';

export interface Torture {
  readonly kills: number;
  readonly seed: number;
  readonly keys: number;
  readonly onKill?: (kill: Kill) => void;
}

export interface Kill {
  readonly number: number;
  readonly afterMs: number;
  /** Of the keys that were due when the run began. */
  readonly rotated: number;
  readonly due: number;
}

/** A store grows by a generation with each cycle, and each look at it takes longer: so it is left then. */
const CYCLES_A_STORE = 12;
const KILLS_A_CYCLE = 4;

const ROTATE = ['rotate', 'due', '--json'] as const;

/** Kills so many runs. @throws Error that says what is wrong with the store, and how to go there again. */
export async function killRuns(
  database: TestDatabase,
  { kills, seed, keys, onKill }: Torture,
): Promise<readonly Kill[]> {
  const random = randomNumbers(seed);
  const done: Kill[] = [];
  try {
    while (done.length < kills) {
      const store = await newStorePath(database);
      await insertMixedKeys(store, keys);
      await insertDuePairs(store, Math.ceil(keys / 4));
      const working = await timeARun(store);
      for (let cycle = 0; cycle < CYCLES_A_STORE && done.length < kills; cycle += 1) {
        await makeDueAgain(store);
        const count = Math.min(KILLS_A_CYCLE, kills - done.length);
        await killAndFinish(
          store,
          count,
          () => {
            const { fromMs, untilMs } = working;
            return fromMs + random() * (untilMs - fromMs);
          },
          (kill) => {
            done.push({ ...kill, number: done.length + 1 });
            onKill?.(done.at(-1)!);
          },
        );
      }
    }
  } catch (error) {
    throw new Error(`${database.name}, seed ${seed}, after kill ${done.length}: ${String(error)}`, {
      cause: error,
    });
  }
  return done;
}

/** Kills some runs over the same due keys; the next run finishes, and leaves nothing to do. */
async function killAndFinish(
  store: string,
  count: number,
  moment: () => number,
  onKill: (kill: Omit<Kill, 'number'>) => void,
): Promise<void> {
  const before = await readStore(store);
  const due = armed(before).length;
  let rotated = 0;
  for (let kill = 0; kill < count && rotated < due; kill += 1) {
    const afterMs = moment();
    await killAfter(store, afterMs);
    const now = await readStore(store);
    refuse(violations(before, now));
    refuse(await logFaults(store, Infinity));
    rotated = rotationsSince(before, now).length;
    onKill({ afterMs, rotated, due });
  }
  const halfway = await readStore(store);
  const { code, stdout } = await runOn(store, ROTATE);
  const now = await readStore(store);
  refuse(code === 0 ? [] : [`the next run ended with ${String(code)}: ${stdout}`]);
  refuse(violations(before, now));
  refuse(await logFaults(store, Infinity));
  refuse(misreported([rotateOf(stdout)], halfway, now));
  rotated = rotationsSince(before, now).length;
  refuse(rotated === due ? [] : [`${rotated} of ${due} due keys are rotated`]);
}

async function killAfter(store: string, ms: number): Promise<void> {
  const { child, ended } = startBinary(ROTATE, { env: { KMS_DATABASE_URL: store } });
  await pause(ms);
  child.kill('SIGKILL');
  await ended;
}

/** Returns between which moments of a run it is at work: start-up and exit aside, for the most part. */
async function timeARun(
  store: string,
): Promise<{ readonly fromMs: number; readonly untilMs: number }> {
  const began = performance.now();
  await runApartOn(store, [...ROTATE, '--max-duration', '0s']);
  const startUpMs = performance.now() - began;
  const again = performance.now();
  await runApartOn(store, ROTATE);
  return { fromMs: startUpMs * 0.7, untilMs: (performance.now() - again) * 0.9 };
}

function refuse(wrong: readonly string[]): void {
  if (wrong.length === 0) return;
  throw new Error([...wrong.slice(0, 20), `${wrong.length} in all`].join('\n'));
}

/** Returns numbers from 0 up to 1, always the same ones for a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
