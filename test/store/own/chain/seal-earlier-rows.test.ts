// Sealing the rows of the log from before it had chains, as an upgrade by kms init does.
import assert from 'node:assert/strict';
import { sealEarlierRows } from '../../../../src/store/own/chain/seal-earlier-rows.js';
import { newChainPool } from '../../../../src/store/own/chain/chain-pool.js';
import { logRow } from '../../../../src/store/own/rotation-log.js';
import { withConnection } from '../../../../src/store/connect/connect.js';
import { initialise } from '../../../../src/store/prepare/initialise.js';
import { describeEachDatabase, type TestDatabase } from '../../../support/databases.js';
import { withoutChains } from '../../../support/earlier-store.js';
import { logged } from '../../../support/log-entries.js';
import { sql } from '../../../support/sql.js';
import { JANUARY, newStorePath, withStore } from '../../../support/store.js';
import { checkStoreLog, logRowsOf } from '../../../support/written-chains.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 5000 } as const;
const BY = { runId: 'init-1', host: 'host', osUser: 'root', version: '1.0.0' };
const WRITER = { ...BY, at: '2026-01-02T00:00:00Z' };
/** More than one transaction seals. */
const ROWS = 260;

describeEachDatabase('sealing earlier rows', (database) => {
  it('puts them into a chain of their own in their order, and init says so once', async () => {
    const url = await earlierStore(database);
    const { sealedRows } = await initialise(url, OPTIONS, WRITER);
    assert.equal(sealedRows, ROWS);
    const rows = (await logRowsOf(url)).filter(({ uid }) => uid !== '');
    assert.equal(new Set(rows.map(({ chain }) => chain)).size, 1);
    assert.deepEqual(
      rows.map(({ seq, uid }) => [seq, uid]),
      Array.from({ length: ROWS }, (_, index) => [index + 1, `key-${index}`]),
    );
    const own = (await logRowsOf(url)).filter(({ uid }) => uid === '');
    assert.deepEqual(
      own.map(({ outcome, details }) => [outcome, outcome === 'chain-sealed' ? details : null]),
      [
        ['chain-opened', null],
        ['chain-sealed', '{"rows":260}'],
        ['chain-closed', null],
        ['chain-opened', null],
        ['initialised', null],
        ['chain-closed', null],
      ],
    );
    await assertWhole(url);
    assert.equal((await initialise(url, OPTIONS, WRITER)).sealedRows, 0);
    assert.equal((await logRowsOf(url)).length, ROWS + own.length);
  });

  it('goes on after a kill at any step, beside runs, to the same chain', async function () {
    this.timeout(60_000);
    const url = await earlierStore(database);
    await initialise(url, OPTIONS);
    assert.equal((await checkStoreLog(url)).notYetSealed, ROWS);
    let sealed = 0;
    for (let step = 1; sealed === 0; step += 1) {
      assert.ok(step < 40);
      sealed = await sealUntil(url, step);
      await withStore(url, (store) =>
        store.writeOwnRows([logged(JANUARY, { uid: `run-${step}`, outcome: 'mended' })]),
      );
      const { findings } = await checkStoreLog(url);
      assert.deepEqual(findings.items, []);
    }
    const chains = new Set(
      (await logRowsOf(url)).filter(({ uid }) => uid.startsWith('key-')).map(({ chain }) => chain),
    );
    assert.equal(chains.size, 1);
    await assertWhole(url);
  });

  it('is done once: a row that an older kms adds later is an alteration, and stays one', async () => {
    const url = await newStorePath(database);
    await initialise(url, OPTIONS, WRITER);
    await addUnsealed(url);
    assert.equal((await initialise(url, OPTIONS, WRITER)).sealedRows, 0);
    const { findings, notYetSealed } = await checkStoreLog(url);
    assert.deepEqual(
      [findings.items.map(({ kind, row }) => [kind, row?.uid]), notYetSealed],
      [[['unsealed', 'late']], 0],
    );
  });
});

async function earlierStore(database: TestDatabase): Promise<string> {
  const url = await newStorePath(database);
  const entries = Array.from({ length: ROWS }, (_, index) =>
    logged(JANUARY + index, { uid: `key-${index}`, outcome: 'mended', message: 'é ✓ "x"' }),
  );
  await withStore(url, (store) => store.writeOwnRows(entries));
  await withoutChains(url);
  return url;
}

/** Returns how many rows were sealed; 0 if that failed at this step. */
function sealUntil(url: string, failing: number): Promise<number> {
  return withConnection(url, OPTIONS, async (connection) => {
    let steps = 0;
    const step = () => {
      steps += 1;
      if (steps === failing) throw new Error('killed');
    };
    const { dialect } = connection;
    const dyingDialect: typeof dialect = {
      ...dialect,
      lockForWriting: (...transaction) => {
        step();
        return dialect.lockForWriting(...transaction);
      },
      execute: (...statement) => {
        step();
        return dialect.execute(...statement);
      },
    };
    const dying = {
      ...connection,
      dialect: dyingDialect,
      chains: newChainPool(null),
    };
    const nothing = { replacementUid: null, flow: null, reason: null, message: null };
    const writer = {
      ...WRITER,
      ...nothing,
      uid: '',
      durationMs: 0,
      outcome: 'initialised',
    } as const;
    try {
      await sealEarlierRows(dying, logRow(writer).row);
      return ROWS;
    } catch (error) {
      if (error instanceof Error && error.message.includes('killed')) return 0;
      throw error;
    }
  });
}

async function addUnsealed(url: string): Promise<void> {
  await sql(
    url,
    `INSERT INTO kms_rotation_log (run_id, at, duration_ms, host, os_user, version, uid, outcome)
      VALUES ('run-9', '2026-01-03T00:00:00Z', 1, 'host', 'root', '0.1.0', 'late', 'mended')`,
  );
}

async function assertWhole(url: string): Promise<void> {
  const { findings, notYetSealed } = await checkStoreLog(url);
  assert.deepEqual([findings.items, notYetSealed], [[], 0]);
}
