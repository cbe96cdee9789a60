// One disturbance of runs of the built program, and a look at the store after it: a process killed, the sessions of a
// server cut, or many runs at once. kill.ts kills by the hundred.
import { runApartOn, runOn } from '../support/binary.js';
import type { TestDatabase } from '../support/databases.js';
import { rotateOf } from '../support/documents.js';
import { cutSessions } from '../support/hold.js';
import { armed, misreported, rotationsSince, violations } from '../support/invariants.js';
import { insertDuePairs, insertMixedKeys } from '../support/mixed-keys.js';
import { setTimeout as pause } from 'node:timers/promises';
import { newStorePath } from '../support/store.js';
import { readStore } from '../support/store-contents.js';

export interface Disturbance {
  readonly keys: number;
  /** Numbers from 0 up to 1. */
  readonly random: () => number;
}

const PROCESSES = 8;

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
  refuse(
    misreported(
      ended.map(({ stdout }) => rotateOf(stdout)),
      before,
      now,
    ),
  );
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
