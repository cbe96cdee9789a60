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
        message: new RegExp(
          `transactions of pid .*\\b${pid}\\b.*, to make the index kms_rotation_due$`,
        ),
      });
      assert.deepEqual(await indexesOf(url), []);
      await other.query('ROLLBACK');
    });
    await initialise(url, OPTIONS);
    assert.deepEqual(await indexesOf(url), [{ valid: true }]);
  });

  it('are begun when nobody is left whom they wait for, and name whoever came in between and what is left', async () => {
    const url = await dropped();
    const told: string[] = [];
    await withBare(url, (first) =>
      withBare(url, async (second) => {
        const hold = async (session: typeof first) => {
          await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
          await session.query('SELECT count(*) FROM objects');
        };
        await hold(first);
        const notify = (sentence: string) => {
          told.push(sentence);
          if (told.length === 1) void hold(second).then(() => first.query('ROLLBACK'));
        };
        const waiting = { ...OPTIONS, lockWait: { limitMs: 4000, notify } };
        await assert.rejects(initialise(url, waiting), {
          reason: 'StoreBusy',
          message:
            /pid \d+, to make .*; half of it is there, and slows writes until the next kms init/,
        });
        assert.equal(new Set(told).size, 2);
        assert.ok(!told[0]?.includes('half of it'));
        await second.query('ROLLBACK');
      }),
    );
    await initialise(url, OPTIONS);
    assert.deepEqual(await indexesOf(url), [{ valid: true }]);
  });

  it('may take longer than statements may, and leave no setting behind, whatever fails', async () => {
    const url = await newStorePath(database);
    await sql(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET statement_timeout = '2s'`);
    const { knex, dialect, lockWait } = await connect(url, OPTIONS);
    const shown = async (setting: string) => {
      const { rows } = await knex.raw<{ rows: Record<string, string>[] }>(`SHOW ${setting}`);
      return rows[0]?.[setting];
    };
    const both = async () => [await shown('statement_timeout'), await shown('lock_timeout')];
    try {
      assert.deepEqual(await dialect.withSchemaLock(knex, lockWait, both), ['0', '300ms']);
      assert.deepEqual(await both(), ['2s', '0']);
      const failing = dialect.withSchemaLock(knex, lockWait, () => Promise.reject(new Error('no')));
      await assert.rejects(failing, /no/);
      const unlock = () => knex.raw('SELECT pg_advisory_unlock_all()');
      const losing = dialect.withSchemaLock(knex, lockWait, unlock);
      await assert.rejects(losing, { reason: 'StoreUnfit', message: /was lost/ });
      assert.deepEqual(await both(), ['2s', '0']);
    } finally {
      await knex.destroy();
    }
  });
});
