// A run that is held up in the middle of its work, for signals that none can miss. Needs /proc.
import type { ChildProcess } from 'node:child_process';
import Database from 'better-sqlite3';
import { startBinary, type Ended } from './binary.js';
import { until } from './poll.js';
import { isWaiting, signalsDelivered } from './proc.js';
import { sql } from './sqlite.js';

/** Starts the program on a store with many due keys, and sends it signals after its first batch. */
export async function interrupted(
  store: string,
  argv: readonly string[],
  signals: readonly NodeJS.Signals[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { child, ended } = startBinary(argv, { env: { KMS_DATABASE_URL: store, ...env } });
  await whileHeldUp(
    store,
    () => child.pid ?? NaN,
    async () => {
      for (const signal of signals) await send(child, signal);
    },
  );
  return ended;
}

/** Does something while a run on a store waits, after its first batch, for a lock that is kept from it. */
export async function whileHeldUp(
  store: string,
  pid: () => number,
  act: () => Promise<void>,
): Promise<void> {
  await until('the first batch is committed', () => logged(store) > 0);
  const holder = new Database(store);
  holder.exec('BEGIN IMMEDIATE');
  try {
    // Between two batches it would end at the first signal, and need no lock for that.
    await until('the run waits for the lock', () => isWaiting(pid()));
    await act();
  } finally {
    holder.exec('ROLLBACK');
    holder.close();
  }
}

function logged(store: string): number {
  return (
    sql<{ n: number }>(store, `SELECT count(*) AS n FROM kms_rotation_log WHERE uid <> ''`)[0]?.n ??
    0
  );
}

async function send(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  await until(`${signal} is delivered`, () => signalsDelivered(child.pid ?? NaN));
}
