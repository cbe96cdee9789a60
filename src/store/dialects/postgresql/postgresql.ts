// The dialect of PostgreSQL.
import { setTimeout } from 'node:timers/promises';
import type { Knex } from 'knex';
import {
  afterByRowComparison,
  looseIndexScan,
  valuesAsTable,
  INIT_LOCK_SECONDS,
  otherInitRunning,
  type Dialect,
  type SqlValue,
} from '../dialect.js';
import { unfitReasons } from './postgresql-fitness.js';
import {
  createIndexes,
  DEADLINE_FUNCTION,
  dropIndexParts,
  earliest,
  hasForeignLink,
  indexParts,
  isActiveCertificate,
  isWrappingKeyMismatch,
  keysetName,
  validityOf,
} from './postgresql-indexes.js';

/** Any number will do, so long as it is ours. */
const ADVISORY_LOCK = 7_505_026_112;
const LOCK_PAUSE_MS = 50;

export const postgresql: Dialect = {
  name: 'postgresql',
  types: { object: 'VARCHAR', attributes: 'jsonb', json: 'json' },
  keyConstraint: 'UNIQUE',
  indexesInTable: false,
  // The default of a server or a role may be stricter, and a guarded UPDATE would then fail, not miss.
  transaction: { isolationLevel: 'read committed' },
  snapshot: { isolationLevel: 'repeatable read' },
  text: (column) => `${column}::text`,
  equals: (column, text = '?') => `${column}::text = ${text}`,
  collationKey: (uid) => uid,
  valuesTable: valuesAsTable,
  updateObjects: (input, condition) =>
    `UPDATE objects SET state = new_state, attributes = new_attributes::jsonb, object = new_object,
      wrapping_key_id = new_wrapping_key_id
      FROM ${input} WHERE ${condition}`,
  async select<Row>(executor: Knex, sql: string, values: readonly SqlValue[]) {
    const { rows } = await executor.raw<{ rows: readonly Row[] }>(sql, [...values]);
    return rows;
  },
  async execute(transaction, sql, values) {
    const { rowCount } = await transaction.raw<{ rowCount: number }>(sql, [...values]);
    return rowCount;
  },
  singleWriter: false,
  byPrimaryKey: 'objects',
  distinctWrappingKeys: looseIndexScan,
  keysetName: () => keysetName,
  byDeadline(indexed) {
    const deadline = indexed ? `${DEADLINE_FUNCTION}(attributes)` : earliest;
    return { table: 'objects', earliest: deadline, after: afterByRowComparison(deadline) };
  },
  activeCertificates: () => ({ table: 'objects', condition: isActiveCertificate }),
  wrappingKeyMismatches: () => ({ table: 'objects', condition: isWrappingKeyMismatch }),
  foreignPublicKeyLinks: () => ({ table: 'objects', condition: hasForeignLink }),
  lockForWriting: () => Promise.resolve(),
  configure: () => Promise.resolve(),
  async tables(knex) {
    const rows = await knex('pg_tables')
      .whereRaw('schemaname = ANY (current_schemas(false))')
      .select<{ tablename: string }[]>('tablename');
    if (rows.length === 0) await assertSchemaUsable(knex);
    return rows.map((row) => row.tablename);
  },
  unfitReasons,
  maxStatementBytes: () => Promise.resolve(null),
  async now(knex) {
    const { rows } = await knex.raw<{ rows: { now: string }[] }>(
      'SELECT CAST(floor(extract(epoch FROM clock_timestamp())) AS bigint) AS now',
    );
    return Number(rows[0]?.now);
  },
  indexExists: async (knex, name) => (await validityOf(knex, name)) === true,
  withSchemaLock: whileLocked,
  inSchemaTransaction: (executor, change) => executor.transaction(change, postgresql.transaction),
  createIndexes,
  indexParts,
  dropIndexParts,
};

/** A schema that may not be used is passed over in silence when a table is looked for. */
async function assertSchemaUsable(knex: Knex): Promise<void> {
  const barred = await knex('pg_tables')
    .where('tablename', 'objects')
    .whereRaw(`NOT has_schema_privilege(schemaname, 'USAGE')`)
    .first<{ schemaname: string } | undefined>('schemaname');
  // The database says it best.
  if (barred !== undefined) await knex.raw('SELECT FROM ??.objects', [barred.schemaname]);
}

/**
 * Works under a lock of the session, as no transaction may hold it while indexes are made. It is asked for
 * again and again: making an index waits for every statement, and so for one that waits for this lock.
 */
async function whileLocked<T>(knex: Knex, work: (executor: Knex) => Promise<T>): Promise<T> {
  let waitedMs = 0;
  while (!(await tryLock(knex))) {
    if (waitedMs > INIT_LOCK_SECONDS * 1000) throw otherInitRunning();
    await setTimeout(LOCK_PAUSE_MS);
    waitedMs += LOCK_PAUSE_MS;
  }
  try {
    return await work(knex);
  } finally {
    await knex.raw('SELECT pg_advisory_unlock(?)', [ADVISORY_LOCK]);
  }
}

async function tryLock(knex: Knex): Promise<boolean> {
  const { rows } = await knex.raw<{ rows: { got: boolean }[] }>(
    'SELECT pg_try_advisory_lock(?) AS got',
    [ADVISORY_LOCK],
  );
  return rows[0]?.got === true;
}
