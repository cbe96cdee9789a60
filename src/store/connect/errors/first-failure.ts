// Finds the statement that failed first. knex reports some failures as a lock of its own, and SQLite, which may roll a
// transaction back by itself, as a savepoint that is missing: the cause is the statement before.
import type { Knex } from 'knex';

/** Runs work; if it throws a consequence, throws instead what the first failed statement threw. */
export async function withFirstFailure<T>(
  knex: Knex,
  isConsequence: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  let first: unknown = null;
  const remember = (error: unknown) => (first ??= error);
  knex.on('query-error', remember);
  try {
    return await work();
  } catch (error) {
    throw isConsequence(error) ? (first ?? error) : error;
  } finally {
    knex.removeListener('query-error', remember);
  }
}
