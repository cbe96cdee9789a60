// A replica of PostgreSQL, as one is made: it is read from as ever, and a run on it says that it is read-only.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { runOn } from '../support/binary.js';
import { describeEachOwnServer } from '../support/own-servers.js';
import { until } from '../support/poll.js';
import { makeServer, type PrivateServer } from '../support/private-servers.js';
import { runDue } from '../support/run.js';
import { postgresqlFolder, SERVER_KINDS } from '../support/server-kinds.js';
import { sql } from '../support/sql.js';
import {
  adopt,
  aSymmetricKey,
  DAY,
  insertRows,
  JANUARY,
  rowsOf,
  withStore,
} from '../support/store.js';

/** Those of one object name the only key there is. */
const READING = [
  'due list',
  'due list --explain',
  'status',
  'report',
  'forecast',
  'warnings --dry-run',
  'history',
  'doctor',
  'key list',
  'key show key-1',
  'key lineage key-1',
  'key tree key-1',
  'policy show key-1',
  'notify list',
  'audit verify',
  'audit heads',
  'audit export',
];

const LATER = JANUARY + 365 * DAY;

const replicaOf = (url: string) =>
  withStore(url, (opened) => Promise.resolve(opened.replica), 'read');

describeEachOwnServer('a replica', (primary, name) => {
  const [kind] = SERVER_KINDS.filter((candidate) => candidate.name === 'postgresql');
  if (name !== 'postgresql' || kind === undefined) return;
  let replica: PrivateServer | null = null;
  let store = '';
  let replicated = '';

  before(async function () {
    this.timeout(120_000);
    store = await adopt(await primary().create());
    await insertRows(store, [aSymmetricKey()]);
    replica = await makeServer(kind, (seen) => ({
      argv: [
        join(postgresqlFolder() ?? '', 'pg_basebackup'),
        ...['-d', primary().url, '-D', join(seen, 'data'), '-R', '-c', 'fast', '--no-sync'],
      ],
      user: 'postgres',
    }));
    await replica.start();
    replicated = new URL(new URL(store).pathname, replica.url).href;
  });
  after(() => replica?.stop());

  it('tells what is due, and a run on it writes nothing and says why', async () => {
    const foreseen = await runDue(replicated, LATER, { dryRun: true });
    assert.deepEqual(
      [foreseen.error, ...foreseen.results.map(({ outcome }) => outcome)],
      [null, 'would-rotate'],
    );
    const rows = await rowsOf(store);
    const { error, results } = await runDue(replicated, LATER);
    assert.deepEqual([error?.reason, results], ['StoreReadOnly', []]);
    assert.deepEqual(await rowsOf(store), rows);
  });

  it('is read by every command that only reads, which says that it is one and how far it lags', async function () {
    this.timeout(120_000);
    for (const command of READING) {
      const { code, stdout, stderr } = await runOn(replicated, [
        ...command.split(' '),
        ...['--log-level', 'info'],
      ]);
      assert.equal(code, 0, `${command}: ${stderr}${stdout}`);
      assert.match(stderr, / is a replica, .+ behind its primary$/m, command);
    }
    for (const command of ['due list', 'status']) {
      const { stdout } = await runOn(replicated, [...command.split(' '), '--json']);
      const { replica } = JSON.parse(stdout) as { replica?: { lagSeconds: number } };
      assert.ok(Number.isInteger(replica?.lagSeconds), stdout);
    }
  });

  it('lags by nothing if it has all of its primary, however long ago that wrote', async () => {
    await until('it has all', async () => (await replicaOf(replicated))?.lagSeconds === 0);
    assert.equal(await replicaOf(store), null);
  });

  it('is written to once it has become the primary', async () => {
    await sql(replicated, 'SELECT pg_promote()');
    await until('it is promoted', async () => {
      const [row] = await sql(replicated, 'SELECT pg_is_in_recovery() AS replica');
      return row?.['replica'] === false;
    });
    const { error, results } = await runDue(replicated, LATER);
    assert.deepEqual([error, results[0]?.outcome], [null, 'rotated']);
  });
});
