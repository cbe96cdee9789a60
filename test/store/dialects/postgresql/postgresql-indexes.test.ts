// How kms init makes its indexes on a PostgreSQL server that is busy or guarded by limits.
import assert from 'node:assert/strict';
import { connect } from '../../../../src/store/connect/connect.js';
import { initialise } from '../../../../src/store/prepare/initialise.js';
import { describeEachDatabase } from '../../../support/databases.js';
import { sql, withBare } from '../../../support/sql.js';
import { newStorePath } from '../../../support/store.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 300 } as const;

describeEachDatabase('our indexes', (database) => {
  if (database.kind !== 'postgresql') return;

  const dropped = async () => {
    const url = await newStorePath(database);
    await sql(url, 'DROP INDEX kms_rotation_due');
    return url;
  };
  const indexesOf = (url: string) =>
    sql<{ valid: boolean }>(
      url,
      `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('kms_rotation_due')`,
    );

  it('name who keeps them from being made, leave no half of one, and are made once nobody does', async () => {
    const url = await dropped();
    await withBare(url, async (other) => {
      await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      const [{ pid }] = (await other.query(
        'SELECT pg_backend_pid() AS pid, (SELECT count(*) FROM pg_class) AS snapshot',
      )) as [{ pid: number }];
      await assert.rejects(initialise(url, OPTIONS), {
        reason: 'StoreBusy',
        message: new RegExp(`kms_rotation_due waits for other transactions, of pid .*\\b${pid}\\b`),
      });
      assert.deepEqual(await indexesOf(url), []);
      await other.query('ROLLBACK');
    });
    await initialise(url, OPTIONS);
    assert.deepEqual(await indexesOf(url), [{ valid: true }]);
  });

  it('name who keeps half of one from being dropped as well', async () => {
    const url = await dropped();
    await withBare(url, async (other) => {
      await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await other.query('SELECT count(*) FROM objects');
      await assert.rejects(initialise(url, OPTIONS), {
        reason: 'StoreBusy',
        message: /of pid \d+; half of it is there, and slows writes until the next kms init/,
      });
      await other.query('ROLLBACK');
    });
    await initialise(url, OPTIONS);
    assert.deepEqual(await indexesOf(url), [{ valid: true }]);
  });

  it('may take longer than statements may, and leave no setting behind', async () => {
    const url = await newStorePath(database);
    await sql(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET statement_timeout = '2s'`);
    const { knex, dialect } = await connect(url, OPTIONS);
    const shown = async (setting: string) => {
      const { rows } = await knex.raw<{ rows: Record<string, string>[] }>(`SHOW ${setting}`);
      return rows[0]?.[setting];
    };
    const both = async () => [await shown('statement_timeout'), await shown('lock_timeout')];
    try {
      assert.deepEqual(await dialect.withSchemaLock(knex, both), ['0', '300ms']);
      assert.deepEqual(await both(), ['2s', '0']);
    } finally {
      await knex.destroy();
    }
  });
});
