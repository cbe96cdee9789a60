// Holds a run up in the middle of its work, on any database: somebody else's transaction keeps a row.
import { kindOf, sql, withBare, type Bare } from './sql.js';
import { until } from './poll.js';

/** MySQL and MariaDB show what they showed last to whoever looks again within 100 ms. */
const LOOK_EVERY_MS = 150;

export interface Holder extends Bare {
  /** Sees to it that the other one is the victim if the two are in a deadlock. */
  beTheStronger(): Promise<void>;
}

/** Keeps a row of a server's database locked while `use` goes on. */
export async function whileLocked<T>(
  url: string,
  uid: string,
  use: (holder: Holder) => Promise<T>,
): Promise<T> {
  return withBare(url, async (bare) => {
    await bare.query('BEGIN');
    await bare.query('SELECT id FROM objects WHERE id = ? FOR UPDATE', [uid]);
    return use({ ...bare, beTheStronger: () => beTheStronger(url, bare) });
  });
}

/** PostgreSQL ends who looks first, after its timeout; the others who has written less. */
async function beTheStronger(url: string, bare: Bare): Promise<void> {
  if (kindOf(url) === 'postgresql') {
    await bare.query(`SET LOCAL deadlock_timeout = '30s'`);
    return;
  }
  const tags = Array.from({ length: 2000 }, (_, index) => ['nobody', `tag ${index}`]);
  const places = tags.map(() => '(?, ?)').join(', ');
  await bare.query(`INSERT INTO tags (id, tag) VALUES ${places}`, tags.flat());
}

/** Resolves when another session of this database waits for a lock of somebody else. */
export async function untilBlocked(url: string): Promise<void> {
  const blocked = async () => (await sessions(url, 'waiting')).length > 0;
  await until('the run waits for a lock', blocked, 20_000, LOOK_EVERY_MS);
}

/** Ends sessions that the program has with a server's database, or those of them that wait for a lock; some are spared. */
export async function cutSessions(
  url: string,
  which: 'all' | 'waiting',
  spared: readonly number[] = [],
): Promise<void> {
  const ids = (await sessions(url, which)).filter((one) => !spared.includes(one));
  for (const id of ids) {
    if (kindOf(url) === 'postgresql') await sql(url, 'SELECT pg_terminate_backend(?)', id);
    // It may be gone by now.
    else await sql(url, `KILL ${id}`).catch(() => undefined);
  }
  // Until it notices, a session that is idle would still take a transaction, and end in the middle of it.
  if (which === 'waiting') return;
  await until('the sessions are gone', async () => {
    const left = await sessions(url, which);
    return !left.some((id) => ids.includes(id));
  });
}

async function sessions(url: string, which: 'all' | 'waiting'): Promise<readonly number[]> {
  const waiting = which === 'waiting';
  const rows = await {
    sqlite: () => Promise.reject(new Error('SQLite has no sessions')),
    postgresql: () =>
      sql<{ id: number }>(
        url,
        `SELECT pid AS id FROM pg_stat_activity WHERE datname = current_database()
          AND application_name = 'kms' ${waiting ? `AND wait_event_type = 'Lock'` : ''}`,
      ),
    mysql: () => sql<{ id: number }>(url, waiting ? MYSQL_WAITING : MYSQL_SESSIONS),
  }[kindOf(url)]();
  return rows.map(({ id }) => id);
}

const MYSQL_SESSIONS = `SELECT id AS id FROM information_schema.processlist
  WHERE db = DATABASE() AND id <> CONNECTION_ID()`;

const MYSQL_WAITING = `SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx
  JOIN information_schema.processlist ON id = trx_mysql_thread_id
  WHERE trx_state = 'LOCK WAIT' AND db = DATABASE()`;
