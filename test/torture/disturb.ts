// One disturbance of runs of the built program, and a look at the store after it: a process killed, the sessions of a
// server cut, or many runs at once. kill.ts kills by the hundred.
import { runApartOn, runOn, startBinary } from '../support/binary.js';
import type { TestDatabase } from '../support/databases.js';
import { rotateOf } from '../support/documents.js';
import { cutSessions } from '../support/hold.js';
import { armed, misreported, rotationsSince, violations } from '../support/invariants.js';
import { insertDuePairs, insertMixedKeys } from '../support/mixed-keys.js';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from '../support/sql.js';
import { newStorePath } from '../support/store.js';
import { readStore } from '../support/store-contents.js';
import { logFaults } from '../support/written-chains.js';

export interface Disturbance {
  readonly keys: number;
  /** Numbers from 0 up to 1. */
  readonly random: () => number;
}

const PROCESSES = 8;
/** Of a run on a server. */
const BATCHES_AT_ONCE = 4;

const ROTATE = [
  ...['rotate', 'due', '--json', '--log-format', 'json', '--log-level', 'error'],
] as const;

/** Lets many processes rotate the same keys. @throws Error that says what is wrong with the store. */
export async function manyAtOnce(database: TestDatabase, { keys }: Disturbance): Promise<void> {
  const store = await filled(database, keys);
  const before = await readStore(store);
  const ended = await Promise.all(
    Array.from({ length: PROCESSES }, () => runApartOn(store, ROTATE)),
  );
  refuse(
    ended
      .filter(({ code, stderr }) => code !== 0 || stderr !== '')
      .map(({ code, stderr, stdout }) => `ended with ${String(code)}: ${stderr}${stdout}`),
  );
  const now = await readStore(store);
  refuse(violations(before, now));
  refuse(await logFaults(store, 0));
  refuse(
    misreported(
      ended.map(({ stdout }) => rotateOf(stdout)),
      before,
      now,
    ),
  );
}

/** Kills every second of many processes that rotate the same keys. @throws Error that says what is wrong with the store. */
export async function manyKilled(
  database: TestDatabase,
  { keys, random }: Disturbance,
): Promise<void> {
  const store = await filled(database, keys);
  const before = await readStore(store);
  const small = [...ROTATE, '--batch', '4'];
  const runs = Array.from({ length: PROCESSES }, () =>
    startBinary(small, { env: { KMS_DATABASE_URL: store } }),
  );
  const killed = runs.filter((_, index) => index % 2 === 1);
  await Promise.all(
    killed.map(async ({ child }) => {
      const logged = 1 + random() * keys * 0.7;
      while (child.exitCode === null && (await rotationsLogged(store)) < logged) await pause(20);
      child.kill('SIGKILL');
    }),
  );
  // A run has a chain for each batch that it works on at once.
  const openChains = killed.length * (database.kind === 'sqlite' ? 1 : BATCHES_AT_ONCE);
  const ended = await Promise.all(runs.map((run) => run.ended));
  refuse(
    ended
      .filter(({ code, signal }) => code !== 0 && signal !== 'SIGKILL')
      .map(({ code, stderr, stdout }) => `ended with ${String(code)}: ${stderr}${stdout}`),
  );
  refuse(violations(before, await readStore(store)));
  refuse(await logFaults(store, openChains));
  // The next run's opening names what the killed ones left.
  const next = await runOn(store, ROTATE);
  refuse(next.code === 0 ? [] : [`the next run ended with ${String(next.code)}: ${next.stdout}`]);
  const now = await readStore(store);
  refuse(violations(before, now));
  refuse(await logFaults(store, openChains));
  const [due, rotated] = [armed(before).length, rotationsSince(before, now).length];
  refuse(rotated === due ? [] : [`${rotated} of ${due} due keys are rotated`]);
}

async function rotationsLogged(store: string): Promise<number> {
  const rows = await sql(store, `SELECT id FROM kms_rotation_log WHERE outcome = 'rotated'`);
  return rows.length;
}

/** Cuts the sessions of a run on a server. @throws Error that says what is wrong with the store. */
export async function lostServer(
  database: TestDatabase,
  { keys, random }: Disturbance,
): Promise<void> {
  const store = await filled(database, keys);
  const before = await readStore(store);
  const running = runApartOn(store, ROTATE);
  await pause(300 + random() * 1500);
  await cutSessions(store, 'all');
  const { code, stdout, stderr } = await running;
  // 0 if it had ended by then, 3 if it lost the database.
  refuse(code === 0 || code === 3 ? [] : [`ended with ${String(code)}: ${stderr}${stdout}`]);
  refuse(violations(before, await readStore(store)));
  const next = await runOn(store, ROTATE);
  refuse(next.code === 0 ? [] : [`the next run ended with ${String(next.code)}: ${next.stdout}`]);
  const now = await readStore(store);
  refuse(violations(before, now));
  // A chain of which nobody knows whether it was begun stays open.
  refuse(await logFaults(store, Infinity));
  const [due, rotated] = [armed(before).length, rotationsSince(before, now).length];
  refuse(rotated === due ? [] : [`${rotated} of ${due} due keys are rotated`]);
}

async function filled(database: TestDatabase, keys: number): Promise<string> {
  const store = await newStorePath(database);
  await insertMixedKeys(store, keys);
  await insertDuePairs(store, Math.ceil(keys / 4));
  return store;
}

function refuse(wrong: readonly string[]): void {
  if (wrong.length === 0) return;
  throw new Error([...wrong.slice(0, 20), `${wrong.length} in all`].join('\n'));
}
