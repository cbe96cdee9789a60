// The dialect of MySQL and MariaDB, in SQL that both understand.
import type { Knex } from 'knex';
import {
  CERTIFICATE_INDEX,
  DUE_INDEX,
  FOREIGN_LINK_INDEX,
  INIT_LOCK_SECONDS,
  MISLABELLED_INDEX,
  otherInitRunning,
  placeholders,
  type Dialect,
  type SqlValue,
} from '../dialect.js';
import { unfitReasons } from './mysql-fitness.js';
import {
  certificate,
  CERTIFICATE_COLUMN,
  createIndexes,
  DEADLINE_COLUMN,
  dropIndexParts,
  earliest,
  foreignLink,
  FOREIGN_LINK_COLUMN,
  indexExists,
  indexParts,
  KEYSET_COLUMN,
  keysetName,
  wrappingKeyMismatches,
  MISLABELLED_COLUMN,
} from './mysql-indexes.js';

/** One for each database: locks of sessions are the whole server's. */
const INIT_LOCK = `LEFT(CONCAT('kms_init.', DATABASE()), 64)`;

export const mysql: Dialect = {
  name: 'mysql',
  types: { object: 'LONGTEXT', attributes: 'json', json: 'json' },
  keyConstraint: 'PRIMARY KEY',
  indexesInTable: true,
  transaction: { isolationLevel: 'read committed' },
  snapshot: { isolationLevel: 'repeatable read' },
  text: (column) => `CAST(${column} AS CHAR)`,
  // The collations of these columns take Kek for kek.
  equals: (column, text = '?') => `CAST(${column} AS BINARY) = CAST(${text} AS BINARY)`,
  // As near to those collations as matters: case, accents, and the blanks at the end that MariaDB passes over.
  collationKey: (uid) => uid.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trimEnd(),
  // MySQL and MariaDB differ in how they write VALUES as a table.
  valuesTable: (columns, rows) => {
    const first = columns.map((column) => `? AS ${column}`).join(', ');
    const other = `UNION ALL SELECT ${placeholders(columns)}`;
    return `(SELECT ${first} ${`${other} `.repeat(rows - 1)})`;
  },
  // On a small table the planner would rather read, and lock, all of it.
  updateObjects: (input, condition) =>
    `UPDATE objects FORCE INDEX (PRIMARY) JOIN ${input} ON ${condition}
      SET objects.state = new_state, objects.attributes = new_attributes,
      objects.object = new_object, objects.wrapping_key_id = new_wrapping_key_id`,
  async select<Row>(executor: Knex, sql: string, values: readonly SqlValue[]) {
    const [rows] = (await executor.raw(sql, [...values])) as [readonly Row[]];
    return rows;
  },
  async execute(transaction, sql, values) {
    const [result] = (await transaction.raw(sql, [...values])) as [{ affectedRows: number }];
    return result.affectedRows;
  },
  singleWriter: false,
  byPrimaryKey: 'objects FORCE INDEX (PRIMARY)',
  // MariaDB would read the whole index at each step of a recursion; both skip along it by themselves here.
  distinctWrappingKeys: (condition, limit) =>
    `SELECT DISTINCT wrapping_key_id AS uid FROM objects WHERE ${condition}
      ORDER BY wrapping_key_id LIMIT ${limit}`,
  keysetName: (indexed) => (indexed ? KEYSET_COLUMN : keysetName),
  byDeadline(indexed) {
    const deadline = indexed ? DEADLINE_COLUMN : earliest;
    return {
      table: indexed ? `objects FORCE INDEX (${DUE_INDEX})` : 'objects',
      earliest: deadline,
      // Two ranges of the index: a comparison of rows would be held against every entry.
      after: `(${deadline} > ? OR (${deadline} = ? AND objects.id > ?))`,
    };
  },
  activeCertificates: (indexed) => ({
    table: indexed ? `objects FORCE INDEX (${CERTIFICATE_INDEX})` : 'objects',
    condition: `${indexed ? CERTIFICATE_COLUMN : certificate} = 1 AND state = 'Active'`,
  }),
  wrappingKeyMismatches: (indexed) => ({
    table: indexed ? `objects FORCE INDEX (${MISLABELLED_INDEX})` : 'objects',
    condition: `${indexed ? MISLABELLED_COLUMN : wrappingKeyMismatches} = 1`,
  }),
  foreignPublicKeyLinks: (indexed) => ({
    table: indexed ? `objects FORCE INDEX (${FOREIGN_LINK_INDEX})` : 'objects',
    condition: `${indexed ? FOREIGN_LINK_COLUMN : foreignLink} = 1`,
  }),
  lockForWriting: () => Promise.resolve(),
  configure: () => Promise.resolve(),
  async tables(knex) {
    const rows = await knex('information_schema.tables')
      .whereRaw('table_schema = DATABASE()')
      .select<{ name: string }[]>('table_name AS name');
    return rows.map((row) => row.name);
  },
  unfitReasons,
  async maxStatementBytes(knex) {
    const [rows] = (await knex.raw('SELECT @@max_allowed_packet AS bytes')) as [
      { bytes: number | string }[],
    ];
    // Every byte may have to be escaped, and the statement has words of its own.
    return Math.floor((Number(rows[0]?.bytes) * 0.9) / 2);
  },
  async now(knex) {
    const [rows] = (await knex.raw('SELECT UNIX_TIMESTAMP() AS now')) as [{ now: number }[]];
    return Number(rows[0]?.now);
  },
  indexExists,
  withSchemaLock: whileLocked,
  // Every change of the schema commits.
  inSchemaTransaction: (executor, change) => change(executor),
  createIndexes,
  indexParts,
  dropIndexParts,
};

/** A lock of the session; every DDL commits, so no transaction could hold it. */
async function whileLocked<T>(knex: Knex, work: (executor: Knex) => Promise<T>): Promise<T> {
  const [rows] = (await knex.raw(`SELECT GET_LOCK(${INIT_LOCK}, ?) AS got`, [
    INIT_LOCK_SECONDS,
  ])) as [{ got: number | null }[]];
  if (rows[0]?.got !== 1) {
    throw otherInitRunning();
  }
  try {
    return await work(knex);
  } finally {
    await knex.raw(`SELECT RELEASE_LOCK(${INIT_LOCK})`);
  }
}
