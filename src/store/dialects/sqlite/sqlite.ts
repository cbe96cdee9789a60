// The dialect of SQLite.
import { setTimeout } from 'node:timers/promises';
import type { Knex } from 'knex';
import { KmsError } from '../../../errors.js';
import { errorCode } from '../../connect/errors/error-code.js';
import { withFirstFailure } from '../../connect/errors/first-failure.js';
import { storeFileName } from '../../connect/url/sqlite-path.js';
import type { Dialect } from '../dialect.js';
import { INDEX_NAMES, type OurIndex } from '../our-indexes.js';
import { whileHeld } from '../schema-lock.js';
import { afterByRowComparison, looseIndexScan, valuesAsTable } from '../sql.js';
import { CONNECTION_ID, executeByDriver, selectByDriver } from './sqlite-driver.js';
import {
  CONDITIONS,
  createIndexes,
  dropIndexParts,
  earliest,
  earliestEnd,
  indexParts,
  keysetName,
  usableIndexes,
} from './sqlite-indexes.js';

const WAL_PAUSE_MS = 20;

export const sqlite: Dialect = {
  name: 'sqlite',
  text: (column) => `CAST(${column} AS TEXT)`,
  textComparedAsUid: (column) => `CAST(${column} AS TEXT)`,
  equals: (column, text = '?') => `CAST(${column} AS TEXT) = ${text}`,
  collationKey: (uid) => uid,
  valuesTable: valuesAsTable,
  updateObjects: (input, condition) =>
    `UPDATE objects SET state = new_state, attributes = new_attributes, object = new_object,
      wrapping_key_id = new_wrapping_key_id
      FROM ${input} WHERE objects.id = input.id AND ${condition}`,
  select: selectByDriver,
  execute: executeByDriver,
  maxStatementBytes: () => Promise.resolve(null),
  byPrimaryKey: 'objects',
  rowAddress: 'objects.rowid',
  distinctWrappingKeys: looseIndexScan,
  keysetName: () => keysetName,
  byDeadline: (indexes) => ({
    table: tableBy('due', indexes),
    earliest,
    after: afterByRowComparison(earliest),
  }),
  byEnd: (indexes) => ({
    table: tableBy('ends', indexes),
    earliest: earliestEnd,
    after: afterByRowComparison(earliestEnd),
  }),
  subset: (name, indexes) => ({ table: tableBy(name, indexes), condition: CONDITIONS[name] }),
  transaction: {},
  snapshot: {},
  singleWriter: true,
  async lockForWriting(transaction, startsWithWrite = false) {
    // SQLite waits for the lock only if a transaction begins with a write. This one changes nothing.
    if (startsWithWrite) return;
    await transaction.raw(`UPDATE parameters SET value = value WHERE 1 = 0`);
  },
  async changeMark(knex) {
    // Each of the numbers belongs to one connection: the first tells what others committed, the second what it wrote.
    const [row] = await selectByDriver<Record<string, number | string>>(
      knex,
      `SELECT ${CONNECTION_ID}() AS connection, data_version, total_changes() AS written FROM pragma_data_version`,
      [],
    );
    return row === undefined ? null : JSON.stringify(row);
  },
  replicaOf: () => Promise.resolve(null),
  now: () => Promise.resolve(null),
  types: { object: 'VARCHAR', attributes: 'jsonb', json: 'json' },
  keyConstraint: 'UNIQUE',
  indexesInTable: false,
  async tables(knex) {
    const rows = await knex<{ name: string; type: string }>('sqlite_master')
      .where({ type: 'table' })
      .whereNot('name', 'like', 'sqlite\\_%')
      .select('name');
    return rows.map((row) => row.name);
  },
  async estimatedObjects(knex) {
    // Rows are numbered as they are made; only those that were deleted make it too high.
    const row = await knex('objects').max<{ last: number | null }>('rowid AS last').first();
    return row?.last ?? 0;
  },
  async databaseName(knex) {
    const files = await knex.raw<{ name: string; file: string }[]>('PRAGMA database_list');
    return storeFileName(files.find(({ name }) => name === 'main')?.file ?? '');
  },
  // A view is not taken for a table, and no setting of a session outlasts it.
  unfitForReading: () => Promise.resolve([]),
  // A column takes text of any length, and a file is in UTF-8 or UTF-16.
  unfitForWriting: () => Promise.resolve([]),
  async configure(knex) {
    // If two processes do this at once, SQLite fails one of them without waiting for its busy timeout.
    const [{ timeout }] = (await knex.raw('PRAGMA busy_timeout')) as [{ timeout: number }];
    for (let waitedMs = 0; !(await enableWal(knex, waitedMs > timeout)); waitedMs += WAL_PAUSE_MS) {
      await setTimeout(WAL_PAUSE_MS);
    }
  },
  withSchemaLock: (knex, wait, work) =>
    whileHeld(
      wait,
      () =>
        withFirstFailure(
          knex,
          // On a full disk SQLite rolls back by itself, and then misses a savepoint.
          (error) => !(error instanceof KmsError),
          () =>
            knex.transaction(async (transaction) => {
              // Any write takes the lock, but a file without tables has none to write to.
              await transaction.raw('CREATE TABLE kms_rotation_lock (held INTEGER)');
              await transaction.raw('DROP TABLE kms_rotation_lock');
              return work(transaction);
            }),
        ),
      () => Promise.resolve('another process that uses the file'),
    ),
  // `withSchemaLock` is a transaction already.
  inSchemaTransaction: (executor, _wait, change) => change(executor),
  usableIndexes,
  createIndexes,
  indexParts,
  dropIndexParts,
};

/** Names the index: the planner would rather take the server's index on `state`, which holds nearly every row. */
function tableBy(index: OurIndex, indexes: ReadonlySet<OurIndex>): string {
  return indexes.has(index) ? `objects INDEXED BY ${INDEX_NAMES[index]}` : 'objects';
}

/** Turns write-ahead logging on; returns false if another process uses the file now, unless this is the last try. */
async function enableWal(knex: Knex, isLastTry: boolean): Promise<boolean> {
  try {
    await knex.raw('PRAGMA journal_mode = WAL');
    return true;
  } catch (error) {
    if (!isLastTry && errorCode(error) === 'SQLITE_BUSY') return false;
    throw error;
  }
}
