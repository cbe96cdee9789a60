// The end of a chain, where nobody knows whether it was committed.
import assert from 'node:assert/strict';
import { connect } from '../../../../src/store/connect/connect.js';
import { closeChain } from '../../../../src/store/own/chain/close-chains.js';
import { insertOwnRows } from '../../../../src/store/own/chain/seal-rows.js';
import { writeOwnTables } from '../../../../src/store/own/write-own-tables.js';
import { logged } from '../../../support/log-entries.js';
import { newStorePath } from '../../../support/sqlite.js';
import { JANUARY } from '../../../support/symmetric-keys.js';
import { checkStoreLog } from '../../../support/written-chains.js';

describe('closeChain', () => {
  it('ends a chain once, and returns its head as often as it is asked', async () => {
    const url = await newStorePath();
    const connection = await connect(url, { mode: 'write', busyTimeoutMs: 2000 });
    try {
      const row = logged(JANUARY, { uid: 'a', outcome: 'mended' });
      await writeOwnTables(connection, (transaction) =>
        insertOwnRows(connection, transaction, [row]),
      );
      const [lease] = connection.chains.takeIdle();
      assert.ok(lease);
      const close = () =>
        writeOwnTables(connection, (transaction) => closeChain(connection, transaction, lease));
      const head = await close();
      assert.equal(head?.seq, 2);
      assert.deepEqual(await close(), head);
    } finally {
      await connection.knex.destroy();
    }
    const { rows, findings } = await checkStoreLog(url);
    assert.deepEqual([rows, findings.items], [3, []]);
  });
});
