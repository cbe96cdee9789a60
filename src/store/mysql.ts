// The dialect of MySQL and MariaDB, in SQL that both understand.
import type { Knex } from 'knex';
import {
  CERTIFICATE_INDEX,
  DUE_INDEX,
  INIT_LOCK_SECONDS,
  KEYSET_INDEX,
  otherInitAtWork,
  type Dialect,
} from './dialect.js';
import { earliestDeadlineSql } from './due-expression.js';
import { dateByText } from './mysql-date.js';

const DEADLINE_COLUMN = 'kms_rotation_deadline';
const KEYSET_COLUMN = 'kms_rotation_keyset_name';
const CERTIFICATE_COLUMN = 'kms_rotation_certificate';

const at = (path: string) => `JSON_EXTRACT(attributes, '$.${path}')`;
const unquoted = (path: string) => `JSON_UNQUOTE(${at(path)})`;

/** What could not be cast would make somebody else's INSERT fail; MariaDB calls 1e3 an integer. */
const integerOrNumber = (path: string) =>
  `CASE WHEN CHAR_LENGTH(${unquoted(path)}) <= 15 AND LOWER(${unquoted(path)}) NOT LIKE '%e%'
    THEN 'integer' ELSE 'number' END`;

const earliest = earliestDeadlineSql({
  isMap: `JSON_VALID(attributes) AND JSON_TYPE(attributes) = 'OBJECT'`,
  type: (path) =>
    `CASE JSON_TYPE(${at(path)})
      WHEN 'INTEGER' THEN ${integerOrNumber(path)}
      WHEN 'UNSIGNED INTEGER' THEN ${integerOrNumber(path)}
      WHEN 'BOOLEAN' THEN ${unquoted(path)} ELSE LOWER(JSON_TYPE(${at(path)})) END`,
  integer: (path) => `CAST(${unquoted(path)} AS SIGNED)`,
  date: (member) => dateByText(at(member)),
});

const keysetName = `LEFT(${unquoted('RotateName')}, 255)`;
const certificate = `CASE WHEN ${unquoted('ObjectType')} = 'Certificate' THEN 1 END`;

/** One for each database: locks of sessions are the whole server's. */
const INIT_LOCK = `LEFT(CONCAT('kms_init.', DATABASE()), 64)`;

export const mysql: Dialect = {
  name: 'mysql',
  types: { object: 'LONGTEXT', attributes: 'json', json: 'json' },
  keyConstraint: 'PRIMARY KEY',
  transaction: { isolationLevel: 'read committed' },
  snapshot: { isolationLevel: 'repeatable read' },
  text: (column) => `CAST(${column} AS CHAR)`,
  // The collations of these columns take Kek for kek.
  equals: (column, text = '?') => `CAST(${column} AS BINARY) = CAST(${text} AS BINARY)`,
  // MySQL and MariaDB differ in how they write VALUES as a table.
  given: (columns, rows) => {
    const first = columns.map((column) => `? AS ${column}`).join(', ');
    const other = `UNION ALL SELECT ${columns.map(() => '?').join(', ')}`;
    return `(SELECT ${first} ${`${other} `.repeat(rows - 1)})`;
  },
  async updateObjects(transaction, { given, guard }, values) {
    // On a small table the planner would rather read, and lock, all of it.
    const [{ affectedRows }] = (await transaction.raw(
      `UPDATE objects FORCE INDEX (PRIMARY) JOIN ${given} ON ${guard}
        SET objects.state = new_state, objects.attributes = new_attributes,
        objects.object = new_object, objects.wrapping_key_id = new_wrapping_key_id`,
      values,
    )) as [{ affectedRows: number }];
    return affectedRows;
  },
  byPrimaryKey: 'objects FORCE INDEX (PRIMARY)',
  namesWrappingKey: `LOCATE(CAST(CONCAT('"UniqueIdentifier":"', wrapping_key_id, '"') AS BINARY),
    CAST(REPLACE(object, ': "', ':"') AS BINARY)) > 0`,
  // MariaDB would read the whole index at each step of a recursion; both skip along it by themselves here.
  distinctWrappingKeys: (condition, limit) =>
    `SELECT DISTINCT wrapping_key_id AS uid FROM objects WHERE ${condition}
      ORDER BY wrapping_key_id LIMIT ${limit}`,
  keysetName: (indexed) => (indexed ? KEYSET_COLUMN : keysetName),
  byDeadline: (indexed) =>
    indexed
      ? { table: `objects FORCE INDEX (${DUE_INDEX})`, earliest: DEADLINE_COLUMN }
      : { table: 'objects', earliest },
  activeCertificates: (indexed) => ({
    table: indexed ? `objects FORCE INDEX (${CERTIFICATE_INDEX})` : 'objects',
    condition: `${indexed ? CERTIFICATE_COLUMN : certificate} = 1 AND state = 'Active'`,
  }),
  lockForWriting: () => Promise.resolve(),
  async tables(knex) {
    const rows = await knex('information_schema.tables')
      .whereRaw('table_schema = DATABASE()')
      .select<{ name: string }[]>('table_name AS name');
    return rows.map((row) => row.name);
  },
  async indexExists(knex, name) {
    const row: unknown = await knex('information_schema.statistics')
      .whereRaw('table_schema = DATABASE()')
      .where({ table_name: 'objects', index_name: name })
      .first('index_name');
    return row !== undefined;
  },
  exclusively: async (knex, change) => whileLocked(knex, () => change(knex)),
  createIndexes: async (knex) =>
    whileLocked(knex, async () => {
      await create(knex, DUE_INDEX, `state, ${DEADLINE_COLUMN}, id`, {
        column: DEADLINE_COLUMN,
        definition: `BIGINT GENERATED ALWAYS AS (${earliest}) VIRTUAL INVISIBLE`,
      });
      await create(knex, KEYSET_INDEX, KEYSET_COLUMN, {
        column: KEYSET_COLUMN,
        definition: `VARCHAR(255) GENERATED ALWAYS AS (${keysetName}) VIRTUAL INVISIBLE`,
      });
      await create(knex, CERTIFICATE_INDEX, `${CERTIFICATE_COLUMN}, state, id`, {
        column: CERTIFICATE_COLUMN,
        definition: `TINYINT GENERATED ALWAYS AS (${certificate}) VIRTUAL INVISIBLE`,
      });
    }),
};

/** A lock of the session; every DDL commits, so no transaction could hold it. */
async function whileLocked<T>(knex: Knex, work: () => Promise<T>): Promise<T> {
  const [rows] = (await knex.raw(`SELECT GET_LOCK(${INIT_LOCK}, ?) AS got`, [
    INIT_LOCK_SECONDS,
  ])) as [{ got: number | null }[]];
  if (rows[0]?.got !== 1) {
    throw otherInitAtWork();
  }
  try {
    return await work();
  } finally {
    await knex.raw(`SELECT RELEASE_LOCK(${INIT_LOCK})`);
  }
}

/** Adds a virtual column and its index, each unless it is there: an init may have been killed in between. */
async function create(
  knex: Knex,
  index: string,
  columns: string,
  { column, definition }: { column: string; definition: string },
): Promise<void> {
  const present: unknown = await knex('information_schema.columns')
    .whereRaw('table_schema = DATABASE()')
    .where({ table_name: 'objects', column_name: column })
    .first('column_name');
  if (present === undefined)
    await knex.raw(`ALTER TABLE objects ADD COLUMN ${column} ${definition}`);
  if (await mysql.indexExists(knex, index)) return;
  await knex.raw(`ALTER TABLE objects ADD INDEX ${index} (${columns})`);
}
