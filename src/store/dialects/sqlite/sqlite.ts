// The dialect of SQLite.
import { setTimeout } from 'node:timers/promises';
import type { Knex } from 'knex';
import { KmsError } from '../../../errors.js';
import {
  afterByRowComparison,
  CERTIFICATE_INDEX,
  looseIndexScan,
  DUE_INDEX,
  FOREIGN_LINK_INDEX,
  foreignLinkSql,
  valuesAsTable,
  KEYSET_INDEX,
  MISLABELLED_INDEX,
  wrappingKeyMismatchSql,
  OUR_INDEXES,
  type Dialect,
} from '../dialect.js';
import { earliestDeadlineSql } from '../due-expression.js';
import { errorCode } from '../../connect/error-code.js';
import { dateByElements } from './sqlite-date.js';
import { executeByDriver, selectByDriver } from './sqlite-driver.js';

const DECIDING = ['RotateAutomatic', 'RotateInterval', 'RotateDate', 'RotateOffset', 'InitialDate']
  .map((name) => `'$.${name}'`)
  .join(', ');

/** SQLite takes the first of two members of one name, others the last: such a row cannot be decided. */
const once = `json_remove(attributes, ${DECIDING}) = json_remove(attributes, ${DECIDING}, ${DECIDING})`;

/** Of 15 digits. */
const LARGEST = 999_999_999_999_999;

const type = (path: string) => `json_type(attributes, '$.${path}')`;
const at = (path: string) => `json_extract(attributes, '$.${path}')`;

const earliest = earliestDeadlineSql({
  isMap: `json_valid(attributes) AND json_type(attributes) = 'object' AND ${once}`,
  least: 'min',
  token: type,
  isInteger: (path) => `(coalesce(${type(path)}, '') = 'integer' AND ${at(path)} <= ${LARGEST})`,
  integer: at,
  date: dateByElements,
});

const member = (name: string) => `CASE WHEN json_valid(attributes) THEN ${at(name)} END`;

const keysetName = member('RotateName');
const isActiveCertificate = `state = 'Active' AND ${member('ObjectType')} = 'Certificate'`;

const isWrappingKeyMismatch = wrappingKeyMismatchSql(
  (text) => `CAST(object AS TEXT) LIKE '%${text}%'`,
  `instr(replace(object, ': "', ':"'), '"UniqueIdentifier":"' || wrapping_key_id || '"') > 0`,
);

const attributesText = `replace(CAST(attributes AS TEXT), ': "', ':"')`;
const hasForeignLink = foreignLinkSql(
  (text) => `${text.includes(':') ? attributesText : 'CAST(attributes AS TEXT)'} LIKE '%${text}%'`,
  `instr(${attributesText}, '"LinkedObjectIdentifier":"' || id || '_pk"') > 0`,
);

const WAL_PAUSE_MS = 20;

/** Our indexes, in the words in which SQLite keeps them. */
const DEFINITIONS: readonly string[] = [
  `CREATE INDEX ${DUE_INDEX} ON objects (${earliest}, id) WHERE state = 'Active'`,
  `CREATE INDEX ${KEYSET_INDEX} ON objects (${keysetName})`,
  `CREATE INDEX ${CERTIFICATE_INDEX} ON objects (id) WHERE ${isActiveCertificate}`,
  `CREATE INDEX ${MISLABELLED_INDEX} ON objects (id) WHERE ${isWrappingKeyMismatch}`,
  `CREATE INDEX ${FOREIGN_LINK_INDEX} ON objects (id) WHERE ${hasForeignLink}`,
];

