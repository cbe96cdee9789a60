// Why a store on MySQL or MariaDB must not be written to: tables without transactions, columns too narrow for a uid,
// character sets that lose letters.
import type { Knex } from 'knex';
import type { UnfitReason } from '../dialect.js';
import { isTooNarrow, tooNarrowReason, WRITTEN_COLUMNS } from '../written-columns.js';

interface Column {
  readonly table: string;
  readonly name: string;
  readonly characters: number | string | null;
  readonly charset: string | null;
}

export async function unfitReasons(knex: Knex): Promise<readonly UnfitReason[]> {
  const engines = await knex('information_schema.tables')
    .whereRaw('table_schema = DATABASE()')
    .whereIn('table_name', Object.keys(WRITTEN_COLUMNS))
    .whereNot('engine', 'InnoDB')
    .orderBy('table_name')
    .select<{ table: string; engine: string }[]>('table_name AS table', 'engine AS engine');
  const columns = await writtenColumns(knex);
  return [
    ...engines.map(({ table, engine }) => withoutTransactions(table, engine)),
    ...columns.filter(isTooNarrow).map(tooNarrowReason),
    ...columns.filter(isLossy).map(({ table, name, charset }) => ({
      what: `the column ${name} of ${table} has the character set ${charset ?? ''}, in which letters would be lost`,
      hint: `ALTER TABLE ${table} CONVERT TO CHARACTER SET utf8mb4`,
    })),
    ...(isWhole(columns) ? [] : await lossyDefault(knex)),
  ];
}

function isWhole(columns: readonly Column[]): boolean {
  return Object.keys(WRITTEN_COLUMNS).every((name) => columns.some(({ table }) => table === name));
}

function withoutTransactions(table: string, engine: string): UnfitReason {
  return {
    what: `the table ${table} is of ${engine}, which has no transactions: a rotation could be left half-done`,
    hint: `ALTER TABLE ${table} ENGINE = InnoDB`,
  };
}

async function writtenColumns(knex: Knex): Promise<readonly Column[]> {
  const columns = await knex('information_schema.columns')
    .whereRaw('table_schema = DATABASE()')
    .whereIn('table_name', Object.keys(WRITTEN_COLUMNS))
    .orderBy(['table_name', 'ordinal_position'])
    .select<Column[]>(
      'table_name AS table',
      'column_name AS name',
      'character_maximum_length AS characters',
      'character_set_name AS charset',
    );
  return columns.filter(({ table, name }) => WRITTEN_COLUMNS[table]?.includes(name));
}

/** JSON and binary columns have no character set. */
function isLossy({ charset }: Column): boolean {
  return charset !== null && charset !== 'utf8mb4';
}

/** The default of tables that do not exist yet. */
async function lossyDefault(knex: Knex): Promise<readonly UnfitReason[]> {
  const [rows] = (await knex.raw(
    'SELECT DATABASE() AS name, @@character_set_database AS charset',
  )) as [{ name: string; charset: string }[]];
  return rows
    .filter(({ charset }) => charset !== 'utf8mb4')
    .map(({ name, charset }) => ({
      what: `new tables would have the character set ${charset}, in which letters would be lost`,
      hint: `ALTER DATABASE \`${name}\` CHARACTER SET utf8mb4`,
    }));
}
