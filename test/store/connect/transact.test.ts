// A transaction whose connection is cut at any of its statements is committed once, and reported truly (design §9).
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { Store } from '../../../src/store/store.js';
import { summaryOf, type RunReport } from '../../../src/report/run-report.js';
import { describeEachDatabase, type TestDatabase } from '../../support/databases.js';
import { throughProxy, withProxy, type Cut } from '../../support/proxy.js';
import { runDue } from '../../support/run.js';
import { sql } from '../../support/sql.js';
import { checkStoreLog } from '../../support/written-chains.js';
import { insertRows, newStorePath, rowsOf, storeWith, withStore } from '../../support/store.js';
import { aSymmetricKey, DAY, JANUARY, symmetricKeys } from '../../support/symmetric-keys.js';
import { created } from '../../support/log-entries.js';

const NOW = JANUARY + 40 * DAY;
const KEYS = 3;

const COMMIT_OF_BATCH = { statement: 'COMMIT', after: 'INSERT INTO kms_rotation_log' } as const;

const storeIn = (database: TestDatabase) => storeWith(database, symmetricKeys(KEYS));

/** Every key has one replacement, with one row in the log and one result in the report. */
async function assertRotatedOnce(url: string, report: RunReport): Promise<void> {
  assert.equal(report.error, null);
  assert.equal(summaryOf(report).rotated, KEYS);
  const rows = await rowsOf(url);
  assert.equal(rows.length, 2 * KEYS);
  const replacements = rows.filter(({ state }) => state === 'Active').map(({ id }) => id);
  const reported = report.results.map(({ replacementUid }) => replacementUid);
  assert.deepEqual(reported.sort(), replacements.sort());
  const log = await sql(url, `SELECT replacement_uid FROM kms_rotation_log WHERE uid <> ''`);
  assert.deepEqual(log.map((row) => row['replacement_uid']).sort(), replacements);
  assert.deepEqual((await checkStoreLog(url)).findings.items, []);
}

describeEachDatabase('transact', (database) => {
  // There is no network to a file.
  if (database.kind === 'sqlite') return;

  for (const when of ['unsent', 'unheard', 'unawaited'] as const) {
    it(`writes a batch once if its COMMIT was ${when} when the connection was cut`, async () => {
      const url = await storeIn(database);
      const cut: Cut = { ...COMMIT_OF_BATCH, when, times: 1 };
      await throughProxy(url, cut, async (through, cuts) => {
        const report = await runDue(through, NOW);
        assert.equal(cuts(), 1);
        await assertRotatedOnce(url, report);
      });
    });

    // It waits for ten seconds, and learns no more of an answer that nobody awaited.
    if (when === 'unawaited') continue;
    it(`names the keys if it cannot find out whether a COMMIT that was ${when} succeeded`, async () => {
      const url = await storeIn(database);
      const cut: Cut = { ...COMMIT_OF_BATCH, when, times: 1, forGood: true };
      await throughProxy(url, cut, async (through) => {
        const { error, results } = await runDue(through, NOW);
        assert.deepEqual(results, []);
        assert.equal(error?.reason, 'StoreUnreachable');
        assert.match(error.message, /unknown whether this was written: "key-0", "key-1", "key-2"$/);
      });
      const written = (await rowsOf(url)).length - KEYS;
      assert.equal(written, when === 'unsent' ? 0 : KEYS);
    });
  }

  for (const statement of [
    'AS earliest',
    'AS object',
    'UPDATE objects',
    'INSERT INTO kms_rotation_log',
  ]) {
    it(`goes on over a new connection if one is cut at ${statement}`, async () => {
      const url = await storeIn(database);
      await throughProxy(url, { statement, when: 'unheard', times: 2 }, async (through, cuts) => {
        const report = await runDue(through, NOW);
        assert.equal(cuts(), 2);
        await assertRotatedOnce(url, report);
      });
    });
  }

  for (const statement of ['AS object', 'UPDATE objects', 'COMMIT']) {
    it(`goes on at the next host of the URL if the first is gone at ${statement}`, async () => {
      const url = await storeIn(database);
      const cut: Cut = {
        statement,
        after: 'kms_rotation',
        when: 'unheard',
        times: 1,
        forGood: true,
      };
      let sessions = 0;
      const next = (client: Socket, server: Socket) => {
        sessions += 1;
        client.pipe(server).pipe(client);
      };
      await throughProxy(url, cut, (first, cuts) =>
        withProxy(url, next, async (second) => {
          const { host } = new URL(first);
          const both = first.replace(host, `${host},${second.host}`);
          const report = await runDue(both, NOW);
          assert.equal(cuts(), 1);
          assert.ok(sessions > 0);
          await assertRotatedOnce(url, report);
        }),
      );
    });
  }

  for (const when of ['unsent', 'unheard', 'unawaited'] as const) {
    it(`creates an object once if its COMMIT was ${when} when the connection was cut`, async () => {
      const url = await newStorePath(database);
      const mine = aSymmetricKey({ uid: 'new' });
      const cut: Cut = { statement: 'COMMIT', after: 'INSERT INTO', when, times: 1 };
      await throughProxy(url, cut, async (through, cuts) => {
        const create = (store: Store) =>
          store.create([{ row: mine, tags: ['t'] }], created(mine.id));
        assert.equal(await withStore(through, create), true);
        assert.equal(cuts(), 1);
      });
      assert.equal((await rowsOf(url)).length, 1);
    });
  }

  it('takes no object of another for its own, whose uid was taken before its COMMIT was lost', async () => {
    const url = await newStorePath(database);
    const [mine, other] = [1, 2].map(() => aSymmetricKey({ uid: 'new' }));
    let isArmed = false;
    let taken: Promise<void> | null = null;
    const wire = (client: Socket, server: Socket) => {
      server.on('data', (answer) => client.write(answer));
      client.on('data', (request) => {
        isArmed ||= request.includes('INSERT INTO');
        if (!isArmed || taken !== null || !request.includes('COMMIT')) {
          server.write(request);
          return;
        }
        server.destroy();
        // Waits until the server has rolled back.
        taken = insertRows(url, [other!]);
      });
      if (taken !== null) {
        client.pause();
        void taken.then(() => client.resume());
      }
    };
    await withProxy(url, wire, async (through) => {
      const create = (store: Store) => store.create([{ row: mine!, tags: [] }], created(mine!.id));
      assert.equal(await withStore(through.href, create), false);
    });
    assert.notEqual(taken, null);
    assert.equal((await rowsOf(url)).length, 1);
    assert.notEqual(mine!.object, other!.object);
  });
});
