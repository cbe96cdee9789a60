// Transactions that are retried after deadlocks, lost connections and restarts of the server. If the answer to a COMMIT
// is lost, the database is asked whether it was committed.
import type { Knex } from 'knex';
import { KmsError } from '../../errors.js';
import type { SqlValue } from '../dialects/sql.js';
import type { Connection } from './connection.js';
import { errorCode } from './errors/error-code.js';
import { asStoreError } from './errors/driver-errors.js';
import { inTransaction } from './in-transaction.js';
import { retryTransient } from './retry-transient.js';

/**
 * The server itself says that it has not committed: of two nodes of a cluster that write one row, one says so at COMMIT,
 * and a node that has lost its cluster takes no COMMIT at all.
 */
const NOT_COMMITTED =
  /^(40001|40P01|ER_(LOCK_DEADLOCK|TRANSACTION_ROLLBACK_DURING_COMMIT|UNKNOWN_COM_ERROR))$/;

/** What a transaction writes, by which a lost one can be looked up. */
export interface TransactionFootprint {
  /** Objects that it replaces: locking one waits until the transaction has ended. */
  readonly replacedUids: readonly string[];
  /** Says whether what only this transaction writes is there; null if nothing tells. */
  readonly isWritten: ((transaction: Knex.Transaction) => Promise<boolean>) | null;
  /** Objects to name if it cannot be found out whether they were written. */
  readonly affectedUids: readonly string[];
  /** Whether its first statement is known to write. */
  readonly startsWithWrite: boolean;
}

/** Recognises a transaction by a row that it inserts, and that no other does. */
export function byInsertedRow({
  table,
  row,
}: {
  readonly table: string;
  readonly row: Readonly<Record<string, SqlValue>>;
}): NonNullable<TransactionFootprint['isWritten']> {
  return async (transaction) => {
    const found: unknown = await transaction(table).where(row).first();
    return found !== undefined;
  };
}

/** Runs `write` in a transaction, again if it fails for a passing reason. What is returned is committed, once. */
export async function transact<T>(
  connection: Connection,
  footprint: TransactionFootprint,
  write: (transaction: Knex.Transaction) => Promise<T>,
): Promise<T> {
  const { dialect } = connection;
  return retryTransient(async () => {
    let written: { readonly result: T } | null = null;
    let failed: { readonly error: unknown } | null = null;
    try {
      return await inTransaction(connection, async (transaction) => {
        try {
          await dialect.lockForWriting(transaction, footprint.startsWithWrite);
          written = { result: await write(transaction) };
          return written.result;
        } catch (error) {
          failed = { error };
          throw error;
        }
      });
    } catch (error) {
      // If the connection is lost, ROLLBACK fails too, with an error that says less than the first.
      const first = failed as { readonly error: unknown } | null;
      if (first !== null) throw first.error;
      // After the last statement only COMMIT can have failed.
      const last = written as { readonly result: T } | null;
      if (NOT_COMMITTED.test(errorCode(error) ?? '')) throw error;
      if (last === null || !(await isCommitted(connection, footprint, error))) throw error;
      return last.result;
    }
  });
}

/** @throws KmsError if that cannot be found out. */
async function isCommitted(
  connection: Connection,
  { replacedUids, isWritten, affectedUids }: TransactionFootprint,
  cause: unknown,
): Promise<boolean> {
  if (isWritten === null) return false;
  const { knex, dialect, redactedUrl } = connection;
  try {
    return await retryTransient(() =>
      knex.transaction(async (transaction) => {
        await dialect.lockForWriting(transaction);
        // Waits for the lost session, which may still be committing.
        await transaction('objects')
          .whereIn('id', replacedUids.slice(0, 1))
          .forUpdate()
          .select('id');
        return isWritten(transaction);
      }, dialect.transaction),
    );
  } catch {
    throw unknownOutcome(asStoreError(cause, redactedUrl), affectedUids);
  }
}

function unknownOutcome(error: unknown, uids: readonly string[]): unknown {
  if (!(error instanceof KmsError)) return error;
  const named = uids.map((uid) => JSON.stringify(uid)).join(', ');
  return new KmsError(
    error.reason,
    `${error.message}; the connection broke during a commit, and it is unknown whether this was written: ${named}`,
    {
      hint: 'check with kms key lineage UID; the next run rotates what was not written',
    },
  );
}
