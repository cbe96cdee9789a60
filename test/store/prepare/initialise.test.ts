// Creating a store and adopting one: repeatedly, in several processes at once, and where something else is.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodeOf, KmsError } from '../../../src/errors.js';
import { initialise } from '../../../src/store/prepare/initialise.js';
import { removeAdditions } from '../../../src/store/prepare/additions.js';
import { describeEachDatabase } from '../../support/databases.js';
import { schemaOf } from '../../support/database-schema.js';
import { sql, withBare } from '../../support/sql.js';
import { collect } from '../../../src/survey/survey.js';
import { adopt, insertRows, newStorePath, rowsOf, withStore } from '../../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';
import { temporaryFolder } from '../../support/temporary.js';
import { valuesOf } from '../../support/values-of.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 5000 } as const;

describe('initialise of a file', () => {
  it('creates the folders and the file, readable by their owner only', async () => {
    const path = join(temporaryFolder(), 'deep', 'kms.db');
    await initialise(path, OPTIONS);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
  });
});

describeEachDatabase('initialise', (database) => {
  it('creates a store with the server’s tables and indexes, ours, and the backfill mark', async () => {
    const url = await database.create();
    const done = await initialise(url, OPTIONS);
    assert.equal(done.store, 'created');
    assert.deepEqual(done.migrations, [
      ...['001-rotation-log', '002-notifications', '003-store-id', '004-conditions'],
      '005-options',
      '006-server-requests',
      '007-retiring',
      '008-log-chain',
    ]);
    const names = (await schemaOf(url)).map(({ name }) => name);
    for (const name of [
      ...['objects', 'tags', 'read_access', 'parameters', 'idx_objects_state'],
      ...['kms_rotation_log', 'kms_rotation_due', 'kms_rotation_keyset'],
      ...['kms_rotation_certificates', 'kms_rotation_mislabelled', 'kms_rotation_foreign_links'],
      'kms_rotation_stopped',
      ...['kms_rotation_outbox', 'kms_rotation_warnings', 'kms_rotation_store'],
      ...[
        'kms_rotation_conditions',
        'kms_rotation_runs',
        'kms_rotation_options',
        'kms_rotation_requests',
        'kms_rotation_retiring',
        'kms_rotation_chains',
      ],
    ]) {
      assert.ok(names.includes(name), name);
    }
    assert.deepEqual(await sql(url, 'SELECT * FROM parameters'), [
      { name: 'wrapping_key_id_backfilled', value: 'true' },
    ]);
  });

  it('adopts a store and changes none of the server’s rows and tables; a second time changes nothing', async () => {
    const url = await newStorePath(database);
    await removeAdditions(url, OPTIONS);
    await insertRows(url, [aSymmetricKey()]);
    const server = await schemaOf(url);
    const rows = await rowsOf(url);
    assert.equal((await initialise(url, OPTIONS)).store, 'adopted');
    const adopted = await schemaOf(url);
    const again = await initialise(url, OPTIONS);
    assert.deepEqual([again.migrations, again.indexes], [[], []]);
    assert.deepEqual(await schemaOf(url), adopted);
    assert.deepEqual(await rowsOf(url), rows);
    assert.deepEqual(
      adopted.filter(
        ({ name, definition }) => !`${name} ${definition ?? ''}`.includes('kms_rotation'),
      ),
      server,
    );
  });

  it('may run in several processes at once', async function () {
    this.timeout(90_000);
    // Several stores, since a race on SQLite seldom shows at the first try.
    const urls = await Promise.all([1, 2, 3, 4].map(() => database.create()));
    if (database.kind === 'postgresql') {
      // The strictest default that a database may have.
      for (const url of urls) {
        const name = new URL(url).pathname.slice(1);
        await sql(url, `ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
      }
    }
    const script = `import { initialise } from ${JSON.stringify(new URL('../../../src/store/prepare/initialise.ts', import.meta.url).href)};
      process.stdout.write('ready');
      process.stdin.once('data', async () => {
        for (const url of ${JSON.stringify(urls)}) {
          const lockWait = { limitMs: 60000, notify: () => undefined };
          await initialise(url, { mode: 'write', busyTimeoutMs: 10000, lockWait });
        }
        process.exit(0);
      });`;
    const argv = ['--import', 'tsx', '--input-type=module', '-e', script];
    const children = [1, 2].map(() =>
      spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const ends = children.map((child) => once(child, 'exit'));
    await Promise.all(children.map(({ stdout }) => once(stdout, 'data')));
    for (const { stdin } of children) stdin.write('go');
    assert.deepEqual(
      (await Promise.all(ends)).map(([code]) => code as number),
      [0, 0],
    );
    for (const url of urls) {
      await adopt(url);
      const names = valuesOf(await sql(url, 'SELECT name FROM kms_rotation_migrations'), 'name');
      assert.deepEqual([...new Set(names)], names);
    }
  });

  it('finishes what a killed init left: the lock of the migrations, and some of our indexes', async () => {
    const url = await newStorePath(database);
    const schema = await schemaOf(url);
    await sql(url, 'UPDATE kms_rotation_migrations_lock SET is_locked = 1');
    const onTable = database.kind === 'mysql' ? ' ON objects' : '';
    await sql(url, `DROP INDEX kms_rotation_keyset${onTable}`);
    await initialise(url, OPTIONS);
    assert.deepEqual(await schemaOf(url), schema);
  });

  it('refuses a store that a later version has prepared, and changes nothing', async () => {
    const url = await newStorePath(database);
    await sql(url, `INSERT INTO kms_rotation_migrations (name, batch) VALUES ('003-later', 2)`);
    const schema = await schemaOf(url);
    await assert.rejects(initialise(url, OPTIONS), (error) => {
      assert.ok(error instanceof KmsError, String(error));
      assert.deepEqual([error.reason, exitCodeOf(error)], ['StoreUnfit', 3]);
      assert.match(error.message, /a later version of kms has prepared it \(003-later\)/);
      return true;
    });
    assert.deepEqual(await schemaOf(url), schema);
  });

  if (database.kind === 'mysql') {
    it('replaces an index over a column of an earlier version, which is not used until then', async () => {
      const url = await newStorePath(database);
      const schema = await schemaOf(url);
      await sql(url, 'ALTER TABLE objects DROP INDEX kms_rotation_due');
      await sql(url, 'ALTER TABLE objects DROP COLUMN kms_rotation_deadline');
      await sql(
        url,
        `ALTER TABLE objects ADD COLUMN kms_rotation_deadline BIGINT
          GENERATED ALWAYS AS (253402300799) VIRTUAL INVISIBLE`,
      );
      await sql(
        url,
        'ALTER TABLE objects ADD INDEX kms_rotation_due (state, kms_rotation_deadline, id)',
      );
      await insertRows(url, [aSymmetricKey()]);
      const look = () =>
        withStore(url, async (store) => {
          const pages = await collect(store.findDue(JANUARY + 31 * DAY, { tags: [] }));
          return [pages.flat().length, store.missingIndexes];
        });
      assert.deepEqual(await look(), [1, ['kms_rotation_due']]);
      assert.deepEqual((await initialise(url, OPTIONS)).indexes, ['kms_rotation_due']);
      assert.deepEqual(await schemaOf(url), schema);
      assert.deepEqual(await look(), [1, []]);
    });
  }

  if (database.kind === 'sqlite') {
    it('replaces an index of an earlier version, which is not used until then', async () => {
      const url = await newStorePath(database);
      const schema = await schemaOf(url);
      await sql(url, 'DROP INDEX kms_rotation_due');
      await sql(url, "CREATE INDEX kms_rotation_due ON objects (id) WHERE state = 'Active'");
      const look = () =>
        withStore(url, async (store) => {
          await collect(store.findDue(JANUARY, { owner: undefined, tags: [] }));
          return store.missingIndexes;
        });
      assert.deepEqual(await look(), ['kms_rotation_due']);
      assert.deepEqual((await initialise(url, OPTIONS)).indexes, ['kms_rotation_due']);
      assert.deepEqual(await schemaOf(url), schema);
      assert.deepEqual(await look(), []);
    });
  }

  if (database.kind === 'postgresql') {
    it('replaces an index that an earlier version’s function filled, in which due keys would be missed', async () => {
      const url = await newStorePath(database);
      const schema = await schemaOf(url);
      await sql(url, 'DROP INDEX kms_rotation_due');
      await sql(
        url,
        `CREATE OR REPLACE FUNCTION kms_rotation_deadline(attributes jsonb) RETURNS bigint
          LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 253402300799; END'`,
      );
      await sql(
        url,
        `CREATE INDEX kms_rotation_due ON objects (kms_rotation_deadline(attributes), id)
          WHERE state = 'Active'`,
      );
      await insertRows(url, [aSymmetricKey()]);
      await withStore(url, async (store) => {
        assert.ok(store.missingIndexes.includes('kms_rotation_due'));
        const pages = await collect(store.findDue(JANUARY + 31 * DAY, { tags: [] }));
        assert.equal(pages.flat().length, 1);
      });
      await initialise(url, OPTIONS);
      assert.deepEqual(await schemaOf(url), schema);
      await withBare(url, async (bare) => {
        await bare.query('SET enable_seqscan = off');
        const found = await bare.query(
          `SELECT id FROM objects WHERE state = 'Active' AND kms_rotation_deadline(attributes) <= ?`,
          [JANUARY + 31 * DAY],
        );
        assert.deepEqual(found, [{ id: 'key-1' }]);
      });
    });

    for (const [what, then] of [
      ['replaces', initialise],
      ['removes', removeAdditions],
    ] as const) {
      it(`${what} an invalid index of an init that was cut off`, async () => {
        const url = await newStorePath(database);
        const schema = await schemaOf(url);
        await removeAdditions(url, OPTIONS);
        const bare = await schemaOf(url);
        await initialise(url, OPTIONS);
        await sql(url, 'DROP INDEX kms_rotation_due');
        await insertRows(url, [aSymmetricKey()]);
        await withBare(url, async (other) => {
          await other.query('BEGIN');
          await other.query(`UPDATE objects SET state = 'Active'`);
          await withBare(url, async (killed) => {
            await killed.query(`SET lock_timeout = '200ms'`);
            await assert.rejects(
              killed.query(`CREATE INDEX CONCURRENTLY kms_rotation_due ON objects (id)`),
            );
          });
        });
        const validity = `SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid
          WHERE relname LIKE 'kms_rotation_due'`;
        assert.deepEqual(await sql(url, validity), [
          { relname: 'kms_rotation_due', indisvalid: false },
        ]);
        // It counts as missing, and the key is found without it.
        await withStore(url, async (store) => {
          assert.ok(store.missingIndexes.includes('kms_rotation_due'));
          const pages = await collect(store.findDue(JANUARY + 31 * DAY, { tags: [] }));
          assert.equal(pages.flat().length, 1);
        });
        await then(url, OPTIONS);
        const isMade = then === initialise;
        assert.deepEqual(await schemaOf(url), isMade ? schema : bare);
        assert.deepEqual(
          await sql(url, validity),
          isMade ? [{ relname: 'kms_rotation_due', indisvalid: true }] : [],
        );
      });
    }
  }

  const HELD = {
    sqlite: { another: ['BEGIN IMMEDIATE', 'ROLLBACK'], tables: ['BEGIN IMMEDIATE', 'ROLLBACK'] },
    postgresql: {
      another: [`SELECT pg_advisory_lock(7505026112)`, `SELECT pg_advisory_unlock_all()`],
      tables: ['BEGIN; LOCK objects', 'ROLLBACK'],
    },
    mysql: {
      another: [`SELECT GET_LOCK(CONCAT('kms_init.', DATABASE()), 0)`, `DO RELEASE_ALL_LOCKS()`],
      tables: ['LOCK TABLES objects WRITE', 'UNLOCK TABLES'],
    },
  } as const;
  for (const [what, says] of [
    ['another', /^waiting for another (kms init \((pid|connection) \d+\)|process)/],
    [
      'tables',
      /^waiting for (the transactions of (pid|connection) \d+|a connection|another process)/,
    ],
  ] as const) {
    it(`waits for whoever has ${what === 'another' ? 'its lock' : 'the tables'}, tells whom, and goes on then`, async () => {
      const url = await newStorePath(database);
      await sql(
        url,
        `DROP INDEX kms_rotation_keyset${database.kind === 'mysql' ? ' ON objects' : ''}`,
      );
      const told: string[] = [];
      await withBare(url, async (other) => {
        const [hold, release] = HELD[database.kind][what];
        await other.query(hold);
        const options = (limitMs: number) => {
          const notify = (sentence: string) => {
            told.push(sentence);
            void other.query(release);
          };
          return { mode: 'write', busyTimeoutMs: 50, lockWait: { limitMs, notify } } as const;
        };
        await assert.rejects(initialise(url, options(100)), { reason: 'StoreBusy' });
        assert.deepEqual(told, []);
        const { indexes } = await initialise(url, options(60_000));
        assert.deepEqual(indexes, ['kms_rotation_keyset']);
        assert.equal(told.length, 1);
        assert.match(told.join(), says);
      });
    });
  }

  it('refuses a database that holds something else, and writes nothing to it', async () => {
    const url = await database.create();
    await sql(url, 'CREATE TABLE invoices (id INTEGER)');
    const before = await schemaOf(url);
    await assert.rejects(initialise(url, OPTIONS), { name: 'KmsError', reason: 'NotAStore' });
    assert.deepEqual(await schemaOf(url), before);
  });
});
