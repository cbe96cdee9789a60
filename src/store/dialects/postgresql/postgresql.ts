// The dialect of PostgreSQL.
import type { Knex } from 'knex';
import type { Dialect } from '../dialect.js';
import { whileHeld } from '../schema-lock.js';
import { afterByRowComparison, looseIndexScan, valuesAsTable, type SqlValue } from '../sql.js';
import { holdersOfTables } from './postgresql-blockers.js';
import { unfitForReading, unfitForWriting } from './postgresql-fitness.js';
import {
  CONDITIONS,
  createIndexes,
  DEADLINE_FUNCTION,
  dropIndexParts,
  earliest,
  earliestEnd,
  END_FUNCTION,
  indexParts,
  keysetName,
  usableIndexes,
} from './postgresql-indexes.js';
import { replicaOf } from './postgresql-replica.js';
import { withSchemaLock } from './postgresql-schema-lock.js';

export const postgresql: Dialect = {
  name: 'postgresql',
  text: (column) => `${column}::text`,
  textComparedAsUid: (column) => `${column}::text`,
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
  maxStatementBytes: () => Promise.resolve(null),
  byPrimaryKey: 'objects',
  rowAddress: 'objects.id',
  distinctWrappingKeys: looseIndexScan,
  keysetName: () => keysetName,
  byDeadline(indexes) {
    const deadline = indexes.has('due') ? `${DEADLINE_FUNCTION}(attributes)` : earliest;
    return { table: 'objects', earliest: deadline, after: afterByRowComparison(deadline) };
  },
  byEnd(indexes) {
    const end = indexes.has('ends') ? `${END_FUNCTION}(attributes)` : earliestEnd;
    return { table: 'objects', earliest: end, after: afterByRowComparison(end) };
  },
  subset: (name) => ({ table: 'objects', condition: CONDITIONS[name] }),
  // A server or a role may have a stricter default, and a guarded UPDATE would then fail instead of matching no row.
  transaction: { isolationLevel: 'read committed' },
  snapshot: { isolationLevel: 'repeatable read' },
  singleWriter: false,
  lockForWriting: () => Promise.resolve(),
  changeMark: () => Promise.resolve(null),
  replicaOf,
  async now(knex) {
    const { rows } = await knex.raw<{ rows: { now: string }[] }>(
      'SELECT CAST(floor(extract(epoch FROM clock_timestamp())) AS bigint) AS now',
    );
    return Number(rows[0]?.now);
  },
  types: { object: 'VARCHAR', attributes: 'jsonb', json: 'json' },
  keyConstraint: 'UNIQUE',
  indexesInTable: false,
  async tables(knex) {
    const rows = await knex('pg_tables')
      .whereRaw('schemaname = ANY (current_schemas(false))')
      .select<{ tablename: string }[]>('tablename');
    if (rows.length === 0) await assertSchemaUsable(knex);
    return rows.map((row) => row.tablename);
  },
  async estimatedObjects(knex) {
    const found = await knex.raw<{ rows: { rows: number }[] }>(
      `SELECT CAST(reltuples AS float8) AS rows FROM pg_class WHERE oid = to_regclass('objects')`,
    );
    return Math.max(0, found.rows[0]?.rows ?? 0);
  },
  async databaseName(knex) {
    const [row] = await postgresql.select<{ name: string }>(
      knex,
      'SELECT current_database() AS name',
      [],
    );
    return row?.name ?? '';
  },
  unfitForReading,
  unfitForWriting,
  configure: () => Promise.resolve(),
  withSchemaLock,
  inSchemaTransaction: (executor, wait, change) =>
    whileHeld(
      wait,
      () => executor.transaction(change, postgresql.transaction),
      () => holdersOfTables(executor),
    ),
  usableIndexes,
  createIndexes,
  indexParts,
  dropIndexParts,
};

/** A search path silently skips a schema that the user has no right to use. */
async function assertSchemaUsable(knex: Knex): Promise<void> {
  const barred = await knex('pg_tables')
    .where('tablename', 'objects')
    .whereRaw(`NOT has_schema_privilege(schemaname, 'USAGE')`)
    .first<{ schemaname: string } | undefined>('schemaname');
  // Fails with the database's own error, which says it best.
  if (barred !== undefined) await knex.raw('SELECT FROM ??.objects', [barred.schemaname]);
}
