// What an upgrade makes of a store whose log has no chains.
import assert from 'node:assert/strict';
import { initialise } from '../../../../src/store/prepare/initialise.js';
import { describeEachDatabase } from '../../../support/databases.js';
import { withoutChains } from '../../../support/earlier-store.js';
import { logged } from '../../../support/log-entries.js';
import { schemaOf } from '../../../support/database-schema.js';
import { valuesOf } from '../../../support/values-of.js';
import { sql } from '../../../support/sql.js';
import { JANUARY, newStorePath, openForWriting, withStore } from '../../../support/store.js';

describeEachDatabase('a store of before the chains', (database) => {
  it('needs kms init, and keeps its log', async () => {
    const url = await newStorePath(database);
    await withStore(url, (store) =>
      store.writeOwnRows([logged(JANUARY, { uid: 'before', outcome: 'mended' })]),
    );
    const names = async () => valuesOf(await schemaOf(url), 'name');
    const before = await names();
    await withoutChains(url);
    await assert.rejects(openForWriting(url), { reason: 'StoreNotInitialised' });
    const { migrations } = await initialise(url, { mode: 'write', busyTimeoutMs: 2000 });
    assert.deepEqual(migrations, ['008-log-chain']);
    assert.deepEqual(await names(), before);
    const log = await sql<{ uid: string }>(url, `SELECT uid FROM kms_rotation_log WHERE uid <> ''`);
    assert.ok(log.some(({ uid }) => uid === 'before'));
  });
});
