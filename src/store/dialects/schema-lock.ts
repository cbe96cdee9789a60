// How kms init, and a removal, wait for what others hold: the lock of the schema, of which each dialect has its own kind,
// and the tables while they are in use. Others must be able to work meanwhile, and whoever looks on sees whom we wait for.
import { setTimeout } from 'node:timers/promises';
import { KmsError } from '../../errors.js';
import { errorCode } from '../connect/errors/error-code.js';

/** The table that is the lock where there is no other: it is there while somebody holds it. */
export const SCHEMA_LOCK_TABLE = 'kms_rotation_init';

export interface LockWait {
  /** How long to wait for each lock, in milliseconds. */
  readonly limitMs: number;
  /** How long the database itself waits at each attempt, until it fails. */
  readonly attemptMs: number;
  /** Called with a sentence when it is clear that we wait, and again when we wait for somebody else. */
  readonly notify: (sentence: string) => void;
}

/** Shorter waits are nobody's business. */
const SILENT_MS = 1000;

const PAUSE_MS = 200;

/** Other sessions queue behind one that waits for a table, so most of the time nobody waits for it. */
const PAUSES_PER_ATTEMPT = 4;

/** What databases say when an attempt has waited so long; SQLite lets nobody queue meanwhile. */
const QUEUED: readonly (string | null)[] = ['55P03', 'ER_LOCK_WAIT_TIMEOUT'];
const POLLED: readonly (string | null)[] = ['SQLITE_BUSY', 'SQLITE_BUSY_RECOVERY'];

/**
 * Does again what a lock keeps from being done, until it is done.
 *
 * @param attempt returns null, or throws the database's error, while somebody holds the lock
 * @param holder names who holds it, in words
 * @throws KmsError StoreBusy once the time is up.
 */
export async function whileHeld<T>(
  { limitMs, attemptMs, notify }: LockWait,
  attempt: () => Promise<T | null>,
  holder: () => Promise<string>,
): Promise<T> {
  let waitedMs = 0;
  let told = '';
  for (;;) {
    const { result, cause } = await tried(attempt);
    if (result !== null) return result;
    waitedMs += cause === null ? 0 : attemptMs;
    const who = await holder();
    if (waitedMs >= limitMs) throw stillHeld(who, cause);
    if (waitedMs >= SILENT_MS && who !== told) notify(`waiting for ${(told = who)}`);
    const isQueued = QUEUED.includes(errorCode(cause));
    const pauseMs = isQueued ? PAUSES_PER_ATTEMPT * attemptMs : PAUSE_MS;
    await setTimeout(pauseMs);
    waitedMs += pauseMs;
  }
}

/** Runs work, and `cleanUp` whatever happens; throws what failed first. */
export async function withCleanUp<T>(
  work: () => Promise<T>,
  cleanUp: () => Promise<unknown>,
): Promise<T> {
  const [done] = await Promise.allSettled([work()]);
  const [cleaned] = await Promise.allSettled([cleanUp()]);
  if (done.status === 'rejected') throw done.reason;
  if (cleaned.status === 'rejected') throw cleaned.reason;
  return done.value;
}

/** What to throw if the lock was not ours to the end, although we never gave it back. */
export function schemaLockLost(): KmsError {
  return new KmsError('StoreUnfit', 'the lock of kms init was lost while it was at work', {
    hint: 'run kms init again; if a pooler or proxy is there, name the server itself, as it may change the session in between',
  });
}

/** Returns no result, and the database's error if there is one, while the lock is held. */
async function tried<T>(attempt: () => Promise<T | null>) {
  try {
    return { result: await attempt(), cause: null };
  } catch (cause) {
    if (![...QUEUED, ...POLLED].includes(errorCode(cause))) throw cause;
    return { result: null, cause };
  }
}

function stillHeld(who: string, cause: unknown): KmsError {
  return new KmsError('StoreBusy', `the store is in use: kms init gave up waiting for ${who}`, {
    hint: 'run it again when that has ended; --lock-timeout says how long it waits',
    cause,
  });
}
