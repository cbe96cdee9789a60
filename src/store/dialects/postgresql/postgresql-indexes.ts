// Our indexes on PostgreSQL: what they hold, and how they are made and dropped.
import type { Knex } from 'knex';
import { errorCode } from '../../connect/errors/error-code.js';
import { earliestDeadlineSql } from '../due-expression.js';
import { INDEX_NAMES, OUR_INDEXES, type OurIndex, type Subset } from '../our-indexes.js';
import { whileHeld, type LockWait } from '../schema-lock.js';
import { foreignPublicKeyLinkSql, wrappingKeyMismatchSql } from '../subset-conditions.js';
import {
  blockersOfIndex,
  holdersOfTables,
  shownProcesses,
  stillThere,
} from './postgresql-blockers.js';
import { dateByText } from './postgresql-date.js';

const at = (path: string) => `(attributes -> '${path}')`;

/** The value as JSON: a string keeps its quotes. */
const text = (path: string) => `CAST(${at(path)} AS text)`;

// Without question marks: knex would take one for a bound value.
export const earliest = `CAST(${earliestDeadlineSql({
  isObject: `jsonb_typeof(attributes) = 'object'`,
  least: 'LEAST',
  token: text,
  isInteger: (path) => `coalesce(${text(path)}, '') ~ '^(-|)[0-9]{1,15}$'`,
  integer: (path) => `CAST(${text(path)} AS bigint)`,
  date: (member) => dateByText(at(member)),
})} AS bigint)`;

export const keysetName = `(attributes ->> 'RotateName')`;

export const CONDITIONS: Readonly<Record<Subset, string>> = {
  certificates: `attributes ->> 'ObjectType' = 'Certificate'`,
  wrappingKeyMismatches: wrappingKeyMismatchSql(
    (found) => `strpos(object::text, '${found}') > 0`,
    `strpos(replace(object::text, ': "', ':"'), '"UniqueIdentifier":"' || wrapping_key_id || '"') > 0`,
  ),
  // PostgreSQL writes jsonb with a blank after each colon.
  foreignPublicKeyLinks: foreignPublicKeyLinkSql(
    (found) => `strpos(CAST(attributes AS text), '${found.replace(':', ': ')}') > 0`,
    `strpos(CAST(attributes AS text), '"LinkedObjectIdentifier": "' || id || '_pk"') > 0`,
  ),
};

/** The expression is too long for an index, so a function holds it; in plpgsql, which the planner does not inline. */
export const DEADLINE_FUNCTION = 'kms_rotation_deadline';

const CONTENTS: Readonly<Record<OurIndex, string>> = {
  due: `(${DEADLINE_FUNCTION}(attributes), id) WHERE state = 'Active'`,
  keyset: `(${keysetName}) WHERE ${keysetName} IS NOT NULL`,
  certificates: `(id) WHERE state = 'Active' AND ${CONDITIONS.certificates}`,
  wrappingKeyMismatches: `(id) WHERE ${CONDITIONS.wrappingKeyMismatches}`,
  foreignPublicKeyLinks: `(id) WHERE ${CONDITIONS.foreignPublicKeyLinks}`,
};

/** A large row is stored compressed. `||` decompresses it once, instead of at each look into it. */
const BODY = `BEGIN
  IF jsonb_typeof(attributes) = 'object' THEN attributes := attributes || '{}'; END IF;
  RETURN ${earliest};
END`;

/**
 * Leaves out INVALID ones, and the one over an earlier version's function: it holds the deadlines that that one
 * computed.
 */
export async function usableIndexes(knex: Knex): Promise<readonly string[]> {
  const indexes = await ourIndexes(knex);
  const isOutdated = await isFunctionOutdated(knex);
  return indexes
    .filter(({ name, valid }) => valid && !(isOutdated && name === INDEX_NAMES.due))
    .map(({ name }) => name);
}

/** Adds them CONCURRENTLY, so that a running server can write meanwhile. */
export async function createIndexes(knex: Knex, wait: LockWait): Promise<void> {
  if (await isFunctionOutdated(knex)) {
    await runWhileHeld(knex, wait, `DROP INDEX CONCURRENTLY IF EXISTS ${INDEX_NAMES.due}`);
  }
  await knex.raw(
    `CREATE OR REPLACE FUNCTION ${DEADLINE_FUNCTION}(attributes jsonb) RETURNS bigint
      LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS '${BODY.replaceAll("'", "''")}'`,
  );
  // Whoever writes to the table runs it, the server too, so it does not depend on what new functions grant by default.
  await knex.raw(`GRANT EXECUTE ON FUNCTION ${DEADLINE_FUNCTION}(jsonb) TO PUBLIC`);
  for (const index of OUR_INDEXES)
    await createIndex(knex, wait, INDEX_NAMES[index], CONTENTS[index]);
  // Without statistics of the expressions the planner guesses, and may read the whole table.
  await runWhileHeld(knex, wait, 'ANALYZE objects');
}

