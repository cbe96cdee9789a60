// Reads several times from one state of the database. transact.ts writes.
import type { Knex } from 'knex';
import type { Connection } from './connection.js';

/** Runs `read` in a transaction in which all SELECTs see one state; what is thrown is what failed first. */
export async function readSnapshot<T>(
  { knex, dialect }: Pick<Connection, 'knex' | 'dialect'>,
  read: (snapshot: Knex.Transaction) => Promise<T>,
): Promise<T> {
  let first: { readonly error: unknown } | null = null;
  try {
    return await knex.transaction(async (snapshot) => {
      try {
        return await read(snapshot);
      } catch (error) {
        first = { error };
        throw error;
      }
    }, dialect.snapshot);
  } catch (error) {
    // If the connection is lost, ROLLBACK fails too, with an error that says less.
    const failed = first as { readonly error: unknown } | null;
    throw failed === null ? error : failed.error;
  }
}
