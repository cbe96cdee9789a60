// How many sessions a run may have at once: a server or an account may admit fewer than are asked for, and then the run
// goes on with those it gets.
import type { Connection } from './connection.js';
import { asStoreError } from './errors/driver-errors.js';

export interface OpenedSessions {
  /** How many can work at once, one at least. */
  readonly count: number;
  /** Why there are no more; null if there are as many as were wanted. */
  readonly refusal: string | null;
}

/**
 * Opens as many sessions as are wanted, so far as the connection may have so many; an SQLite file has nothing to open. Does
 * not throw: whoever then has work finds out what is wrong.
 */
export async function openSessions(
  { knex, dialect, redactedUrl }: Pick<Connection, 'knex' | 'dialect' | 'redactedUrl'>,
  wanted: number,
): Promise<OpenedSessions> {
  const all = { count: wanted, refusal: null };
  if (dialect.name === 'sqlite' || wanted < 2) return all;
  const client = knex.client as PooledClient;
  const opened: unknown[] = [];
  const failures: unknown[] = [];
  await Promise.all(
    Array.from({ length: Math.min(wanted, client.pool.max) }, () =>
      client.acquireConnection().then(
        (raw) => opened.push(raw),
        (error: unknown) => failures.push(error),
      ),
    ),
  );
  for (const raw of opened) await client.releaseConnection(raw);
  if (failures.length === 0) return all;
  const count = Math.max(1, opened.length);
  // Who needs one while all are at work waits for it.
  client.pool.max = count;
  const error = asStoreError(failures[0], redactedUrl);
  return { count, refusal: error instanceof Error ? error.message : String(error) };
}

/** What this takes of knex and of its pool, which is tarn's. */
interface PooledClient {
  readonly pool: { max: number };
  acquireConnection: () => Promise<unknown>;
  releaseConnection: (raw: unknown) => Promise<void>;
}
