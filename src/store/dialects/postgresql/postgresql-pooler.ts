// Whether a session of PostgreSQL is ours for as long as the connection lasts. A pooler of transactions or statements
// gives it to other clients in between; then a lock of the session stays behind with one of them.
import type { Knex } from 'knex';
import { KmsError } from '../../../errors.js';

/** How often both connections ask twice; under load a pooler may by chance keep to its order for some time. */
const ROUNDS = 5;

/** Returns the process of the server that answers a connection. */
export type AskPid = () => Promise<number>;

/**
 * Refuses a session that others get too. Only where something stands between us and the server is another connection
 * made, to see whether it gets the same session: a pooler of sessions will do.
 *
 * @throws KmsError StoreUnfit.
 */
export async function assertSessionIsOurs(
  knex: Knex,
  another: () => Knex,
  redactedUrl: string,
): Promise<void> {
  const isShared = await onConnection(knex, async (ask, greeted) => {
    if ((await ask()) === greeted) return false;
    const other = another();
    try {
      return await onConnection(other, (askOther) => shareSessions(ask, askOther));
    } catch {
      // A pooler that keeps our session for us may have none left; one that shares sessions would have given ours.
      return false;
    } finally {
      await other.destroy();
    }
  });
  if (!isShared) return;
  throw new KmsError(
    'StoreUnfit',
    `${redactedUrl}: a pooler such as PgBouncer is there, and gives the session of kms init to other clients`,
    {
      hint: 'name the server itself, or a pooler of sessions (pool_mode = session); only kms init needs it, runs may go through this one',
    },
  );
}

/** Says whether two connections have had one process between them, or one of them two. */
export async function shareSessions(one: AskPid, other: AskPid): Promise<boolean> {
  const seen = [await one(), await other()];
  for (let round = 0; round < ROUNDS && seen[0] !== seen[1]; round += 1) {
    for (const [index, ask] of [one, one, other, other].entries()) {
      if ((await ask()) !== seen[index < 2 ? 0 : 1]) return true;
    }
  }
  return seen[0] === seen[1];
}

/** @param work gets a question for this one connection, and the process that the greeting named */
async function onConnection<T>(
  knex: Knex,
  work: (ask: AskPid, greeted: unknown) => Promise<T>,
): Promise<T> {
  const client = knex.client as {
    acquireConnection(): Promise<{ readonly processID: unknown }>;
    releaseConnection(raw: object): Promise<void>;
  };
  const raw = await client.acquireConnection();
  const ask = async () => {
    const { rows } = await knex
      .raw<{ rows: readonly [{ pid: number }] }>('SELECT pg_backend_pid() AS pid')
      .connection(raw);
    return rows[0].pid;
  };
  try {
    return await work(ask, raw.processID);
  } finally {
    await client.releaseConnection(raw);
  }
}
