// A replica of MariaDB, as one is made: what it says of itself, and what a run on it says.
import assert from 'node:assert/strict';
import { describeOn, need } from '../../../support/left-out.js';
import { until } from '../../../support/poll.js';
import { makeServer, type PrivateServer } from '../../../support/private-servers.js';
import { runDue } from '../../../support/run.js';
import { SERVER_KINDS } from '../../../support/server-kinds.js';
import { sql } from '../../../support/sql.js';
import {
  adopt,
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  withStore,
} from '../../../support/store.js';

const LATER = JANUARY + 365 * DAY;

const replicaOf = (url: string) =>
  withStore(url, (opened) => Promise.resolve(opened.replica), 'read');

describeOn('mariadb', 'a replica', () => {
  const servers: PrivateServer[] = [];
  let store = '';
  let replicated = '';

  const as = (user: string) => Object.assign(new URL(replicated), { username: user }).href;

  before(async function () {
    this.timeout(120_000);
    const kind = SERVER_KINDS.find(({ name }) => name === 'mariadb');
    need(this, 'the programs of mariadb', kind?.isInstalled() === true);
    const [primary, replica] = [await makeServer(kind!), await makeServer(kind!)];
    servers.push(primary, replica);
    await primary.start(['--log-bin=binlog', '--server-id=1']);
    for (const [user, privileges] of [
      ['copier', 'REPLICATION SLAVE'],
      ['reader', 'SELECT'],
      ['runner', 'SELECT, INSERT, UPDATE, DELETE, REPLICA MONITOR'],
    ]) {
      await sql(primary.url, `CREATE USER ${user}@'%'`);
      await sql(primary.url, `GRANT ${privileges} ON *.* TO ${user}@'%'`);
    }
    await replica.start(['--server-id=2', '--read-only']);
    await sql(
      replica.url,
      `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${primary.port},
        MASTER_USER = 'copier', MASTER_USE_GTID = slave_pos`,
    );
    await sql(replica.url, 'START SLAVE');
    store = await adopt(await primary.create());
    await insertRows(store, [aSymmetricKey()]);
    replicated = new URL(new URL(store).pathname, replica.url).href;
    await until('the replica has the key', async () => {
      const rows = await sql(replicated, 'SELECT id FROM objects').catch(() => []);
      return rows.length === 1;
    });
  });
  after(() => Promise.all(servers.map((server) => server.stop())));

  it('says how far it lags to whoever may ask', async () => {
    await until('it has all', async () => (await replicaOf(as('runner')))?.lagSeconds === 0);
    assert.equal(await replicaOf(store), null);
  });

  it('says that it is not known how far, to whoever may not', async () => {
    const replica = await replicaOf(as('reader'));
    assert.equal(replica?.lagSeconds, null);
    assert.match(replica.unknownBecause ?? '', /REPLICA MONITOR/);
  });

  it('is read from, and a run on it writes nothing and says why', async () => {
    const url = as('runner');
    const foreseen = await runDue(url, LATER, { dryRun: true });
    assert.deepEqual(
      [foreseen.error, ...foreseen.results.map(({ outcome }) => outcome)],
      [null, 'would-rotate'],
    );
    const { error, results } = await runDue(url, LATER);
    assert.deepEqual([error?.reason, results], ['StoreReadOnly', []]);
  });

  it('says that replication has stopped', async () => {
    await sql(replicated, 'STOP SLAVE');
    const replica = await replicaOf(as('runner'));
    assert.deepEqual(replica, {
      lagSeconds: null,
      unknownBecause: 'replication has stopped, or its primary cannot be reached',
    });
    assert.equal((await runDue(as('runner'), LATER, { dryRun: true })).error, null);
  });
});
