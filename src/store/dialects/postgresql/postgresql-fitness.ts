// Why a store on PostgreSQL must not be written to: columns too narrow for a uid, an encoding that loses letters.
import type { Knex } from 'knex';
import type { UnfitReason } from '../dialect.js';
import { isTooNarrow, tooNarrowReason, WRITTEN_COLUMNS } from '../written-columns.js';

interface Column {
  readonly table: string;
  readonly name: string;
  /** Null if there is no limit. */
  readonly characters: number | null;
}

export async function unfitReasons(knex: Knex): Promise<readonly UnfitReason[]> {
  const columns: Column[] = [];
  for (const table of Object.keys(WRITTEN_COLUMNS)) columns.push(...(await columnsOf(knex, table)));
  return [...columns.filter(isTooNarrow).map(tooNarrowReason), ...(await lossyEncoding(knex))];
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