function runWhileHeld(knex: Knex, wait: LockWait, statement: string): Promise<unknown> {
  return whileHeld(
    wait,
    () => knex.raw<object>(statement),
    () => holdersOfTables(knex),
  );
}

/**
 * An index waits for every transaction that is older. So it is begun when none is left of those that were there, and
 * one that fails all the same is dropped: it would stay, INVALID, and slow all writes.
 */
async function createIndex(
  knex: Knex,
  wait: LockWait,
  name: string,
  contents: string,
): Promise<void> {
  const validity = async () => (await ourIndexes(knex)).find((index) => index.name === name)?.valid;
  if ((await validity()) === true) return;
  let blockers = await blockersOfIndex(knex);
  let rest = '';
  await whileHeld(
    wait,
    async () => {
      blockers = await stillThere(knex, blockers);
      if (blockers.length > 0) return null;
      try {
        // A process that was killed has left half of one, or we have.
        if ((await validity()) === false) await knex.raw(`DROP INDEX CONCURRENTLY ${name}`);
        await knex.raw(`CREATE INDEX CONCURRENTLY ${name} ON objects ${contents}`);
      } catch (error) {
        blockers = await blockersOfIndex(knex);
        rest = (await isDropped(knex, name)) ? '' : HALF_IS_LEFT;
        throw error;
      }
      return true;
    },
    () => Promise.resolve(`${shownProcesses(blockers)}, to make the index ${name}${rest}`),
  );
}

const HALF_IS_LEFT = '; half of it is there, and slows writes until the next kms init';

/** Drops half an index, unless that would wait for the same transactions. */
async function isDropped(knex: Knex, name: string): Promise<boolean> {
  try {
    await knex.raw(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    return true;
  } catch (error) {
    if (errorCode(error) === LOCK_TIMEOUT) return false;
    throw error;
  }
}

const LOCK_TIMEOUT = '55P03';

/** Returns the names of our indexes, INVALID ones too, and of the function. */
export async function indexParts(knex: Knex): Promise<readonly string[]> {
  const functions = await ourFunctions(knex).select<{ name: string }[]>('proname AS name');
  return [...(await ourIndexes(knex)), ...functions].map(({ name }) => name);
}

/** Drops the function last, as an index depends on it. */
export async function dropIndexParts(executor: Knex, parts: readonly string[]): Promise<void> {
  const indexes = parts.filter((name) => name !== DEADLINE_FUNCTION);
  if (indexes.length > 0) await executor.raw(`DROP INDEX ${indexes.join(', ')}`);
  if (parts.includes(DEADLINE_FUNCTION)) {
    await executor.raw(`DROP FUNCTION ${DEADLINE_FUNCTION}(jsonb)`);
  }
}

async function isFunctionOutdated(knex: Knex): Promise<boolean> {
  const bodies = await ourFunctions(knex).select<{ body: string }[]>('prosrc AS body');
  return bodies.some(({ body }) => body !== BODY);
}

function ourFunctions(knex: Knex): Knex.QueryBuilder {
  return knex('pg_proc')
    .join('pg_namespace', 'pg_namespace.oid', 'pg_proc.pronamespace')
    .whereRaw('pg_namespace.nspname = ANY (current_schemas(false))')
    .where('proname', DEADLINE_FUNCTION);
}

async function ourIndexes(knex: Knex): Promise<readonly { name: string; valid: boolean }[]> {
  return knex('pg_index')
    .join('pg_class', 'pg_class.oid', 'pg_index.indexrelid')
    .join('pg_namespace', 'pg_namespace.oid', 'pg_class.relnamespace')
    .whereRaw('pg_namespace.nspname = ANY (current_schemas(false))')
    .whereIn('pg_class.relname', Object.values(INDEX_NAMES))
    .select<{ name: string; valid: boolean }[]>(
      'pg_class.relname AS name',
      'pg_index.indisvalid AS valid',
    );
}
