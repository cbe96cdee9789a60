// What differs between databases, as one small record each, in sight. Everything else in store/ is the
// same SQL for all of them.
import type { Knex } from 'knex';
import { earliestDeadlineSql, type JsonAccess } from './due-expression.js';

export interface Dialect {
  readonly name: 'sqlite';
  /** Column types of the server's tables (storage format §1.2). */
  readonly types: { readonly attributes: string; readonly permissions: string };
  /** A JSON or text column as the very text that the database holds. */
  text(column: string): string;
  /** The earliest deadline of a row of `objects`: see due-expression.ts. */
  readonly earliestDeadline: string;
  /** The text of a top-level member of the attributes, or NULL. */
  member(name: string): string;
  /** The table to read by earliest deadline, told to use the index if there is one. */
  dueTable(indexed: boolean): string;
  readonly createIndexes: readonly string[];
  indexExists(knex: Knex, name: string): Promise<boolean>;
  tables(knex: Knex): Promise<readonly string[]>;
  /** Takes the write lock of a transaction at its start, where reading first would lead to a dead end. */
  lockForWriting(transaction: Knex.Transaction): Promise<void>;
}

export const DUE_INDEX = 'kms_rotation_due';
const KEYSET_INDEX = 'kms_rotation_keyset';

const sqliteJson: JsonAccess = {
  isMap: `json_valid(attributes) AND json_type(attributes) = 'object'`,
  type: (path) => `json_type(attributes, '$.${path}')`,
  integer: (path) => `json_extract(attributes, '$.${path}')`,
  length: (path) => `json_array_length(attributes, '$.${path}')`,
  divide: (dividend, divisor) => `${dividend} / ${divisor}`,
  types: { integer: 'integer', array: 'array', true: 'true', false: 'false', null: 'null' },
};

const sqliteMember = (name: string) =>
  `CASE WHEN json_valid(attributes) THEN json_extract(attributes, '$.${name}') END`;

const sqliteDeadline = earliestDeadlineSql(sqliteJson);

export const sqlite: Dialect = {
  name: 'sqlite',
  types: { attributes: 'jsonb', permissions: 'json' },
  text: (column) => `CAST(${column} AS TEXT)`,
  earliestDeadline: sqliteDeadline,
  member: sqliteMember,
  // Left alone, the planner prefers the server's index on `state`, which holds nearly every row.
  dueTable: (indexed) => (indexed ? `objects INDEXED BY ${DUE_INDEX}` : 'objects'),
  createIndexes: [
    `CREATE INDEX IF NOT EXISTS ${DUE_INDEX} ON objects (${sqliteDeadline}, id) WHERE state = 'Active'`,
    `CREATE INDEX IF NOT EXISTS ${KEYSET_INDEX} ON objects (${sqliteMember('RotateName')})`,
  ],
  async indexExists(knex, name) {
    const row: unknown = await knex('sqlite_master').where({ type: 'index', name }).first('name');
    return row !== undefined;
  },
  async tables(knex) {
    const rows = await knex<{ name: string; type: string }>('sqlite_master')
      .where({ type: 'table' })
      .whereNot('name', 'like', 'sqlite\\_%')
      .select('name');
    return rows.map((row) => row.name);
  },
  async lockForWriting(transaction) {
    // Changes nothing, but a first statement that writes waits for the lock; one that reads does not.
    await transaction.raw(`UPDATE parameters SET value = value WHERE 1 = 0`);
  },
};
