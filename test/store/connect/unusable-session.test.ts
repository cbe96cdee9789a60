// Sessions that a server has made useless are given up: the run goes on in another, at another host if it must.
import assert from 'node:assert/strict';
import type { RawConnection } from '../../../src/store/connect/raw-connection.js';
import { givenUpAfter } from '../../../src/store/connect/unusable-session.js';
import { summaryOf } from '../../../src/report/run-report.js';
import { describeEachDatabase } from '../../support/databases.js';
import { needThoroughRun } from '../../support/effort.js';
import { throughRefusingNode } from '../../support/refused-commit.js';
import { runDue } from '../../support/run.js';
import { rowsOf, storeWith } from '../../support/store.js';
import { DAY, JANUARY, symmetricKeys } from '../../support/symmetric-keys.js';
import { checkStoreLog } from '../../support/written-chains.js';

const KEYS = 3;
const NOW = JANUARY + 40 * DAY;

const failing = (code: string) => Object.assign(new Error('no'), { code });
const session = (): RawConnection => ({ query: () => 0, end: () => 0, on: () => 0 });
const codeOf = (error: unknown) => (error as { code?: string }).code;

describe('givenUpAfter', () => {
  for (const code of ['25006', 'ER_OPTION_PREVENTS_STATEMENT', 'ER_READ_ONLY_MODE']) {
    it(`gives up a session that was to take writes after ${code}, as one of another kind`, () => {
      const raw = session();
      const error = givenUpAfter(failing(code), raw, 'read-write');
      assert.deepEqual([codeOf(error), raw.__knex__disposed], ['SESSION_UNSUITABLE', code]);
    });
  }

  it('keeps a session of any kind that takes no writes, and says so', () => {
    const raw = session();
    const error = givenUpAfter(failing('25006'), raw, 'any');
    assert.deepEqual([codeOf(error), raw.__knex__disposed], ['25006', undefined]);
  });

  it('gives up a session of a node that is not ready, so that no transaction stays open in it', () => {
    const raw = session();
    const error = givenUpAfter(failing('ER_UNKNOWN_COM_ERROR'), raw, 'any');
    const expected = ['ER_UNKNOWN_COM_ERROR', 'ER_UNKNOWN_COM_ERROR'];
    assert.deepEqual([codeOf(error), raw.__knex__disposed], expected);
  });

  it('keeps a session after any other error, and after none', () => {
    const raw = session();
    assert.equal(givenUpAfter(null, raw, 'read-write'), null);
    assert.equal(codeOf(givenUpAfter(failing('40001'), raw, 'read-write')), '40001');
    assert.equal(raw.__knex__disposed, undefined);
  });
});

describeEachDatabase('a node of a cluster that refuses a COMMIT', (database) => {
  if (database.kind !== 'mysql') return;

  async function assertRotatedOnce(url: string, through: string): Promise<void> {
    const report = await runDue(through, NOW);
    assert.deepEqual([report.error, summaryOf(report).rotated], [null, KEYS]);
    assert.equal((await rowsOf(url)).length, 2 * KEYS);
    assert.deepEqual((await checkStoreLog(url)).findings.items, []);
  }

  for (const [errno, sqlState, message] of [
    [1213, '40001', 'Deadlock found when trying to get lock; try restarting transaction'],
    [3101, '40000', 'Plugin instructed the server to rollback the current transaction.'],
  ] as const) {
    // MariaDB has other errors from 1900 on.
    if (errno > 1900 && database.name === 'mariadb') continue;
    it(`writes the batch again after ${errno}, which says that it was rolled back`, async () => {
      const url = await storeWith(database, symmetricKeys(KEYS));
      const refusal = { errno, sqlState, message, forGood: false };
      await throughRefusingNode(url, refusal, async (through, refused) => {
        await assertRotatedOnce(url, through);
        assert.equal(refused(), 1);
      });
    });
  }

  const message = 'WSREP has not yet prepared node for application use';
  const notReady = { errno: 1047, sqlState: '08S01', message, forGood: true };

  it('writes the batch at the next node if the first is not ready any more', async () => {
    const url = await storeWith(database, symmetricKeys(KEYS));
    await throughRefusingNode(url, notReady, async (through, refused) => {
      const { host } = new URL(url);
      await assertRotatedOnce(url, through.replace(new URL(through).host, `$&,${host}`));
      assert.ok(refused() > 0);
    });
  });

  // Each of its statements is tried again for seconds.
  it('ends as one that cannot be reached if there is no other node', async function () {
    needThoroughRun(this);
    const url = await storeWith(database, symmetricKeys(KEYS));
    await throughRefusingNode(url, notReady, async (through) => {
      const { error, results } = await runDue(through, NOW);
      assert.equal(error?.reason, 'StoreUnreachable');
      // Nor is it unknown whether the COMMIT that was refused has succeeded.
      assert.match(error.message, /node of the cluster is not ready.*\(ER_UNKNOWN_COM_ERROR\)$/);
      assert.deepEqual(results, []);
      assert.equal((await rowsOf(url)).length, KEYS);
    });
  });
});
