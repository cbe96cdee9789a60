// Row level security that hides a part of a store from its user: no command takes that part for all there is, and none
// says that a key may be destroyed. test/store/prepare/fitness.test.ts has views and search paths.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { runOn } from '../../../support/binary.js';
import { describeEachDatabase } from '../../../support/databases.js';
import { errorOf } from '../../../support/documents.js';
import { sql } from '../../../support/sql.js';
import { aSymmetricKey, insertRows, newStorePath, rowsOf } from '../../../support/store.js';

describeEachDatabase('row level security', (database) => {
  if (database.kind !== 'postgresql') return;
  const role = `kms_test_${randomBytes(6).toString('hex')}`;
  let store = '';

  before(async () => {
    store = await newStorePath(database);
    await insertRows(store, [
      aSymmetricKey({ uid: 'kek' }),
      aSymmetricKey({ uid: 'd1' }, {}, { wrappingKeyId: 'kek' }),
    ]);
    await sql(store, `CREATE ROLE ${role}`);
    await sql(store, `GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
    await sql(store, `GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
    await sql(store, 'ALTER TABLE objects ENABLE ROW LEVEL SECURITY');
    await sql(store, `CREATE POLICY a_part ON objects USING (id NOT LIKE 'd%') WITH CHECK (true)`);
    await sql(store, `ALTER DATABASE ${new URL(store).pathname.slice(1)} SET role = ${role}`);
  });
  // Its privileges went with the database.
  after(async () => {
    await sql(new URL('/postgres', store).href, `DROP ROLE ${role}`);
  });

  for (const argv of [
    ['rotate', 'due'],
    ['rotate', 'key', 'kek'],
    ['due', 'list'],
    ['report'],
    ['key', 'tree', 'kek'],
    ['warnings', '--dry-run'],
  ]) {
    it(`makes "kms ${argv.join(' ')}" fail by name, and change nothing`, async () => {
      const before = await rowsOf(store);
      const { code, stdout } = await runOn(store, [...argv, '--json']);
      assert.equal(code, 3, stdout);
      const { reason, message } = errorOf(stdout);
      assert.equal(reason, 'StoreUnfit');
      assert.match(message, /row level security of the table public\.objects/);
      assert.deepEqual(await rowsOf(store), before);
    });
  }

  for (const argv of [['due', 'list'], ['report'], ['warnings'], ['key', 'tree', 'kek']]) {
    it(`makes "kms ${argv.join(' ')} --check" say that nothing is known`, async () => {
      const { code } = await runOn(store, [...argv, '--check']);
      assert.equal(code, 255);
    });
  }
});
