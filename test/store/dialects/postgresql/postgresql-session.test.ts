// Settings of PostgreSQL that cut or change what a session reads or writes: made for each transaction that writes, or
// refused by name, to those who read as well.
import assert from 'node:assert/strict';
import { KmsError } from '../../../../src/errors.js';
import { connect } from '../../../../src/store/connect/connect.js';
import { describeEachDatabase } from '../../../support/databases.js';
import { sql } from '../../../support/sql.js';
import { newStorePath, withStore } from '../../../support/store.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 2000 } as const;

describeEachDatabase('the session', (database) => {
  if (database.kind !== 'postgresql') return;

  const withSetting = async (setting: string) => {
    const url = await newStorePath(database);
    await sql(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET ${setting}`);
    return url;
  };

  for (const [setting, modes] of [
    ['gin_fuzzy_search_limit = 5', ['read', 'write']],
    ['zero_damaged_pages = on', ['read', 'write']],
    ['ignore_checksum_failure = on', ['read', 'write']],
    ['session_replication_role = replica', ['write']],
  ] as const) {
    it(`is refused with ${setting}: ${modes.join(' and ')}`, async () => {
      const url = await withSetting(setting);
      for (const mode of ['read', 'write'] as const) {
        const opening = withStore(url, () => Promise.resolve(), mode);
        if (!modes.some((refused) => refused === mode)) await opening;
        else {
          await assert.rejects(opening, (error) => {
            assert.ok(error instanceof KmsError, String(error));
            assert.equal(error.reason, 'StoreUnfit');
            assert.ok(error.message.includes(setting), error.message);
            return true;
          });
        }
      }
    });
  }

  it('waits in each commit until it is on disk, and lets no policy filter what is written', async () => {
    const url = await withSetting('synchronous_commit = off');
    const { knex, dialect } = await connect(url, OPTIONS);
    try {
      const inside = await knex.transaction(async (transaction) => {
        await dialect.lockForWriting(transaction);
        const { rows } = await transaction.raw<{ rows: object[] }>(
          `SELECT current_setting('synchronous_commit') AS commit, current_setting('row_security') AS security`,
        );
        return rows;
      });
      assert.deepEqual(inside, [{ commit: 'local', security: 'off' }]);
      const { rows } = await knex.raw<{ rows: object[] }>('SHOW row_security');
      assert.deepEqual(rows, [{ row_security: 'on' }]);
    } finally {
      await knex.destroy();
    }
  });
});
