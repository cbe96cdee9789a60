// How several runs at once share a store behind a network: each run is a process of the built program, and reaches the
// server through a proxy that makes each way some milliseconds longer. With shards, and without anything that coordinates them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestDatabase } from '../support/databases.js';
import { sql } from '../support/sql.js';
import { newStorePath } from '../support/store.js';
import { aSymmetricKey } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';
import { withProcess } from './helper-process.js';
import { fill, TEMPLATE_UID } from './fill.js';
import { PROGRAM, tellUsage, usageTold } from './process-usage.js';

const DELAY = fileURLToPath(new URL('delay-process.ts', import.meta.url));

export interface SharedRate {
  readonly runs: number;
  /** From the first start to the last exit. */
  readonly keysPerSecond: number;
  /** User and system time of all runs, a key. */
  readonly cpuMillisecondsPerKey: number;
  /** How much of all processors was in use meanwhile, by whomever: near 1 the machine is what limits. */
  readonly machineBusy: number;
}

export interface SharedOptions {
  readonly runs: number;
  readonly keysPerRun: number;
  readonly sharded: boolean;
  /** Each way, so that a question and its answer take twice as long. */
  readonly delayMs: number;
  /** Batches at once in each run. */
  readonly concurrency: number;
}

/** Rotates so many keys for each of the runs, which are processes of their own. */
export async function measureShared(
  database: TestDatabase,
  { runs, keysPerRun, sharded, delayMs, concurrency }: SharedOptions,
): Promise<SharedRate> {
  const keys = runs * keysPerRun;
  const url = await newStorePath(database);
  await fill(url, aSymmetricKey({ uid: TEMPLATE_UID }), { from: 0, to: keys, prefix: 'key-' });
  const busy = busyTimes();
  const began = performance.now();
  const cpuSeconds = await withProcess(DELAY, [url, String(delayMs)], (through) =>
    Promise.all(
      Array.from({ length: runs }, (_, index) =>
        runOnce(through, [
          ...['--concurrency', String(concurrency)],
          ...(sharded && runs > 1 ? ['--shard', `${index}/${runs}`] : []),
        ]),
      ),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  await assertAllRotated(url, keys);
  return {
    runs,
    keysPerSecond: keys / seconds,
    cpuMillisecondsPerKey: (1000 * cpuSeconds.reduce((sum, one) => sum + one, 0)) / keys,
    machineBusy: busySince(busy),
  };
}

/** Returns the seconds of processor time that a run used. */
async function runOnce(url: string, argv: readonly string[]): Promise<number> {
  const told = join(temporaryFolder(), 'usage');
  const env = {
    PATH: process.env['PATH'],
    HOME: temporaryFolder(),
    KMS_DATABASE_URL: url,
    NODE_OPTIONS: tellUsage(told),
  };
  const child = spawn(process.execPath, [PROGRAM, 'rotate', 'due', '--quiet', ...argv], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`kms rotate due ${argv.join(' ')} ended with ${String(code)}`);
  return usageTold(told).cpuSeconds;
}

async function assertAllRotated(url: string, keys: number): Promise<void> {
  const [row] = await sql<{ number: number | string }>(
    url,
    `SELECT count(DISTINCT uid) AS number FROM kms_rotation_log WHERE outcome = 'rotated'`,
  );
  if (Number(row?.number) !== keys) throw new Error(`not all of ${keys} keys were rotated`);
}

/** Of all processors, since the machine was started. */
function busyTimes(): { readonly busy: number; readonly all: number } {
  const sum = { busy: 0, all: 0 };
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    sum.busy += all - times.idle;
    sum.all += all;
  }
  return sum;
}

function busySince(before: { readonly busy: number; readonly all: number }): number {
  const now = busyTimes();
  return (now.busy - before.busy) / (now.all - before.all);
}
