// How many sessions a plan gets: as many as it has batches, and no more than the server or the account admits.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rotateDue } from '../../../src/run.js';
import { openStore } from '../../../src/store/open.js';
import { describeEachDatabase } from '../../support/databases.js';
import { ALL, contextOf } from '../../support/run.js';
import { kindOf, sql } from '../../support/sql.js';
import { DAY, insertRows, JANUARY, newStorePath } from '../../support/store.js';
import { symmetricKeys } from '../../support/symmetric-keys.js';

const LATER = JANUARY + 365 * DAY;

describeEachDatabase('sessions of a plan', (database) => {
  /** Rotates 12 keys, three at a time, as somebody who may have so many connections; null for any number. */
  const rotate = async (connections: number | null) => {
    const path = await newStorePath(database);
    await insertRows(path, symmetricKeys(12));
    const account = connections === null ? null : await limitedAccount(path, connections);
    try {
      const options = { mode: 'write', busyTimeoutMs: 5000, connections: 4 } as const;
      const store = await openStore(account?.url ?? path, options);
      try {
        const due = { ...ALL, batchSize: 3, concurrency: 4 };
        const { results, notices, error } = await rotateDue(contextOf(store, LATER), due);
        const rotated = results.filter(({ outcome }) => outcome === 'rotated').length;
        return { rotated, error, notices };
      } finally {
        await store.close();
      }
    } finally {
      await account?.drop();
    }
  };

  it('are as many as asked for', async () => {
    assert.deepEqual(await rotate(null), { rotated: 12, error: null, notices: [] });
  });

  if (database.name === 'sqlite') return;

  it('are fewer where the account may have fewer, which is told', async () => {
    for (const connections of [2, 1]) {
      const { rotated, error, notices } = await rotate(connections);
      assert.deepEqual([rotated, error], [12, null]);
      const [notice, ...others] = notices;
      assert.match(notice ?? '', new RegExp(`^${connections} of 4 batches ran at once: .*limit`));
      assert.deepEqual(others, []);
    }
  });
});

/** Returns the URL of the store for an account that may have so many connections. */
async function limitedAccount(path: string, connections: number) {
  const url = new URL(path);
  const name = `kms_limited_${randomUUID().slice(0, 8)}`;
  const database = url.pathname.slice(1);
  const isPostgresql = kindOf(path) === 'postgresql';
  const [make, unmake] = isPostgresql
    ? [
        [
          `CREATE ROLE ${name} LOGIN CONNECTION LIMIT ${connections} PASSWORD 'x'`,
          `GRANT ALL ON ALL TABLES IN SCHEMA public TO ${name}`,
          `GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${name}`,
        ],
        [`DROP OWNED BY ${name}`, `DROP ROLE ${name}`],
      ]
    : [
        [
          `CREATE USER ${name}@'%' IDENTIFIED BY 'x' WITH MAX_USER_CONNECTIONS ${connections}`,
          `GRANT ALL ON ${database}.* TO ${name}@'%'`,
        ],
        [`DROP USER ${name}@'%'`],
      ];
  for (const statement of make) await sql(path, statement);
  url.username = name;
  url.password = 'x';
  const drop = async () => {
    for (const statement of unmake) await sql(path, statement);
  };
  return { url: url.href, drop };
}
