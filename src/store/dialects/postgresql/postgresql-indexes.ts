// Our indexes on PostgreSQL: what they hold, and how they are made and dropped.
import type { Knex } from 'knex';
import { errorCode } from '../../connect/errors/error-code.js';
import { earliestDeadlineSql } from '../due-expression.js';
import { earliestEndSql, halfUsedSql } from '../end-expression.js';
import type { IndexBuild } from '../dialect.js';
import { INDEX_NAMES, type OurIndex, type Subset } from '../our-indexes.js';
import { whileHeld, type LockWait } from '../schema-lock.js';
import {
  foreignPublicKeyLinkSql,
  stoppedMemberSql,
  wrappingKeyMismatchSql,
} from '../subset-conditions.js';
import {
  blockersOfIndex,
  holdersOfTables,
  shownProcesses,
  stillThere,
} from './postgresql-blockers.js';
import { dateByText } from './postgresql-date.js';

const at = (path: string) => `(attributes -> '${path.replace('.', "' -> '")}')`;

/** The value as JSON: a string keeps its quotes. */
const text = (path: string) => `CAST(${at(path)} AS text)`;

// Without question marks: knex would take one for a bound value.
const ACCESS = {
  isObject: `jsonb_typeof(attributes) = 'object'`,
  once: 'true',
  least: 'LEAST',
  token: text,
  isInteger: (path: string) => `coalesce(${text(path)}, '') ~ '^(-|)[0-9]{1,15}$'`,
  integer: (path: string) => `CAST(${text(path)} AS bigint)`,
  date: (member: string) => dateByText(at(member)),
};

export const earliest = `CAST(${earliestDeadlineSql(ACCESS)} AS bigint)`;

export const earliestEnd = `CAST(${earliestEndSql(ACCESS)} AS bigint)`;

export const keysetName = `(attributes ->> 'RotateName')`;

export const CONDITIONS: Readonly<Record<Subset, string>> = {
  usage: halfUsedSql(ACCESS),
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
  stoppedMembers: stoppedMemberSql((found) => `strpos(CAST(attributes AS text), '${found}') > 0`),
};

/** The expressions are too long for an index, so functions hold them; in plpgsql, which the planner does not inline. */
export const DEADLINE_FUNCTION = 'kms_rotation_deadline';
export const END_FUNCTION = 'kms_rotation_end';

/** The body of each function, and the index over it. */
const FUNCTIONS: Readonly<Record<string, { readonly body: string; readonly index: OurIndex }>> = {
  [DEADLINE_FUNCTION]: { body: bodyOf(earliest), index: 'due' },
  [END_FUNCTION]: { body: bodyOf(earliestEnd), index: 'ends' },
};

const CONTENTS: Readonly<Record<OurIndex, string>> = {
  due: `(${DEADLINE_FUNCTION}(attributes), id) WHERE state = 'Active'`,
  ends: `(${END_FUNCTION}(attributes), id) WHERE state = 'Active'`,
  usage: `(id) WHERE state = 'Active' AND ${CONDITIONS.usage}`,
  keyset: `(${keysetName}) WHERE ${keysetName} IS NOT NULL`,
  certificates: `(id) WHERE state = 'Active' AND ${CONDITIONS.certificates}`,
  wrappingKeyMismatches: `(id) WHERE ${CONDITIONS.wrappingKeyMismatches}`,
  foreignPublicKeyLinks: `(id) WHERE ${CONDITIONS.foreignPublicKeyLinks}`,
  stoppedMembers: `(id) WHERE ${CONDITIONS.stoppedMembers}`,
};

/** A large row is stored compressed. `||` decompresses it once, instead of at each look into it. */
function bodyOf(expression: string): string {
  return `BEGIN
  IF jsonb_typeof(attributes) = 'object' THEN attributes := attributes || '{}'; END IF;
  RETURN ${expression};
END`;
}

/** Leaves out INVALID ones, and those over an earlier version's function: they hold what that one computed. */
export async function usableIndexes(knex: Knex): Promise<readonly string[]> {
  const indexes = await ourIndexes(knex);
  const outdated = (await outdatedFunctions(knex)).map(indexOver);
  return indexes
    .filter(({ name, valid }) => valid && !outdated.includes(name))
    .map(({ name }) => name);
}

/** Adds them CONCURRENTLY, so that a running server can write meanwhile. */
export async function createIndexes(
  knex: Knex,
  wait: LockWait,
  { indexes, begin }: IndexBuild,
): Promise<void> {
  for (const name of await outdatedFunctions(knex)) {
    await runWhileHeld(knex, wait, `DROP INDEX CONCURRENTLY IF EXISTS ${indexOver(name)}`);
  }
  for (const [name, { body }] of Object.entries(FUNCTIONS)) {
    await knex.raw(
      `CREATE OR REPLACE FUNCTION ${name}(attributes jsonb) RETURNS bigint
        LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS '${body.replaceAll("'", "''")}'`,
    );
    // Whoever writes to the table runs it, the server too, so it does not depend on what new functions grant by default.
    await knex.raw(`GRANT EXECUTE ON FUNCTION ${name}(jsonb) TO PUBLIC`);
  }
  for (const index of indexes) {
    const begun = () => {
      begin(index);
    };
    await createIndex(knex, wait, INDEX_NAMES[index], CONTENTS[index], begun);
  }
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
  begin: () => void,
): Promise<void> {
  const validity = async () => (await ourIndexes(knex)).find((index) => index.name === name)?.valid;
  if ((await validity()) === true) return;
  begin();
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

/** Returns the names of our indexes, INVALID ones too, and of the functions. */
export async function indexParts(knex: Knex): Promise<readonly string[]> {
  const functions = await ourFunctions(knex).select<{ name: string }[]>('proname AS name');
  return [...(await ourIndexes(knex)), ...functions].map(({ name }) => name);
}

/** Drops the functions last, as indexes depend on them. */
export async function dropIndexParts(executor: Knex, parts: readonly string[]): Promise<void> {
  const isFunction = (name: string) => FUNCTIONS[name] !== undefined;
  const indexes = parts.filter((name) => !isFunction(name));
  if (indexes.length > 0) await executor.raw(`DROP INDEX ${indexes.join(', ')}`);
  for (const name of parts.filter(isFunction)) {
    await executor.raw(`DROP FUNCTION ${name}(jsonb)`);
  }
}

/** Returns the names of our functions that are of another version. */
async function outdatedFunctions(knex: Knex): Promise<readonly string[]> {
  const found = await ourFunctions(knex).select<{ name: string; body: string }[]>(
    ...['proname AS name', 'prosrc AS body'],
  );
  return found.filter(({ name, body }) => FUNCTIONS[name]?.body !== body).map(({ name }) => name);
}

function indexOver(functionName: string): string {
  return INDEX_NAMES[FUNCTIONS[functionName]?.index ?? 'due'];
}

function ourFunctions(knex: Knex): Knex.QueryBuilder {
  return knex('pg_proc')
    .join('pg_namespace', 'pg_namespace.oid', 'pg_proc.pronamespace')
    .whereRaw('pg_namespace.nspname = ANY (current_schemas(false))')
    .whereIn('proname', Object.keys(FUNCTIONS));
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
