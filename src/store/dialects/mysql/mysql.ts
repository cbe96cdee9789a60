// The dialect of MySQL and MariaDB, in SQL that both understand.
import type { Knex } from 'knex';
import type { ByInstant, Dialect } from '../dialect.js';
import { INDEX_NAMES, type OurIndex } from '../our-indexes.js';
import { SCHEMA_LOCK_TABLE, whileHeld } from '../schema-lock.js';
import { placeholders, type SqlValue } from '../sql.js';
import { unfitForReading, unfitForWriting } from './mysql-fitness.js';
import {
  createIndexes,
  dropIndexParts,
  INDEXED_COLUMNS,
  indexParts,
  usableIndexes,
} from './mysql-indexes.js';
import { replicaOf } from './mysql-replica.js';
import { withSchemaLock } from './mysql-schema-lock.js';
import { blockersOfSchemaChange } from './mysql-blockers.js';

export const mysql: Dialect = {
  name: 'mysql',
  text: (column) => `CAST(${column} AS CHAR)`,
  textComparedAsUid: (column) => `CAST(${column} AS CHAR) COLLATE utf8mb4_general_ci`,
  // The collations of these columns take Kek for kek.
  equals: (column, text = '?') => `CAST(${column} AS BINARY) = CAST(${text} AS BINARY)`,
  // Close enough to those collations: case, accents, and the trailing blanks that MariaDB ignores.
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
  async maxStatementBytes(knex) {
    const [rows] = (await knex.raw('SELECT @@max_allowed_packet AS bytes')) as [
      { bytes: number | string }[],
    ];
    // Half of it, as every byte may need an escape; less a tenth, for the statement itself.
    return Math.floor((Number(rows[0]?.bytes) * 0.9) / 2);
  },
  byPrimaryKey: 'objects FORCE INDEX (PRIMARY)',
  rowAddress: 'objects.id',
  // MariaDB would read the whole index at each step of a recursion; both do a loose index scan by themselves here.
  distinctWrappingKeys: (condition, limit) =>
    `SELECT DISTINCT wrapping_key_id AS uid FROM objects WHERE ${condition}
      ORDER BY wrapping_key_id LIMIT ${limit}`,
  keysetName: (indexes) => columnOf('keyset', indexes),
  byDeadline: (indexes) => byInstant('due', indexes),
  byEnd: (indexes) => byInstant('ends', indexes),
  subset: (name, indexes) => ({
    table: tableBy(name, indexes),
    condition: `${columnOf(name, indexes)} = 1`,
  }),
  transaction: { isolationLevel: 'read committed' },
  snapshot: { isolationLevel: 'repeatable read' },
  singleWriter: false,
  lockForWriting: () => Promise.resolve(),
  changeMark: () => Promise.resolve(null),
  replicaOf,
  async now(knex) {
    const [rows] = (await knex.raw('SELECT UNIX_TIMESTAMP() AS now')) as [{ now: number }[]];
    return Number(rows[0]?.now);
  },
  types: { object: 'LONGTEXT', attributes: 'json', json: 'json' },
  keyConstraint: 'PRIMARY KEY',
  indexesInTable: true,
  async tables(knex) {
    const rows = await knex('information_schema.tables')
      .whereRaw('table_schema = DATABASE()')
      .select<{ name: string }[]>('table_name AS name');
    return rows.map((row) => row.name).filter((name) => name !== SCHEMA_LOCK_TABLE);
  },
  async estimatedObjects(knex) {
    const [row] = await mysql.select<{ count: number | string | null }>(
      knex,
      `SELECT table_rows AS count FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_name = 'objects'`,
      [],
    );
    return Number(row?.count ?? 0);
  },
  async databaseName(knex) {
    const [row] = await mysql.select<{ name: string | null }>(
      knex,
      'SELECT DATABASE() AS name',
      [],
    );
    return row?.name ?? '';
  },
  unfitForReading,
  unfitForWriting,
  configure: () => Promise.resolve(),
  withSchemaLock,
  // Every DDL statement commits.
  inSchemaTransaction: (executor, wait, change) =>
    whileHeld(
      wait,
      () => change(executor),
      () => blockersOfSchemaChange(executor),
    ),
  usableIndexes,
  createIndexes,
  indexParts,
  dropIndexParts,
};

function tableBy(index: OurIndex, indexes: ReadonlySet<OurIndex>): string {
  return indexes.has(index) ? `objects FORCE INDEX (${INDEX_NAMES[index]})` : 'objects';
}

function byInstant(index: 'due' | 'ends', indexes: ReadonlySet<OurIndex>): ByInstant {
  const instant = columnOf(index, indexes);
  return {
    table: tableBy(index, indexes),
    earliest: instant,
    // Two ranges of the index: a comparison of rows would be evaluated for every entry.
    after: `(${instant} > ? OR (${instant} = ? AND objects.id > ?))`,
  };
}

/** Returns the column that an index is over, or its expression where there is no index. */
function columnOf(index: OurIndex, indexes: ReadonlySet<OurIndex>): string {
  const { name, expression } = INDEXED_COLUMNS[index];
  return indexes.has(index) ? name : expression;
}
