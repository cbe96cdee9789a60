// Our indexes on PostgreSQL: what they stand on, and how they are made and dropped.
import type { Knex } from 'knex';
import {
  CERTIFICATE_INDEX,
  DUE_INDEX,
  FOREIGN_LINK_INDEX,
  foreignLinkSql,
  KEYSET_INDEX,
  MISLABELLED_INDEX,
  wrappingKeyMismatchSql,
  OUR_INDEXES,
} from '../dialect.js';
import { earliestDeadlineSql } from '../due-expression.js';
import { dateByText } from './postgresql-date.js';

const at = (path: string) => `(attributes -> '${path}')`;

/** A text within it keeps its quotes. */
const text = (path: string) => `CAST(${at(path)} AS text)`;

// No question mark may stand in here: knex would take it for a bound value.
export const earliest = `CAST(${earliestDeadlineSql({
  isMap: `jsonb_typeof(attributes) = 'object'`,
  least: 'LEAST',
  token: text,
  isInteger: (path) => `coalesce(${text(path)}, '') ~ '^(-|)[0-9]{1,15}$'`,
  integer: (path) => `CAST(${text(path)} AS bigint)`,
  date: (member) => dateByText(at(member)),
})} AS bigint)`;

export const keysetName = `(attributes ->> 'RotateName')`;
export const isActiveCertificate = `state = 'Active' AND attributes ->> 'ObjectType' = 'Certificate'`;
export const isWrappingKeyMismatch = wrappingKeyMismatchSql(
  (found) => `strpos(object::text, '${found}') > 0`,
  `strpos(replace(object::text, ': "', ':"'), '"UniqueIdentifier":"' || wrapping_key_id || '"') > 0`,
);
/** It writes jsonb with a blank after each colon. */
export const hasForeignLink = foreignLinkSql(
  (found) => `strpos(CAST(attributes AS text), '${found.replace(':', ': ')}') > 0`,
  `strpos(CAST(attributes AS text), '"LinkedObjectIdentifier": "' || id || '_pk"') > 0`,
);

/** A function, as the expression is too long for an index; in plpgsql, so that no planner unfolds it. */
export const DEADLINE_FUNCTION = 'kms_rotation_deadline';

/** A large row is stored compressed, and every look into it would unpack it anew: it is unpacked once. */
const BODY = `BEGIN
  IF jsonb_typeof(attributes) = 'object' THEN attributes := attributes || '{}'; END IF;
  RETURN ${earliest};
END`;

/** Adds them concurrently, so that a living server goes on writing. */
export async function createIndexes(knex: Knex): Promise<void> {
  await dropIfDifferent(knex);
  await knex.raw(
    `CREATE OR REPLACE FUNCTION ${DEADLINE_FUNCTION}(attributes jsonb) RETURNS bigint
      LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS '${BODY.replaceAll("'", "''")}'`,
  );
  // Everybody who writes to the table computes it, the server too, whatever new functions grant.
  await knex.raw(`GRANT EXECUTE ON FUNCTION ${DEADLINE_FUNCTION}(jsonb) TO PUBLIC`);
  await create(knex, DUE_INDEX, `(${DEADLINE_FUNCTION}(attributes), id) WHERE state = 'Active'`);
  await create(knex, KEYSET_INDEX, `(${keysetName}) WHERE ${keysetName} IS NOT NULL`);
  await create(knex, CERTIFICATE_INDEX, `(id) WHERE ${isActiveCertificate}`);
  await create(knex, MISLABELLED_INDEX, `(id) WHERE ${isWrappingKeyMismatch}`);
  await create(knex, FOREIGN_LINK_INDEX, `(id) WHERE ${hasForeignLink}`);
  // Without statistics of the expressions the planner guesses, and may read the whole table.
  await knex.raw('ANALYZE objects');
}

/** Returns the names of our indexes, INVALID ones too, and of the function. */
export async function indexParts(knex: Knex): Promise<readonly string[]> {
  const indexes = await knex('pg_indexes')
    .whereRaw('schemaname = ANY (current_schemas(false))')
    .whereIn('indexname', OUR_INDEXES)
    .select<{ name: string }[]>('indexname AS name');
  const functions = await ourFunctions(knex).select<{ name: string }[]>('proname AS name');
  return [...indexes, ...functions].map(({ name }) => name);
}

/** Drops them; the function last, as an index stands on it. */
export async function dropIndexParts(executor: Knex, parts: readonly string[]): Promise<void> {
  const indexes = parts.filter((name) => name !== DEADLINE_FUNCTION);
  if (indexes.length > 0) await executor.raw(`DROP INDEX ${indexes.join(', ')}`);
  if (parts.includes(DEADLINE_FUNCTION)) {
    await executor.raw(`DROP FUNCTION ${DEADLINE_FUNCTION}(jsonb)`);
  }
}

/** An index keeps what an earlier version's function said, which this one's would then be looked up among. */
async function dropIfDifferent(knex: Knex): Promise<void> {
  const bodies = await ourFunctions(knex).select<{ body: string }[]>('prosrc AS body');
  if (bodies.every(({ body }) => body === BODY)) return;
  await knex.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${DUE_INDEX}`);
}

function ourFunctions(knex: Knex): Knex.QueryBuilder {
  return knex('pg_proc')
    .join('pg_namespace', 'pg_namespace.oid', 'pg_proc.pronamespace')
    .whereRaw('pg_namespace.nspname = ANY (current_schemas(false))')
    .where('proname', DEADLINE_FUNCTION);
}

/** Makes an index; one that a killed process left INVALID is dropped first. */
async function create(knex: Knex, name: string, definition: string): Promise<void> {
  const valid = await validityOf(knex, name);
  if (valid === true) return;
  if (valid === false) await knex.raw(`DROP INDEX CONCURRENTLY ${name}`);
  await knex.raw(`CREATE INDEX CONCURRENTLY ${name} ON objects ${definition}`);
}

/** Says whether an index is fit for use; undefined if there is none. */
export async function validityOf(knex: Knex, name: string): Promise<boolean | undefined> {
  const rows = await knex('pg_index')
    .join('pg_class', 'pg_class.oid', 'pg_index.indexrelid')
    .join('pg_namespace', 'pg_namespace.oid', 'pg_class.relnamespace')
    .whereRaw('pg_namespace.nspname = ANY (current_schemas(false))')
    .where('pg_class.relname', name)
    .select<{ valid: boolean }[]>('pg_index.indisvalid AS valid');
  return rows[0]?.valid;
}
