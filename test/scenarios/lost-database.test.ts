// The database goes away in the middle of a run, or cuts its connection: what was committed is reported as
// committed, nothing is done by half, and the next run does the rest (design §5, §9).
import assert from 'node:assert/strict';
import { runOn, startBinary, type Ended } from '../support/binary.js';
import { describeEachDatabase } from '../support/databases.js';
import { rotateOf } from '../support/documents.js';
import { cutSessions, untilBlocked, whileLocked, type Holder } from '../support/hold.js';
import { misreported, rotationsSince, violations } from '../support/invariants.js';
import { insertMixedKeys } from '../support/mixed-keys.js';
import { until } from '../support/poll.js';
import { describeEachPrivateServer } from '../support/private-servers.js';
import { sql } from '../support/sql.js';
import { adopt } from '../support/store.js';
import { readStore, type Contents } from '../support/store-contents.js';

const KEYS = 200;

/** Late in the order of a plan: a batch or more is committed before a run that keeps to it comes to this. */
const LATE_KEY = 'tagged-30';

async function filled(url: string) {
  const store = await adopt(url);
  await insertMixedKeys(store, KEYS);
  return { store, before: await readStore(store) };
}

/** Asserts that a run ended well or with a clear error, and that it reports just what it did. */
function assertTrue(before: Contents, now: Contents, ended: Ended): void {
  const report = rotateOf(ended.stdout);
  assert.deepEqual(
    [ended.code, report.error?.reason],
    report.error === null ? [0, undefined] : [3, 'StoreUnreachable'],
  );
  assert.deepEqual(violations(before, now), []);
  assert.deepEqual(misreported([report], before, now), []);
}

async function logged(store: string): Promise<number> {
  const [row] = await sql<{ n: number | string }>(
    store,
    `SELECT count(*) AS n FROM kms_rotation_log WHERE uid <> ''`,
  );
  return Number(row?.n);
}

const startRun = (store: string, ...flags: readonly string[]) =>
  startBinary(['rotate', 'due', '--json', ...flags], { env: { KMS_DATABASE_URL: store } });

/** So that a batch is committed before the next begins, in the order of the plan. */
const ONE_BY_ONE = ['--concurrency', '1', '--max-keys', String(KEYS)];

/** Does something to a run that waits in its midst, and returns how it ended. */
async function endedDespite(
  store: string,
  meddle: (holder: Holder) => Promise<unknown>,
  ...flags: readonly string[]
): Promise<Ended> {
  return whileLocked(store, LATE_KEY, async (holder) => {
    const run = startRun(store, ...flags);
    await untilBlocked(store);
    await meddle(holder);
    return run.ended;
  });
}

async function assertNextRunFinishes(store: string, before: Contents): Promise<void> {
  const halfway = await readStore(store);
  const next = await runOn(store, ['rotate', 'due', '--json']);
  assert.equal(next.code, 0, next.stdout);
  const now = await readStore(store);
  assertTrue(halfway, now, next);
  assert.equal(rotationsSince(before, now).length, KEYS);
}

describeEachDatabase('a connection that is cut', (database) => {
  if (database.kind === 'sqlite') return;

  it('tells the truth when its connection is cut within a transaction', async function () {
    this.timeout(60_000);
    const { store, before } = await filled(await database.create());
    const ended = await endedDespite(store, async (holder) => {
      await cutSessions(store, 'waiting');
      await holder.query('ROLLBACK');
    });
    assertTrue(before, await readStore(store), ended);
    await assertNextRunFinishes(store, before);
  });

  it('tells the truth when its connection is cut wherever it is, and again in the next run', async function () {
    this.timeout(60_000);
    const { store, before } = await filled(await database.create());
    for (let done = 0; done < KEYS; done = rotationsSince(before, await readStore(store)).length) {
      const halfway = await readStore(store);
      const run = startRun(store);
      let over = false;
      const ended = run.ended.finally(() => (over = true));
      const committed = async () => over || (await logged(store)) > done;
      await until('a batch is committed', committed);
      await cutSessions(store, 'all');
      // It goes on over a new connection, so the store is read when it has ended.
      const how = await ended;
      assertTrue(halfway, await readStore(store), how);
    }
    assert.deepEqual(violations(before, await readStore(store)), []);
  });
});

describeEachPrivateServer('a server that is stopped in mid-run', (server) => {
  it('ends the run with 3, and the report says what was committed', async function () {
    this.timeout(120_000);
    const { store, before } = await filled(await server().create());
    const ended = await endedDespite(store, () => server().stop(), ...ONE_BY_ONE);
    const { error, summary } = rotateOf(ended.stdout);
    assert.equal(error?.reason, 'StoreUnreachable');
    assert.ok((summary['rotated'] ?? 0) > 0 && (summary['notAttempted'] ?? 0) > 0);
    await server().start();
    assertTrue(before, await readStore(store), ended);
    await assertNextRunFinishes(store, before);
  });

  it('is waited for while it starts again, and whether long enough or not, the report is true', async function () {
    this.timeout(120_000);
    const { store, before } = await filled(await server().create());
    const ended = await endedDespite(store, async () => {
      await server().stop();
      await server().start();
    });
    assertTrue(before, await readStore(store), ended);
    await assertNextRunFinishes(store, before);
  });
});
