// Transactions that outlive a moment's trouble: what deadlocks, lost connections and a server that starts
// again undo is done again. A COMMIT whose answer never came is looked up, not guessed.
import { setTimeout } from 'node:timers/promises';
import type { Knex } from 'knex';
import { KmsError } from '../../errors.js';
import type { Connection } from './connection.js';
import type { SqlValue } from '../dialects/dialect.js';
import { asStoreError, maxAttempts } from './driver-errors.js';

/** By what a transaction is known to have been committed. */
export interface TransactionFootprint {
  /** Rows that it writes over: whoever locks one has waited until it ended, one way or the other. */
  readonly replaced: readonly string[];
  /** A row that it alone inserts; null if it inserts none. */
  readonly inserted: {
    readonly table: string;
    readonly row: Readonly<Record<string, SqlValue>>;
  } | null;
  /** Of which objects nobody knows what became, should the look-up fail too. */
  readonly uids: readonly string[];
  /** Whether its first statement is known to write. */
  readonly startsWithWrite: boolean;
}

/** Doubles with each try; some three seconds in all, in which a server may start again. */
const PAUSE_MS = 100;

/** Writes in a transaction of its own, again if need be; what it returns is committed, once. */
export async function transact<T>(
  connection: Connection,
  footprint: TransactionFootprint,
  write: (transaction: Knex.Transaction) => Promise<T>,
): Promise<T> {
  const { knex, dialect } = connection;
  return retryTransient(async () => {
    let written: { readonly result: T } | null = null;
    let failed: { readonly error: unknown } | null = null;
    try {
      return await knex.transaction(async (transaction) => {
        try {
          await dialect.lockForWriting(transaction, footprint.startsWithWrite);
          written = { result: await write(transaction) };
          return written.result;
        } catch (error) {
          failed = { error };
          throw error;
        }
      }, dialect.transaction);
    } catch (error) {
      // A connection that is lost by then fails ROLLBACK too, and says less.
      const first = failed as { readonly error: unknown } | null;
      if (first !== null) throw first.error;
      // After the last statement only COMMIT can have failed.
      const last = written as { readonly result: T } | null;
      if (last === null || !(await isCommitted(connection, footprint, error))) throw error;
      return last.result;
    }
  });
}

/** Does something again while it fails for what may pass; it must leave nothing behind when it fails. */
export async function retryTransient<T>(operation: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await operation();
    } catch (error) {
      if (tries >= maxAttempts(error)) throw error;
      await setTimeout(PAUSE_MS * 2 ** tries);
    }
  }
}

/** @throws KmsError if that cannot be found out. */
async function isCommitted(
  connection: Connection,
  { replaced, inserted, uids }: TransactionFootprint,
  cause: unknown,
): Promise<boolean> {
  if (inserted === null) return false;
  const { knex, dialect, redactedUrl } = connection;
  try {
    return await retryTransient(() =>
      knex.transaction(async (transaction) => {
        await dialect.lockForWriting(transaction);
        // The lost session may still be at its COMMIT.
        await transaction('objects').whereIn('id', replaced.slice(0, 1)).forUpdate().select('id');
        const found: unknown = await transaction(inserted.table).where(inserted.row).first();
        return found !== undefined;
      }, dialect.transaction),
    );
  } catch {
    throw unknownOutcome(asStoreError(cause, redactedUrl), uids);
  }
}

function unknownOutcome(error: unknown, uids: readonly string[]): unknown {
  if (!(error instanceof KmsError)) return error;
  const named = uids.map((uid) => JSON.stringify(uid)).join(', ');
  return new KmsError(
    error.reason,
    `${error.message}, and was so while it committed: whether this was written could not be learned: ${named}`,
    {
      hint: 'look with kms key lineage UID; the next run finds out, and rotates what is not rotated',
    },
  );
}
