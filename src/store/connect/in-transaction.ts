// A transaction that writes, once, with the chain of the log that it may have taken: the chain goes on from where the
// transaction left it only if that is known to be committed.
import type { Knex } from 'knex';
import type { Connection } from './connection.js';

/** Runs `work` in a transaction. */
export async function inTransaction<T>(
  { knex, dialect, chains }: Connection,
  work: (transaction: Knex.Transaction) => Promise<T>,
): Promise<T> {
  const begun: Knex.Transaction[] = [];
  try {
    const result = await knex.transaction((transaction) => {
      begun.push(transaction);
      return work(transaction);
    }, dialect.transaction);
    begun.forEach(chains.committed);
    return result;
  } catch (error) {
    begun.forEach(chains.uncertain);
    throw error;
  }
}
