// Every row of the log is sealed in the transaction that writes it, and each chain is whole whatever becomes of transactions.
import assert from 'node:assert/strict';
import { openStore } from '../../../../src/store/open.js';
import { sealingKeyOf } from '../../../../src/store/own/chain/audit-keys.js';
import type { Store } from '../../../../src/store/store.js';
import { TEST_KEY } from '../../../support/chains.js';
import { describeEachDatabase } from '../../../support/databases.js';
import { cutSessions } from '../../../support/hold.js';
import { logged } from '../../../support/log-entries.js';
import { sql } from '../../../support/sql.js';
import { DAY, JANUARY, openForWriting, withStore } from '../../../support/store.js';
import { suiteStore } from '../../../support/suite-store.js';
import { checkStoreLog, logRowsOf } from '../../../support/written-chains.js';

const row = (uid: string) => logged(JANUARY, { uid, outcome: 'mended' });
const write = (store: Store, ...uids: readonly string[]) => store.writeOwnRows(uids.map(row));

/** Texts that a database gives back otherwise, unless they are made fit before they are sealed. */
const ODD = logged(JANUARY, {
  ...{ uid: 'odd', outcome: 'mended' },
  ...{ message: 'half a pair \uD800', host: '😀'.repeat(300), osUser: 'u'.repeat(300) },
});

/** A row that no database takes. */
const REFUSED = { table: 'kms_rotation_chains', row: { chain: null, opened_at: null } };

describeEachDatabase('the chains of the log', (database) => {
  const storeUrl = suiteStore(database);
  const outcomes = async () => (await logRowsOf(storeUrl())).map(({ outcome }) => outcome);
  const check = async () => {
    const { findings, open, chains } = await checkStoreLog(storeUrl());
    return { faults: findings.items, open: open.items.length, chains };
  };

  it('begin with what they hold, go on from transaction to transaction, and end with the store', async () => {
    await withStore(storeUrl(), async (store) => {
      await store.writeOwnRows([row('a'), row('ü😀'), ODD]);
      await write(store, 'c');
    });
    const texts = ['chain-opened', 'mended', 'mended', 'mended', 'mended', 'chain-closed'];
    assert.deepEqual(await outcomes(), texts);
    assert.deepEqual(await check(), { faults: [], open: 0, chains: 1 });
  });

  // A file has no sessions.
  if (database.kind !== 'sqlite') {
    it('go on from what the database has after a session was lost: it may be a server that has less', async () => {
      await withStore(storeUrl(), async (store) => {
        for (const uid of ['a', 'b']) await write(store, uid);
        await sql(storeUrl(), `DELETE FROM kms_rotation_log WHERE uid = 'b'`);
        await cutSessions(storeUrl(), 'all');
        await write(store, 'c');
      });
      assert.deepEqual(await outcomes(), ['chain-opened', 'mended', 'mended', 'chain-closed']);
      assert.deepEqual(await check(), { faults: [], open: 0, chains: 1 });
    });
  }

  it('have no row in a store that nothing was written to', async () => {
    await withStore(storeUrl(), (store) => store.prune(JANUARY));
    assert.deepEqual(await outcomes(), []);
  });

  it('name the heads that no other has named, once', async () => {
    for (const uid of ['a', 'b', 'c']) await withStore(storeUrl(), (store) => write(store, uid));
    const heads = (await logRowsOf(storeUrl()))
      .filter(({ outcome }) => outcome === 'chain-opened')
      .map(({ details }) => (JSON.parse(details ?? '') as { heads: readonly unknown[] }).heads);
    assert.deepEqual(
      heads.map(({ length }) => length),
      [0, 1, 1],
    );
    assert.deepEqual(await check(), { faults: [], open: 0, chains: 3 });
  });

  it('are several beside each other, and one after a transaction that is rolled back', async () => {
    const url = storeUrl();
    await withStore(url, async (store) => {
      const beside = await openForWriting(url);
      await write(store, 'a');
      await write(beside, 'b');
      await assert.rejects(store.writeOwnRows([row('c'), REFUSED]));
      await write(store, 'd');
      await beside.close();
    });
    assert.deepEqual(await check(), { faults: [], open: 0, chains: 2 });
  });

  it('stay open if their process is killed, and are named by the next', async () => {
    const url = storeUrl();
    const killed = await openForWriting(url);
    await write(killed, 'a');
    // As a process that is killed leaves it.
    await withStore(url, (store) => write(store, 'b'));
    assert.deepEqual(await check(), { faults: [], open: 1, chains: 2 });
    await killed.close();
    assert.deepEqual(await check(), { faults: [], open: 0, chains: 2 });
  });

  it('are listed no more a month after they were interrupted and named, and again if they go on', async () => {
    const url = storeUrl();
    const listed = async () => (await sql(url, 'SELECT chain FROM kms_rotation_chains')).length;
    const killed = await openForWriting(url);
    await write(killed, 'a');
    await withStore(url, async (store) => {
      // Nobody has named it yet.
      await store.prune(JANUARY + 90 * DAY);
      await write(store, 'b');
    });
    assert.equal(await listed(), 2);
    await withStore(url, (store) => store.prune(JANUARY + 29 * DAY));
    assert.equal(await listed(), 2);
    await withStore(url, (store) => store.prune(JANUARY + 31 * DAY));
    assert.equal(await listed(), 1);
    assert.deepEqual(await check(), { faults: [], open: 1, chains: 2 });
    await killed.close();
    assert.equal(await listed(), 2);
    assert.deepEqual(await check(), { faults: [], open: 0, chains: 2 });
  });

  it('have a key from where it is brought in, by two at once too', async () => {
    const url = storeUrl();
    await withStore(url, (store) => write(store, 'a'));
    const auditKeys = { sealing: sealingKeyOf(TEST_KEY), signing: null };
    const open = () => openStore(url, { mode: 'write', busyTimeoutMs: 5000, auditKeys });
    const stores = await Promise.all([open(), open()]);
    await Promise.all(stores.map((store, at) => write(store, `b-${at}`)));
    for (const store of stores) await store.close();
    const last = await open();
    await write(last, 'c');
    await last.close();
    const { findings, missingKeys } = await checkStoreLog(url, TEST_KEY);
    assert.deepEqual([findings.items, missingKeys.size], [[], 0]);
    const keyed = (await logRowsOf(url)).filter(({ keyId }) => keyId !== null);
    assert.deepEqual(
      keyed
        .map(({ uid }) => uid)
        .filter((uid) => uid !== '')
        .sort(),
      ['b-0', 'b-1', 'c'],
    );
    await assert.rejects(openForWriting(url), { reason: 'AuditKey' });
  });
});
