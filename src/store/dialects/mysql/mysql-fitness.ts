// Why a store on MySQL or MariaDB must not be used: a session, a server or a table that does not show all rows. And why
// it must not be written to: tables without transactions, columns too narrow for a uid, character sets that lose
// letters.
import type { Knex } from 'knex';
import type { UnfitReason } from '../dialect.js';
import { unfitSession } from './mysql-session.js';
import { isTooNarrow, STORE_TABLES, tooNarrowReason, WRITTEN_COLUMNS } from '../written-columns.js';

interface Column {
  readonly table: string;
  readonly name: string;
  readonly characters: number | string | null;
  readonly charset: string | null;
}

/** Engines that keep no rows themselves: none, those of other tables, or those of another server. */
const ELSEWHERE = ['BLACKHOLE', 'MRG_MyISAM', 'MERGE', 'FEDERATED', 'CONNECT', 'SPIDER'];

/** Settings of a server with which InnoDB skips what it cannot read. */
const SKIPPING = ['innodb_force_recovery', 'innodb_force_load_corrupted'];

interface Variable {
  readonly name: string;
  readonly value: string;
}

/** Returns why a server leaves rows out, by its variables. */
export function skippingReasons(variables: readonly Variable[]): readonly UnfitReason[] {
  return variables
    .filter(({ name, value }) => SKIPPING.includes(name) && !['0', 'OFF'].includes(value))
    .map(({ name, value }) => ({
      what: `the server runs with ${name} = ${value}, so that it skips rows that it cannot read`,
      hint: 'recover the database first, and start the server without this setting',
    }));
}

export async function unfitForReading(knex: Knex): Promise<readonly UnfitReason[]> {
  return [
    ...(await unfitSession(knex)),
    ...skippingReasons(await serverVariables(knex)),
    ...(await tablesElsewhere(knex)),
  ];
}

async function serverVariables(knex: Knex): Promise<readonly Variable[]> {
  const [rows] = (await knex.raw(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('${SKIPPING.join("', '")}')`,
  )) as [readonly { Variable_name: string; Value: string }[]];
  return rows.map(({ Variable_name: name, Value: value }) => ({ name, value }));
}

async function tablesElsewhere(knex: Knex): Promise<readonly UnfitReason[]> {
  const tables = await knex('information_schema.tables')
    .whereRaw('table_schema = DATABASE()')
    .whereIn('table_name', STORE_TABLES)
    .where((query) => {
      void query
        .whereNotIn('table_type', ['BASE TABLE', 'SYSTEM VERSIONED'])
        .orWhereIn('engine', ELSEWHERE);
    })
    .orderBy('table_name')
    .select<{ table: string; type: string; engine: string | null }[]>(
      'table_name AS table',
      'table_type AS type',
      'engine AS engine',
    );
  return tables.map(({ table, type, engine }) => ({
    what: `${table} is ${engine === null ? `a ${type}` : `a table of ${engine}`}, which may not show all rows`,
    hint: `let ${table} be the server’s own table`,
  }));
}

export async function unfitForWriting(knex: Knex): Promise<readonly UnfitReason[]> {
  const engines = await knex('information_schema.tables')
    .whereRaw('table_schema = DATABASE()')
    .whereIn('table_name', Object.keys(WRITTEN_COLUMNS))
    .whereNot('engine', 'InnoDB')
    .orderBy('table_name')
    .select<{ table: string; engine: string }[]>('table_name AS table', 'engine AS engine');
  const columns = await writtenColumns(knex);
  return [
    ...(await unloggedSession(knex)),
    ...engines.map(({ table, engine }) => withoutTransactions(table, engine)),
    ...columns.filter(isTooNarrow).map(tooNarrowReason),
    ...columns.filter(isLossy).map(({ table, name, charset }) => ({
      what: `the column ${name} of ${table} has the character set ${charset ?? ''}, in which letters would be lost`,
      hint: `ALTER TABLE ${table} CONVERT TO CHARACTER SET utf8mb4`,
    })),
    ...(isWhole(columns) ? [] : await lossyDefault(knex)),
  ];
}

/** Only a privileged user may set it, but init_connect may. */
async function unloggedSession(knex: Knex): Promise<readonly UnfitReason[]> {
  const [rows] = (await knex.raw('SELECT @@SESSION.sql_log_bin AS logged')) as [
    { logged: number }[],
  ];
  if (Number(rows[0]?.logged) === 1) return [];
  return [
    {
      what: 'the session has sql_log_bin = OFF: replicas and backups would not get what is written',
      hint: 'look for sql_log_bin in the server’s init_connect',
    },
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
