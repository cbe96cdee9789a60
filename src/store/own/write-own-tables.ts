// A short transaction that writes our own tables alone. It is done again after passing failures, and if another run has
// added the same row meanwhile.
import type { Knex } from 'knex';
import type { Connection } from '../connect/connection.js';
import { WriteConflict } from '../connect/errors/driver-errors.js';
import { translateErrors } from '../connect/errors/translate-errors.js';
import { inTransaction } from '../connect/in-transaction.js';
import { retryTransient } from '../connect/retry-transient.js';

/** Each conflict means that another run has added its row, so the next attempt finds it. */
const MOST_CONFLICTS = 5;

export async function writeOwnTables<T>(
  connection: Connection,
  work: (transaction: Knex.Transaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await translateErrors(connection.redactedUrl, () =>
        retryTransient(() =>
          inTransaction(connection, async (transaction) => {
            await connection.dialect.lockForWriting(transaction);
            return work(transaction);
          }),
        ),
      );
    } catch (error) {
      if (!(error instanceof WriteConflict) || attempt >= MOST_CONFLICTS) throw error;
    }
  }
}
