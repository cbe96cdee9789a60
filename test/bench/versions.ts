// What a run of this version costs beside a run of another one: whole processes that take turns, each over a store that its
// own version made.
import { join } from 'node:path';
import type { TestDatabase } from '../support/databases.js';
import { aSymmetricKey, JANUARY } from '../support/symmetric-keys.js';
import { withBare } from '../support/sql.js';
import { fill, TEMPLATE_UID } from './fill.js';
import { PROGRAM, usageOf } from './process-usage.js';

export interface VersionRatio {
  /** User and system seconds of a process, on average. */
  readonly other: number;
  readonly kms: number;
  /** How many times as long this version takes, with the 95 % interval: by CPU time, and as a clock on the wall has it. */
  readonly cpu: Interval;
  readonly elapsed: Interval;
}

interface Interval {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** Rotates so many plain keys in each run; `beside` is a clone of another version, which is built. */
export async function measureVersions(
  database: TestDatabase,
  beside: string,
  { keys, pairs }: { readonly keys: number; readonly pairs: number },
): Promise<VersionRatio> {
  const programs = { kms: PROGRAM, other: join(beside, 'bin/run.js') };
  const cpu = { kms: [] as number[], other: [] as number[] };
  const elapsed = { kms: [] as number[], other: [] as number[] };
  // The first pair warms up.
  for (let pair = 0; pair <= pairs; pair += 1) {
    for (const name of pair % 2 === 0 ? (['kms', 'other'] as const) : (['other', 'kms'] as const)) {
      const url = await storeOf(database, programs[name], keys);
      const usage = usageOf(url, ['rotate', 'due', '--quiet'], [0], programs[name]);
      if (pair === 0) continue;
      cpu[name].push(usage.cpuSeconds);
      elapsed[name].push(usage.seconds);
    }
    await database.dropAll();
  }
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / pairs;
  return {
    other: mean(cpu.other),
    kms: mean(cpu.kms),
    cpu: intervalOf(cpu.kms, cpu.other),
    elapsed: intervalOf(elapsed.kms, elapsed.other),
  };
}

async function storeOf(database: TestDatabase, program: string, keys: number): Promise<string> {
  const url = await database.create();
  usageOf(url, ['init', '--yes'], [0], program);
  const key = aSymmetricKey({ uid: TEMPLATE_UID, initialDate: JANUARY, tags: ['env:bench'] });
  await fill(url, key, { from: 0, to: keys, prefix: 'key-' });
  await withBare(url, (bare) =>
    bare.query("INSERT INTO tags (id, tag) SELECT id, 'env:bench' FROM objects"),
  );
  return url;
}

/** The mean of the ratios of pairs, with Student's interval, over their logarithms. */
function intervalOf(ours: readonly number[], others: readonly number[]): Interval {
  const logs = ours.map((one, index) => Math.log(one / (others[index] ?? NaN)));
  const mean = logs.reduce((sum, one) => sum + one, 0) / logs.length;
  const freedom = logs.length - 1;
  const variance = logs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / freedom;
  const width = studentOf(freedom) * Math.sqrt(variance / logs.length);
  return { ratio: Math.exp(mean), low: Math.exp(mean - width), high: Math.exp(mean + width) };
}

/** Student's t for 95 %, by its expansion about the normal distribution: exact to 1 % from 5 degrees of freedom on. */
function studentOf(freedom: number): number {
  const z = 1.96;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  return z + first / freedom + second / freedom ** 2;
}
