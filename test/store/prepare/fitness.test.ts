// Stores that would lose something of what is written: runs and init refuse each with its own message before they write
// anything; reading still works. And clocks that do not agree (design §9).
import assert from 'node:assert/strict';
import { hostNow } from '../../../src/cli/clock.js';
import { exitCodeOf, KmsError } from '../../../src/errors.js';
import { connect } from '../../../src/store/connect/connect.js';
import { initialise } from '../../../src/store/prepare/initialise.js';
import { createServerTables } from '../../../src/store/prepare/create-server-tables.js';
import { schemaOf } from '../../support/database-schema.js';
import { describeEachDatabase } from '../../support/databases.js';
import { dropOurIndexes } from '../../support/meddle.js';
import { runDue, runOne } from '../../support/run.js';
import { sql } from '../../support/sql.js';
import { insertRows, newStorePath, rowsOf, storeWith, withStore } from '../../support/store.js';
import { aSymmetricKey, DAY, JANUARY } from '../../support/symmetric-keys.js';

const OPTIONS = { mode: 'write', busyTimeoutMs: 2000 } as const;
const LATER = JANUARY + 365 * DAY;

/** What makes a store unfit, and what the message must say. */
type Unfit = readonly (readonly [what: string, statement: string, says: RegExp])[];

/** What each table needs dropped before it can be of MyISAM, which does not allow keys that long. */
const TO_MYISAM = {
  objects: 'DROP INDEX idx_objects_owner,',
  tags: 'DROP PRIMARY KEY,',
  read_access: 'DROP PRIMARY KEY, DROP INDEX idx_read_access_userid,',
  kms_rotation_log: '',
  kms_rotation_outbox: 'DROP INDEX kms_rotation_outbox_once, DROP INDEX kms_rotation_outbox_next,',
  kms_rotation_warnings: '',
};

const UID_COLUMNS = ['objects.id', 'objects.wrapping_key_id', 'tags.id', 'read_access.id'];

const OTHER_CHARACTER_SETS = {
  'objects.id': 'VARCHAR(128) CHARACTER SET latin1 NOT NULL',
  'objects.object': 'LONGTEXT CHARACTER SET utf8mb3 NOT NULL',
  'objects.owner': 'VARCHAR(255) CHARACTER SET ascii',
  'objects.wrapping_key_id': 'VARCHAR(128) CHARACTER SET latin1',
  'tags.tag': 'VARCHAR(255) CHARACTER SET latin1',
  'read_access.userid': 'VARCHAR(255) CHARACTER SET latin1',
  'kms_rotation_log.uid': 'VARCHAR(128) CHARACTER SET latin1 NOT NULL',
};

const narrow = (change: (column: string) => string): Unfit =>
  UID_COLUMNS.map((name) => {
    const [table = '', column = ''] = name.split('.');
    const says = `column ${column} of ${table} holds 127 characters.*VARCHAR\\(128\\)`;
    const statement = `ALTER TABLE ${table} ${change(column)}`;
    return [`whose ${name} is too narrow for a uid`, statement, new RegExp(says)];
  });

const POSTGRESQL = narrow((column) => `ALTER COLUMN ${column} TYPE varchar(127)`);

const MYSQL: Unfit = [
  ...Object.entries(TO_MYISAM).map(([table, drop]): Unfit[number] => [
    `whose table ${table} has no transactions`,
    `ALTER TABLE ${table} ${drop} ENGINE = MyISAM`,
    new RegExp(`table ${table} is of MyISAM.*ENGINE = InnoDB`),
  ]),
  ...narrow((column) => {
    const type = `VARCHAR(127) CHARACTER SET utf8mb4 ${column === 'id' ? 'NOT NULL' : ''}`;
    return `MODIFY ${column} ${type}`;
  }),
  ...Object.entries(OTHER_CHARACTER_SETS).map(([name, type]): Unfit[number] => {
    const [table = '', column = ''] = name.split('.');
    const says = `column ${column} of ${table} has the character set .*CHARACTER SET utf8mb4`;
    const statement = `ALTER TABLE ${table} MODIFY ${column} ${type}`;
    return [`whose ${name} would lose letters`, statement, new RegExp(says)];
  }),
];

