// Why a store on PostgreSQL must not be used, as it is not all seen, and why it must not be written to: settings,
// rules, columns too narrow for a uid, an encoding that loses letters.
import type { Knex } from 'knex';
import type { UnfitReason } from '../dialect.js';
import { isTooNarrow, STORE_TABLES, tooNarrowReason, WRITTEN_COLUMNS } from '../written-columns.js';
import { sessionUnfitForReading, sessionUnfitForWriting } from './postgresql-session.js';
import { unseenReasons } from './postgresql-visibility.js';

interface Column {
  readonly table: string;
  readonly name: string;
  /** Null if there is no limit. */
  readonly characters: number | null;
}

export async function unfitForReading(knex: Knex): Promise<readonly UnfitReason[]> {
  return [...(await unseenReasons(knex)), ...(await sessionUnfitForReading(knex))];
}

export async function unfitForWriting(knex: Knex): Promise<readonly UnfitReason[]> {
  const columns: Column[] = [];
  for (const table of Object.keys(WRITTEN_COLUMNS)) columns.push(...(await columnsOf(knex, table)));
  return [
    ...(await sessionUnfitForWriting(knex)),
    ...(await replacingRules(knex)),
    ...columns.filter(isTooNarrow).map(tooNarrowReason),
    ...(await lossyEncoding(knex)),
  ];
}

/** A rule that does something instead of what was asked for; PostgreSQL reports no row as written then. */
async function replacingRules(knex: Knex): Promise<readonly UnfitReason[]> {
  const { rows } = await knex.raw<{ rows: readonly { rule: string; table: string }[] }>(
    `SELECT rulename AS rule, wanted.name AS "table" FROM unnest(?::text[]) AS wanted (name)
      JOIN pg_rewrite ON ev_class = to_regclass(wanted.name) AND is_instead AND ev_enabled <> 'D'
      ORDER BY 2, 1`,
    [[...STORE_TABLES]],
  );
  return rows.map(({ rule, table }) => ({
    what: `the rule ${rule} of the table ${table} does something else instead of what kms writes`,
    hint: `DROP RULE ${rule} ON ${table}, or ALTER TABLE ${table} DISABLE RULE ${rule}`,
  }));
}

/** Returns the columns of the table that the search path leads to. */
async function columnsOf(knex: Knex, table: string): Promise<readonly Column[]> {
  const columns = await knex('pg_attribute')
    .whereRaw('attrelid = to_regclass(?)', [table])
    .where('attnum', '>', 0)
    .orderBy('attnum')
    .select<Omit<Column, 'table'>[]>(
      'attname AS name',
      knex.raw(
        `CASE WHEN atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND atttypmod > 4
          THEN atttypmod - 4 END AS characters`,
      ),
    );
  return columns.map((column) => ({ table, ...column }));
}

async function lossyEncoding(knex: Knex): Promise<readonly UnfitReason[]> {
  const { rows } = await knex.raw<{ rows: { encoding: string }[] }>(
    `SELECT current_setting('server_encoding') AS encoding`,
  );
  return rows
    .filter(({ encoding }) => encoding !== 'UTF8')
    .map(({ encoding }) => ({
      what: `the database has the encoding ${encoding}, in which letters would be lost`,
      hint: 'move the store to a database made with ENCODING UTF8 (pg_dump, CREATE DATABASE, restore)',
    }));
}
