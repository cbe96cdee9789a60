// The dialect of PostgreSQL.
import { setTimeout } from 'node:timers/promises';
import type { Knex } from 'knex';
import {
  CERTIFICATE_INDEX,
  distinctBySteps,
  DUE_INDEX,
  givenValues,
  INIT_LOCK_SECONDS,
  KEYSET_INDEX,
  otherInitAtWork,
  type Dialect,
} from './dialect.js';
import { dateByElements, earliestDeadlineSql, type ElementAccess } from './due-expression.js';

/** `RotateDate[0]` as a path of jsonb. */
const at = (path: string) => `(attributes #> '{${path.replace(/\[(\d+)\]/, ',$1')}}')`;

// No question mark may stand in here: knex would take it for a bound value.
const json: ElementAccess = {
  type: (path) =>
    `CASE jsonb_typeof(${at(path)})
      WHEN 'number' THEN CASE WHEN ${at(path)}::text ~ '^(-|)[0-9]{1,15}$' THEN 'integer' ELSE 'number' END
      WHEN 'boolean' THEN ${at(path)}::text ELSE jsonb_typeof(${at(path)}) END`,
  integer: (path) => `CAST(${at(path)}::text AS bigint)`,
  length: (path) => `jsonb_array_length(${at(path)})`,
  divide: (dividend, divisor) => `${dividend} / ${divisor}`,
};

const earliest = `CAST(${earliestDeadlineSql({
  ...json,
  isMap: `jsonb_typeof(attributes) = 'object'`,
  date: (member) => dateByElements(json, member),
})} AS bigint)`;

const keysetName = `(attributes ->> 'RotateName')`;
const isActiveCertificate = `state = 'Active' AND attributes ->> 'ObjectType' = 'Certificate'`;

/** A function, as the expression is too long for an index; in plpgsql, so that no planner unfolds it. */
const DEADLINE_FUNCTION = 'kms_rotation_deadline';

/** Any number will do, so long as it is ours. */
const ADVISORY_LOCK = 7_505_026_112;
const LOCK_PAUSE_MS = 50;

export const postgresql: Dialect = {
  name: 'postgresql',
  types: { object: 'VARCHAR', attributes: 'jsonb', json: 'json' },
  keyConstraint: 'UNIQUE',
  // The default of a server or a role may be stricter, and a guarded UPDATE would then fail, not miss.
  transaction: { isolationLevel: 'read committed' },
  snapshot: { isolationLevel: 'repeatable read' },
  text: (column) => `${column}::text`,
  equals: (column, text = '?') => `${column}::text = ${text}`,
  given: givenValues,
  async updateObjects(transaction, { given, guard }, values) {
    const { rowCount } = await transaction.raw<{ rowCount: number }>(
      `UPDATE objects SET state = new_state, attributes = new_attributes::jsonb, object = new_object,
        wrapping_key_id = new_wrapping_key_id
        FROM ${given} WHERE ${guard}`,
      values,
    );
    return rowCount;
  },
  byPrimaryKey: 'objects',
  namesWrappingKey: `strpos(replace(object::text, ': "', ':"'), '"UniqueIdentifier":"' || wrapping_key_id || '"') > 0`,
  distinctWrappingKeys: distinctBySteps,
  keysetName: () => keysetName,
  byDeadline: (indexed) => ({
    table: 'objects',
    earliest: indexed ? `${DEADLINE_FUNCTION}(attributes)` : earliest,
  }),
  activeCertificates: () => ({ table: 'objects', condition: isActiveCertificate }),
  lockForWriting: () => Promise.resolve(),
  async tables(knex) {
    const rows = await knex('pg_tables')
      .whereRaw('schemaname = ANY (current_schemas(false))')
      .select<{ tablename: string }[]>('tablename');
    if (rows.length === 0) await assertSchemaUsable(knex);
    return rows.map((row) => row.tablename);
  },
  indexExists: async (knex, name) => (await validityOf(knex, name)) === true,
  exclusively: (knex, change) =>
    whileLocked(knex, () => knex.transaction(change, postgresql.transaction)),
  createIndexes: (knex) =>
    whileLocked(knex, async () => {
      // Concurrently, so that a living server goes on writing.
      await knex.raw(
        `CREATE OR REPLACE FUNCTION ${DEADLINE_FUNCTION}(attributes jsonb) RETURNS bigint
          LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS 'BEGIN RETURN ${earliest.replaceAll("'", "''")}; END'`,
      );
      // Everybody who writes to the table computes it, the server too, whatever new functions grant.
      await knex.raw(`GRANT EXECUTE ON FUNCTION ${DEADLINE_FUNCTION}(jsonb) TO PUBLIC`);
      await create(
        knex,
        DUE_INDEX,
        `(${DEADLINE_FUNCTION}(attributes), id) WHERE state = 'Active'`,
      );
      await create(knex, KEYSET_INDEX, `(${keysetName}) WHERE ${keysetName} IS NOT NULL`);
      await create(knex, CERTIFICATE_INDEX, `(id) WHERE ${isActiveCertificate}`);
      // Without statistics of the expressions the planner guesses, and may read the whole table.
      await knex.raw('ANALYZE objects');
    }),
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
async function whileLocked<T>(knex: Knex, work: () => Promise<T>): Promise<T> {
  const end = performance.now() + INIT_LOCK_SECONDS * 1000;
  while (!(await tryLock(knex))) {
    if (performance.now() > end) throw otherInitAtWork();
    await setTimeout(LOCK_PAUSE_MS);
  }
  try {
    return await work();
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

/** Makes an index; one that a killed process left INVALID is dropped first. */
async function create(knex: Knex, name: string, definition: string): Promise<void> {
  const valid = await validityOf(knex, name);
  if (valid === true) return;
  if (valid === false) await knex.raw(`DROP INDEX CONCURRENTLY ${name}`);
  await knex.raw(`CREATE INDEX CONCURRENTLY ${name} ON objects ${definition}`);
}

async function validityOf(knex: Knex, name: string): Promise<boolean | undefined> {
  const rows = await knex('pg_index')
    .join('pg_class', 'pg_class.oid', 'pg_index.indexrelid')
    .join('pg_namespace', 'pg_namespace.oid', 'pg_class.relnamespace')
    .whereRaw('pg_namespace.nspname = ANY (current_schemas(false))')
    .where('pg_class.relname', name)
    .select<{ valid: boolean }[]>('pg_index.indisvalid AS valid');
  return rows[0]?.valid;
}
