// Retries what failed for a reason that passes: a deadlock, a lost connection, a server that restarts, a lock.
import { setTimeout } from 'node:timers/promises';
import { errorCode } from './errors/error-code.js';

/** Deadlocks and the like; lost connections; a server that is full, stops or starts. */
const TRANSIENT = [
  /^(40001|40P01|RECOVERY_CONFLICT|ER_(LOCK_DEADLOCK|CHECKREAD|TRANSACTION_ROLLBACK_DURING_COMMIT))$/,
  /^(08...|ECONNRESET|ECONNREFUSED|ECONNABORTED|EAI_AGAIN|EPIPE|ENOENT|SESSION_UNSUITABLE|SERVER_SILENT|PROTOCOL_.*)$/,
  /^(57P0.|53300|ER_(SERVER_SHUTDOWN|NORMAL_SHUTDOWN|CON_COUNT_ERROR|.*ABORTING_CONNECTION))$/,
  /^ER_(CONNECTION_KILLED|QUERY_INTERRUPTED|CLIENT_INTERACTION_TIMEOUT|UNKNOWN_COM_ERROR)$/,
];
const TRANSIENT_ATTEMPTS = 5;

/** Each attempt has already waited for the lock as long as it may. */
const LOCKED = /^(SQLITE_BUSY.*|55P03|ER_LOCK_WAIT_TIMEOUT)$/;
const LOCKED_ATTEMPTS = 2;

/** Doubles with each attempt: some three seconds in all, in which a server may restart. */
const PAUSE_MS = 100;

/** Runs an operation until it succeeds or fails for good. The operation must leave nothing behind when it fails. */
export async function retryTransient<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (attempt >= maxAttempts(error)) throw error;
      await setTimeout(PAUSE_MS * 2 ** attempt);
    }
  }
}

function maxAttempts(error: unknown): number {
  const code = errorCode(error) ?? '';
  if (TRANSIENT.some((pattern) => pattern.test(code))) return TRANSIENT_ATTEMPTS;
  return LOCKED.test(code) ? LOCKED_ATTEMPTS : 1;
}
