// Whether a session on PostgreSQL sees the whole store: tables that are tables, not filtered for its user, and found in
// one schema. What is seen of them may still be unfit to be written to (postgresql-fitness.ts).
import type { Knex } from 'knex';
import type { UnfitReason } from '../dialect.js';
import { SERVER_TABLES, STORE_TABLES } from '../written-columns.js';

interface SeenTable {
  readonly table: string;
  readonly schema: string;
  /** As pg_class has it: `r` for a table, `p` for one that is partitioned. */
  readonly kind: string;
  /** Whether it is a part of another table. */
  readonly part: boolean;
  /** Whether row level security filters it for this user. */
  readonly filtered: boolean;
}

const KINDS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
};

export async function unseenReasons(knex: Knex): Promise<readonly UnfitReason[]> {
  const tables = await seenTables(knex);
  return [
    ...tables.flatMap(unseen),
    ...(await ambiguousPath(knex)),
    ...(await splitStore(knex, tables)),
  ];
}

function unseen({ table, schema, kind, part, filtered }: SeenTable): readonly UnfitReason[] {
  const name = `${schema}.${table}`;
  const other = KINDS[kind];
  const instead = { hint: `let the search path lead to the server’s own table ${table}` };
  if (other !== undefined) {
    return [{ what: `${name} is ${other}, which may not show all rows`, ...instead }];
  }
  if (part) return [{ what: `${name} is a part of another table, not all of it`, ...instead }];
  if (!filtered) return [];
  return [
    {
      what: `row level security of the table ${name} filters what this user sees of it (row_security_active)`,
      hint: `let kms see every row: ALTER ROLE … BYPASSRLS, or ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY`,
    },
  ];
}

async function seenTables(knex: Knex): Promise<readonly SeenTable[]> {
  const { rows } = await knex.raw<{ rows: readonly SeenTable[] }>(
    `SELECT wanted.name AS "table", nspname AS schema, relkind AS kind,
      EXISTS (SELECT FROM pg_inherits WHERE inhrelid = pg_class.oid) AS part,
      row_security_active(pg_class.oid) AS filtered
      FROM unnest(?::text[]) WITH ORDINALITY AS wanted (name, place)
      JOIN pg_class ON pg_class.oid = to_regclass(wanted.name)
      JOIN pg_namespace ON pg_namespace.oid = relnamespace
      ORDER BY place`,
    [[...STORE_TABLES]],
  );
  return rows;
}

/** Which of two stores is meant nobody can tell. */
async function ambiguousPath(knex: Knex): Promise<readonly UnfitReason[]> {
  const { rows } = await knex.raw<{ rows: readonly { schema: string }[] }>(
    `SELECT nspname AS schema FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE relname = 'objects' AND relkind IN ('r', 'p', 'v', 'm', 'f')
      AND nspname = ANY (current_schemas(true))
      ORDER BY array_position(current_schemas(true), nspname)`,
  );
  if (rows.length < 2) return [];
  const schemas = rows.map(({ schema }) => schema);
  return [
    {
      what: `the search path leads to ${rows.length} tables named objects, in the schemas ${schemas.join(', ')} (search_path = ${await searchPath(knex)})`,
      hint: 'name the schema of the store alone: ALTER ROLE … SET search_path = SCHEMA',
    },
  ];
}

async function splitStore(
  knex: Knex,
  tables: readonly SeenTable[],
): Promise<readonly UnfitReason[]> {
  const ofServer = tables.filter(({ table }) => SERVER_TABLES.includes(table));
  const schemas = new Set(ofServer.map(({ schema }) => schema));
  if (schemas.size < 2) return [];
  const found = ofServer.map(({ table, schema }) => `${schema}.${table}`).join(', ');
  return [
    {
      what: `the tables of the store are found in several schemas: ${found} (search_path = ${await searchPath(knex)})`,
      hint: 'name the schema of the store alone: ALTER ROLE … SET search_path = SCHEMA',
    },
  ];
}

async function searchPath(knex: Knex): Promise<string> {
  const { rows } = await knex.raw<{ rows: readonly { path: string }[] }>(
    `SELECT current_setting('search_path') AS path`,
  );
  return rows[0]?.path ?? '';
}
