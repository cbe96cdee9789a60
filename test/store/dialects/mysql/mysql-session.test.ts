// Servers of MySQL and MariaDB whose defaults cut, refuse or change what a session reads or writes: ours is not affected,
// and says so by name where something keeps its settings from the server.
import assert from 'node:assert/strict';
import { connect } from '../../../../src/store/connect/connect.js';
import { unfitSession } from '../../../../src/store/dialects/mysql/mysql-session.js';
import { initialise } from '../../../../src/store/prepare/initialise.js';
import { describeEachOwnServer } from '../../../support/own-servers.js';
import { runDue } from '../../../support/run.js';
import { withBare } from '../../../support/sql.js';
import { adopt, aSymmetricKey, DAY, insertRows, JANUARY, rowsOf } from '../../../support/store.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 2000 } as const;
const LATER = JANUARY + 365 * DAY;

/** Defaults as bad as servers take them; `init_connect` is run for ordinary users alone. */
const HOSTILE = [
  'sql_select_limit = 1',
  'max_join_size = 1',
  'sql_safe_updates = ON',
  'sql_auto_is_null = ON',
  `completion_type = 'CHAIN'`,
  'unique_checks = OFF',
  'max_sort_length = 64',
  `sql_mode = 'ANSI,PAD_CHAR_TO_FULL_LENGTH'`,
  `init_connect = 'SET NAMES latin1; SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED'`,
];
const HOSTILE_ON = {
  mysql: ['max_execution_time = 1'],
  mariadb: ['check_constraint_checks = OFF', `system_versioning_asof = '2020-01-01'`],
};

describeEachOwnServer('a server with other defaults', (server, name) => {
  if (name === 'postgresql') return;
  const UIDS = ['schlüssel', 'a'.repeat(70), `${'a'.repeat(70)}b`, 'kek'];
  let store = '';

  before(async function () {
    this.timeout(60_000);
    store = await adopt(await server().create());
    await insertRows(
      store,
      UIDS.map((uid) => aSymmetricKey({ uid })),
    );
    await withBare(server().url, async (bare) => {
      await bare.query(`CREATE USER kms_plain@'%'`);
      await bare.query(`GRANT ALL ON *.* TO kms_plain@'%'`);
      if (name === 'mysql') {
        await bare.query(`REVOKE SUPER, CONNECTION_ADMIN ON *.* FROM kms_plain@'%'`);
      } else {
        await bare.query(`REVOKE SUPER, CONNECTION ADMIN ON *.* FROM kms_plain@'%'`);
      }
    });
  });

  const asPlainUser = (url: string) => {
    const plain = new URL(url);
    plain.username = 'kms_plain';
    plain.password = '';
    return plain.href;
  };

  const onHostileServer = async <T>(use: () => Promise<T>): Promise<T> => {
    const settings = [...HOSTILE, ...HOSTILE_ON[name]];
    return withBare(server().url, async (bare) => {
      for (const setting of settings) await bare.query(`SET GLOBAL ${setting}`);
      try {
        return await use();
      } finally {
        for (const setting of settings) {
          await bare.query(`SET GLOBAL ${setting.replace(/ =.*/, ' = DEFAULT')}`);
        }
      }
    });
  };

  it('is initialised, and its keys are rotated, every one', async () => {
    const other = await server().create();
    const report = await onHostileServer(async () => {
      await initialise(asPlainUser(other), OPTIONS);
      return runDue(asPlainUser(store), LATER);
    });
    assert.deepEqual(report.results.map(({ uid }) => uid).sort(), [...UIDS].sort());
    assert.ok(report.results.every(({ outcome }) => outcome === 'rotated'));
    assert.equal((await rowsOf(store)).length, 2 * UIDS.length);
    assert.equal((await runDue(other, LATER)).error, null);
  });

  it('is refused where a setting does not reach it', async () => {
    const connection = await connect(store, OPTIONS);
    try {
      assert.deepEqual(await unfitSession(connection.knex), []);
      await connection.knex.raw(`SET SESSION sql_select_limit = 3, sql_safe_updates = 1`);
      const [cut, refused] = await unfitSession(connection.knex);
      assert.match(cut?.what ?? '', /sql_select_limit = 3, not 18446744073709551615/);
      assert.match(refused?.what ?? '', /sql_safe_updates = (1|ON), not OFF/);
    } finally {
      await connection.knex.destroy();
    }
  });
});