const PATH = 'ALTER DATABASE THIS_DATABASE SET search_path = public, other';

type Hiding = readonly [what: string, statements: readonly string[], says: RegExp];

const isUnfit = (says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof KmsError, String(error));
  assert.deepEqual([error.reason, exitCodeOf(error)], ['StoreUnfit', 3]);
  assert.match(`${error.message}; ${error.hint ?? ''}`, says);
  return true;
};

describeEachDatabase('a store in which something would be lost', (database) => {
  const unfit = { sqlite: [], postgresql: POSTGRESQL, mysql: MYSQL }[database.kind];

  for (const [what, statement, says] of unfit) {
    it(`is refused ${what}: nothing is written, reading still works`, async () => {
      const url = await storeWith(database, [aSymmetricKey()]);
      // Another engine allows no index on a generated column.
      if (database.kind === 'mysql') await dropOurIndexes(url);
      await sql(url, statement);
      const rows = await rowsOf(url);
      const schema = await schemaOf(url);
      await assert.rejects(runDue(url, LATER), isUnfit(says));
      await assert.rejects(runOne(url, 'key-1', LATER), isUnfit(says));
      await assert.rejects(initialise(url, OPTIONS), isUnfit(says));
      assert.deepEqual(await rowsOf(url), rows);
      assert.deepEqual(await schemaOf(url), schema);
      const foreseen = await runDue(url, LATER, { dryRun: true });
      assert.equal(foreseen.results[0]?.outcome, 'would-rotate');
    });
  }

  it('is not one whose columns have no limit, or a larger one', async () => {
    const url = await storeWith(database, [aSymmetricKey()]);
    const wider = {
      sqlite: [],
      postgresql: [
        'ALTER TABLE objects ALTER COLUMN id TYPE text',
        'ALTER TABLE tags ALTER COLUMN id TYPE varchar',
        'ALTER TABLE read_access ALTER COLUMN id TYPE varchar(300)',
      ],
      mysql: ['ALTER TABLE tags MODIFY id VARCHAR(300)'],
    }[database.kind];
    for (const statement of wider) await sql(url, statement);
    assert.equal((await runDue(url, LATER)).results[0]?.outcome, 'rotated');
  });

  if (database.kind !== 'sqlite') {
    it('is not created where the database would give it another character set', async () => {
      const url = await database.create();
      const name = new URL(url).pathname.slice(1);
      if (database.kind === 'mysql') {
        await sql(url, `ALTER DATABASE ${name} CHARACTER SET latin1`);
      } else {
        const server = new URL('/postgres', url).href;
        await sql(server, `DROP DATABASE ${name}`);
        await sql(
          server,
          `CREATE DATABASE ${name} ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
        );
      }
      await assert.rejects(initialise(url, OPTIONS), isUnfit(/latin1, in which letters/i));
      assert.deepEqual(await schemaOf(url), []);
    });

    it('is not one that a server created with another character set, once it is converted', async () => {
      if (database.kind !== 'mysql') return;
      const url = await database.create();
      const name = new URL(url).pathname.slice(1);
      await sql(url, `ALTER DATABASE ${name} CHARACTER SET latin1`);
      const connection = await connect(url, OPTIONS);
      await createServerTables(connection).finally(() => connection.knex.destroy());
      await sql(url, `ALTER DATABASE ${name} CHARACTER SET utf8mb4`);
      await assert.rejects(initialise(url, OPTIONS), isUnfit(/CONVERT TO CHARACTER SET/));
      for (const table of ['objects', 'tags', 'read_access']) {
        await sql(url, `ALTER TABLE ${table} CONVERT TO CHARACTER SET utf8mb4`);
      }
      await initialise(url, OPTIONS);
      await insertRows(url, [aSymmetricKey({ uid: 'schlüssel 😀' })]);
      assert.equal((await runDue(url, LATER)).results[0]?.outcome, 'rotated');
    });
  }
});

/** A view in place of a table. */
const behindView = (table: string, rename: string, says: RegExp): Hiding => [
  ...([`has a view of ${table}`, [rename, `CREATE VIEW ${table} AS SELECT * FROM whole`]] as const),
  says,
];
const PART = ['CREATE TABLE whole (LIKE objects)', 'ALTER TABLE objects INHERIT whole'];
const SPLIT = ['CREATE SCHEMA other', 'ALTER TABLE tags SET SCHEMA other', PATH];
const TWICE = ['CREATE SCHEMA other', 'CREATE TABLE other.objects (id text)', PATH];
// Without its index, for which this engine has no room.
const MERGED = [
  ...['CREATE TABLE bare AS SELECT * FROM read_access', 'DROP TABLE read_access'],
  ...['RENAME TABLE bare TO read_access', 'ALTER TABLE read_access ENGINE = MRG_MyISAM'],
];

/** Tables that do not show all of a store, made of a whole one by these statements. */
const HIDING: Readonly<Record<'postgresql' | 'mysql', readonly Hiding[]>> = {
  postgresql: [
    behindView('objects', 'ALTER TABLE objects RENAME TO whole', /public\.objects is a view/),
    behindView('tags', 'ALTER TABLE tags RENAME TO whole', /public\.tags is a view/),
    ['is a part of a table', PART, /objects is a part of another/],
    ['lies in two schemas', SPLIT, /several schemas: .*other\.tags/],
    [
      ...(['is there twice', TWICE] as const),
      /2 tables named objects, in the schemas public, other \(search_path = public, other\)/,
    ],
  ],
  mysql: [
    behindView('objects', 'RENAME TABLE objects TO whole', /objects is a VIEW/),
    behindView('tags', 'RENAME TABLE tags TO whole', /tags is a VIEW/),
    ['has a table that keeps no rows', MERGED, /read_access is a table of MRG_MyISAM/i],
  ],
};

describeEachDatabase('a store of which a session may not see all', (database) => {
  if (database.kind === 'sqlite') return;
  for (const [what, statements, says] of HIDING[database.kind]) {
    it(`is refused if it ${what}, to those who read as well`, async () => {
      const url = await storeWith(database, [aSymmetricKey()]);
      const name = new URL(url).pathname.slice(1);
      for (const statement of statements) await sql(url, statement.replace('THIS_DATABASE', name));
      for (const mode of ['read', 'write'] as const) {
        await assert.rejects(
          withStore(url, () => Promise.resolve(), mode),
          isUnfit(says),
        );
      }
      await assert.rejects(initialise(url, OPTIONS), isUnfit(says));
    });
  }
});

describeEachDatabase('assertClocksAgree', (database) => {
  it('accepts clocks that are less than five minutes apart, and refuses others', async () => {
    const url = await newStorePath(database);
    await withStore(url, async (store) => {
      const agree = (ahead: number) => store.assertClocksAgree(() => hostNow() + ahead);
      for (const ahead of [0, 290, -290]) await agree(ahead);
      if (database.kind === 'sqlite') return agree(DAY);
      for (const [ahead, says] of [
        [310, /host is 3\d\d seconds ahead of the database/],
        [-310, /host is 3\d\d seconds behind the database/],
        [365 * DAY, /ahead of/],
      ] as const) {
        await assert.rejects(agree(ahead), (error) => {
          assert.ok(error instanceof KmsError, String(error));
          assert.deepEqual([error.reason, exitCodeOf(error)], ['StoreClockSkew', 3]);
          assert.match(error.message, says);
          assert.ok(error.hint);
          return true;
        });
      }
    });
  });
});