export const sqlite: Dialect = {
  name: 'sqlite',
  types: { object: 'VARCHAR', attributes: 'jsonb', json: 'json' },
  keyConstraint: 'UNIQUE',
  indexesInTable: false,
  transaction: {},
  snapshot: {},
  text: (column) => `CAST(${column} AS TEXT)`,
  equals: (column, text = '?') => `CAST(${column} AS TEXT) = ${text}`,
  collationKey: (uid) => uid,
  valuesTable: valuesAsTable,
  updateObjects: (input, condition) =>
    `UPDATE objects SET state = new_state, attributes = new_attributes, object = new_object,
      wrapping_key_id = new_wrapping_key_id
      FROM ${input} WHERE objects.id = input.id AND ${condition}`,
  select: selectByDriver,
  execute: executeByDriver,
  singleWriter: true,
  byPrimaryKey: 'objects',
  distinctWrappingKeys: looseIndexScan,
  keysetName: () => keysetName,
  // Left alone, the planner prefers the server's index on `state`, which holds nearly every row.
  byDeadline: (indexed) => ({
    table: indexed ? `objects INDEXED BY ${DUE_INDEX}` : 'objects',
    earliest,
    after: afterByRowComparison(earliest),
  }),
  activeCertificates: (indexed) => ({
    table: indexed ? `objects INDEXED BY ${CERTIFICATE_INDEX}` : 'objects',
    condition: isActiveCertificate,
  }),
  wrappingKeyMismatches: (indexed) => ({
    table: indexed ? `objects INDEXED BY ${MISLABELLED_INDEX}` : 'objects',
    condition: isWrappingKeyMismatch,
  }),
  foreignPublicKeyLinks: (indexed) => ({
    table: indexed ? `objects INDEXED BY ${FOREIGN_LINK_INDEX}` : 'objects',
    condition: hasForeignLink,
  }),
  async lockForWriting(transaction, startsWithWrite = false) {
    // A first statement that writes waits for the lock, one that reads does not; this one changes nothing.
    if (startsWithWrite) return;
    await transaction.raw(`UPDATE parameters SET value = value WHERE 1 = 0`);
  },
  async configure(knex) {
    // Where two do it at once, SQLite fails one of them without the wait that it was told to allow.
    const [{ timeout }] = (await knex.raw('PRAGMA busy_timeout')) as [{ timeout: number }];
    let waitedMs = 0;
    while (!(await writesAhead(knex, waitedMs >= timeout))) {
      await setTimeout(WAL_PAUSE_MS);
      waitedMs += WAL_PAUSE_MS;
    }
  },
  async tables(knex) {
    const rows = await knex<{ name: string; type: string }>('sqlite_master')
      .where({ type: 'table' })
      .whereNot('name', 'like', 'sqlite\\_%')
      .select('name');
    return rows.map((row) => row.name);
  },
  // Files take text of any length, and UTF-8 or UTF-16 alone.
  unfitReasons: () => Promise.resolve([]),
  maxStatementBytes: () => Promise.resolve(null),
  now: () => Promise.resolve(null),
  async indexExists(knex, name) {
    // One over another expression, by an earlier version, would answer no query of ours.
    const row: unknown = await knex('sqlite_master')
      .where({ type: 'index', name })
      .whereIn('sql', DEFINITIONS)
      .first('name');
    return row !== undefined;
  },
  async withSchemaLock(knex, work) {
    let first: unknown = null;
    knex.on('query-error', (error: unknown) => (first ??= error));
    try {
      return await knex.transaction(async (transaction) => {
        // Any write takes the lock; in a file without tables there is none to write to yet.
        await transaction.raw('CREATE TABLE kms_rotation_lock (held INTEGER)');
        await transaction.raw('DROP TABLE kms_rotation_lock');
        return work(transaction);
      });
    } catch (error) {
      // On a full disk SQLite undoes the transaction itself; then a savepoint in it is missed.
      throw error instanceof KmsError ? error : (first ?? error);
    }
  },
  inSchemaTransaction: (executor, change) => change(executor),
  async createIndexes(executor) {
    const parts = await this.indexParts(executor);
    for (const name of parts) {
      if (!(await this.indexExists(executor, name))) await executor.raw(`DROP INDEX ${name}`);
    }
    for (const definition of DEFINITIONS) {
      await executor.raw(definition.replace('INDEX', 'INDEX IF NOT EXISTS'));
    }
  },
  async indexParts(knex) {
    const rows = await knex('sqlite_master')
      .where({ type: 'index' })
      .whereIn('name', OUR_INDEXES)
      .select<{ name: string }[]>('name');
    return rows.map(({ name }) => name);
  },
  async dropIndexParts(executor, parts) {
    for (const name of parts) await executor.raw(`DROP INDEX ${name}`);
  },
};

/** Turns write-ahead logging on; returns false, unless it is the last try, if somebody else is at the file just now. */
async function writesAhead(knex: Knex, isLastTry: boolean): Promise<boolean> {
  try {
    await knex.raw('PRAGMA journal_mode = WAL');
    return true;
  } catch (error) {
    if (!isLastTry && errorCode(error) === 'SQLITE_BUSY') return false;
    throw error;
  }
}
