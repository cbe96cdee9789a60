// Runs through PgBouncer pooling transactions, all clients on one session of the database: a run needs
// nothing of its session, and leaves nothing in it for the next client.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { initialise } from '../../src/store/prepare/initialise.js';
import { describeEachDatabase } from '../support/databases.js';
import { needPrograms } from '../support/programs.js';
import { makeServer, type PrivateServer } from '../support/private-servers.js';
import { runDue, runOne } from '../support/run.js';
import { ownedBy, type ServerKind } from '../support/server-kinds.js';
import { sql, withBare } from '../support/sql.js';
import { insertRows, newStorePath, withStore } from '../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../support/symmetric-keys.js';
import { valuesOf } from '../support/values-of.js';

const PROGRAM = '/usr/sbin/pgbouncer';
const OPTIONS = { mode: 'write', busyTimeoutMs: 1000 } as const;
const LATER = JANUARY + 365 * DAY;

/** As a kind of server: what stands between us and the one that a URL names. */
const poolerOf = (database: URL, mode = 'transaction', size = 1): ServerKind => ({
  name: 'postgresql',
  ...{ variable: '', usual: '', version: /^/, sharedSettings: [], isInstalled: () => true },
  makeFolder: () => ownedBy('postgres'),
  initialise: () => ({ argv: ['true'] }),
  serve: (folder, port) => {
    const ini = `${folder}/pgbouncer.ini`;
    writeFileSync(`${folder}/users`, `"${database.username}" ""\n`);
    writeFileSync(
      ini,
      `[databases]
      * = host=${database.hostname} port=${database.port || '5432'}
      [pgbouncer]
      listen_addr = 127.0.0.1
      listen_port = ${port}
      unix_socket_dir =
      auth_type = trust
      auth_file = ${folder}/users
      pool_mode = ${mode}
      default_pool_size = ${size}
      server_reset_query =
      `.replace(/^ +/gm, ''),
    );
    return { argv: [PROGRAM, ini], user: 'postgres' };
  },
  user: 'postgres',
  stopSignal: 'SIGTERM',
  killSignal: 'SIGKILL',
  url: (port) => `postgres://${database.username}@127.0.0.1:${port}${database.pathname}`,
});

describeEachDatabase('a pooler of transactions', (database) => {
  if (database.name !== 'postgresql') return;
  let direct = '';
  let pooler: PrivateServer | null = null;
  const pooled = () => pooler?.url ?? '';

  before(async function () {
    this.timeout(180_000);
    needPrograms(this, 'pgbouncer');
    direct = await newStorePath(database);
    pooler = await makeServer(poolerOf(new URL(direct)));
    await pooler.start();
  });
  after(() => pooler?.stop());

  // Its own name a client brings along; the pooler sees to that.
  const settings = (client: { query(statement: string): Promise<readonly object[]> }) =>
    client.query(
      `SELECT name, setting FROM pg_settings WHERE source = 'session' AND name <> 'application_name'`,
    );

  it('hands a run on as any other server would, and gets its session back as it was', async () => {
    await insertRows(
      direct,
      [1, 2, 3].map((n) => aSymmetricKey({ uid: `key-${n}` })),
    );
    await withBare(pooled(), async (client) => {
      const before = await settings(client);
      const listed = await withStore(pooled(), (store) => store.load(['key-1', 'key-2']), 'read');
      assert.equal(listed.length, 2);
      const foreseen = await runDue(pooled(), LATER, { dryRun: true });
      assert.equal(foreseen.error, null);
      const { error, results } = await runDue(pooled(), LATER);
      assert.equal(error, null);
      assert.deepEqual(valuesOf(results, 'outcome'), ['rotated', 'rotated', 'rotated']);
      assert.deepEqual(await settings(client), before);
    });
  });

  it('does not keep a run from its own terms, whatever another client has left in the session', async () => {
    await insertRows(direct, [aSymmetricKey({ uid: 'key-4' }), aSymmetricKey({ uid: 'key-5' })]);
    await withBare(pooled(), async (client) => {
      await client.query(`SET default_transaction_isolation = 'serializable'`);
      await client.query(`SET lock_timeout = '1h'`);
      assert.equal((await runOne(pooled(), 'key-4', JANUARY)).error, null);
      await withBare(direct, async (other) => {
        await other.query('BEGIN');
        await other.query(`UPDATE objects SET state = 'Compromised' WHERE id = 'key-5'`);
        const { results } = await runOne(pooled(), 'key-5', JANUARY);
        assert.equal(results[0]?.error?.reason, 'RowLocked');
      });
    });
  });

  it('lets several runs at once take turns', async () => {
    const keys = Array.from({ length: 20 }, (_, n) => aSymmetricKey({ uid: `many-${n}` }));
    await insertRows(direct, keys);
    const options = { batchSize: 5 };
    const reports = await Promise.all([1, 2, 3].map(() => runDue(pooled(), LATER, options)));
    assert.deepEqual(valuesOf(reports, 'error'), [null, null, null]);
    const rows = await sql(
      direct,
      `SELECT id FROM objects WHERE id LIKE 'many-%' AND state = 'Active'`,
    );
    assert.deepEqual(rows, []);
  });

  it('is no place for kms init, which says so before it takes a lock or changes a setting', async () => {
    await withBare(pooled(), async (client) => {
      const before = await settings(client);
      await assert.rejects(initialise(pooled(), OPTIONS), {
        reason: 'StoreUnfit',
        message: /a pooler such as PgBouncer is there/,
      });
      assert.deepEqual(await settings(client), before);
      const locks = `SELECT pid FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
      assert.deepEqual(await client.query(locks), []);
    });
    await initialise(direct, OPTIONS);
  });

  it('of sessions will do for kms init, even if it has one session in all', async () => {
    const ofSessions = await makeServer(poolerOf(new URL(direct), 'session', 1));
    await ofSessions.start();
    try {
      assert.equal((await initialise(ofSessions.url, OPTIONS)).store, 'adopted');
    } finally {
      await ofSessions.stop();
    }
  });
});
