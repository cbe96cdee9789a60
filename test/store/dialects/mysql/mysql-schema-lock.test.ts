// One kms init at a time where the server has no GET_LOCK, as in a cluster. The refusal is made here: it takes several
// servers to have one.
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { connect } from '../../../../src/store/connect/connect.js';
import type { Dialect } from '../../../../src/store/dialects/dialect.js';
import { withSchemaLock } from '../../../../src/store/dialects/mysql/mysql-schema-lock.js';
import { findAdditions, removeAdditionsWith } from '../../../../src/store/prepare/additions.js';
import { initialiseWith } from '../../../../src/store/prepare/initialise.js';
import { describeEachDatabase } from '../../../support/databases.js';
import { sql } from '../../../support/sql.js';

const WAIT = { limitMs: 60_000, attemptMs: 1000, notify: () => undefined };
const OPTIONS = { mode: 'write', busyTimeoutMs: 1000, lockWait: WAIT } as const;
const REFUSALS = ['ER_UNKNOWN_ERROR', 'ER_NOT_SUPPORTED_YET'] as const;

/** The connection of a cluster: it has no locks of the session. */
function refusing(knex: Knex, code: string): Knex {
  const raw = (statement: string, values: readonly Knex.RawBinding[] = []) =>
    /(?:GET|RELEASE)_LOCK/.test(statement)
      ? Promise.reject(Object.assign(new Error('prohibited'), { code }))
      : knex.raw(statement, values);
  return new Proxy(knex, {
    get: (target, name): unknown => (name === 'raw' ? raw : Reflect.get(target, name)),
  });
}

describeEachDatabase('kms init where there is no GET_LOCK', (database) => {
  if (database.kind !== 'mysql') return;

  const withCluster = async <T>(
    url: string,
    code: string,
    use: (connection: Awaited<ReturnType<typeof connect>>) => Promise<T>,
  ) => {
    const connection = await connect(url, OPTIONS);
    const locked: Dialect['withSchemaLock'] = (knex, wait, work) =>
      connection.dialect.withSchemaLock(refusing(knex, code), wait, work);
    try {
      return await use({
        ...connection,
        dialect: { ...connection.dialect, withSchemaLock: locked },
      });
    } finally {
      await connection.knex.destroy();
    }
  };

  it('works twice at once, leaves no lock, and can be undone', async () => {
    const url = await database.create();
    const results = await Promise.all(
      REFUSALS.map((code) => withCluster(url, code, initialiseWith)),
    );
    assert.deepEqual(results.map(({ store }) => store).toSorted(), ['adopted', 'created']);
    const migrations = results.flatMap((result) => result.migrations);
    assert.notEqual(migrations.length, 0);
    assert.deepEqual(migrations, [...new Set(migrations)], 'each is run once');
    assert.deepEqual(await sql(url, `SHOW TABLES LIKE 'kms_rotation_init'`), []);
    await withCluster(url, REFUSALS[0], removeAdditionsWith);
    assert.deepEqual((await findAdditions(url, OPTIONS)).names, []);
  });

  it('names the table of one that was killed, and leaves it', async () => {
    const url = await database.create();
    await sql(url, 'CREATE TABLE kms_rotation_init (id INT PRIMARY KEY)');
    const { knex } = await connect(url, OPTIONS);
    const work = () => Promise.reject(new Error('it must not work'));
    try {
      await assert.rejects(
        withSchemaLock(refusing(knex, REFUSALS[0]), { ...WAIT, limitMs: 0 }, work),
        {
          reason: 'StoreBusy',
          message: /DROP TABLE kms_rotation_init/,
        },
      );
    } finally {
      await knex.destroy();
    }
    assert.equal((await sql(url, `SHOW TABLES LIKE 'kms_rotation_init'`)).length, 1);
  });

  it('says that its lock of the session was lost, where there are such locks', async () => {
    const { knex } = await connect(await database.create(), OPTIONS);
    try {
      const losing = withSchemaLock(knex, WAIT, () => knex.raw('DO RELEASE_ALL_LOCKS()'));
      await assert.rejects(losing, { reason: 'StoreUnfit', message: /was lost/ });
    } finally {
      await knex.destroy();
    }
  });

  it('does not take another failure for a refusal', async () => {
    const { knex } = await connect(await database.create(), OPTIONS);
    const code = 'ER_NO_SUCH_TABLE';
    try {
      const locked = withSchemaLock(refusing(knex, code), WAIT, () => Promise.resolve());
      await assert.rejects(locked, { code });
    } finally {
      await knex.destroy();
    }
  });
});
