// The settings of MySQL and MariaDB that cut, refuse or change what a session reads or writes. A server's defaults, and
// its init_connect, may have any value: a session of ours gets the one that is needed, and is checked to have it.
import type { Knex } from 'knex';
import type { UnfitReason } from '../dialect.js';

interface SessionSetting {
  readonly name: string;
  /** As SET takes it. */
  readonly value: string;
  /** As SELECT shows it; like the value unless it is given. */
  readonly shown?: string;
  /** The one that has it, if the other has not. */
  readonly only?: 'MySQL' | 'MariaDB';
}

const SETTINGS: readonly SessionSetting[] = [
  // Without strict mode a value that does not fit is cut, and a key is lost. None of the server's own modes stays: the
  // driver escapes with backslashes, which NO_BACKSLASH_ESCAPES would take literally.
  quoted('sql_mode', 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'),
  { name: 'default_storage_engine', value: 'InnoDB' },
  { name: 'autocommit', value: 'ON' },
  // CHAIN would leave a transaction open behind each COMMIT, RELEASE would cut the session.
  quoted('completion_type', 'NO_CHAIN'),
  // A lower limit cuts every answer without an error.
  { name: 'sql_select_limit', value: '18446744073709551615' },
  // Refuses a SELECT that looks expensive, and a change of rows that names no key.
  { name: 'sql_big_selects', value: 'ON' },
  { name: 'sql_safe_updates', value: 'OFF' },
  { name: 'sql_auto_is_null', value: 'OFF' },
  { name: 'unique_checks', value: 'ON' },
  { name: 'foreign_key_checks', value: 'ON' },
  // Pages go by the order of uids, which is wrong if fewer bytes are compared than a uid may have.
  { name: 'max_sort_length', value: '4096' },
  { name: 'max_execution_time', value: '0', only: 'MySQL' },
  // A secondary engine may lag behind.
  { name: 'use_secondary_engine', value: 'OFF', only: 'MySQL' },
  { name: 'check_constraint_checks', value: 'ON', only: 'MariaDB' },
  // Any other value reads rows as they once were.
  { name: 'system_versioning_asof', value: 'DEFAULT', only: 'MariaDB' },
];

/** What letters are sent and read in; a server may be told to ignore what the driver asks for. */
const CHARACTER_SETS = [
  'character_set_client',
  'character_set_connection',
  'character_set_results',
].map((name) => ({ name, value: 'utf8mb4' }));

/** Returns the statements that give a session all settings but those about locks. */
export function sessionStatements(mode: 'read' | 'write'): readonly string[] {
  const assignments = listOf(SETTINGS, ({ name, value }) => `${name} = ${value}`);
  return [
    'SET NAMES utf8mb4 COLLATE utf8mb4_general_ci',
    `SET SESSION ${assignments}`,
    // A transaction has a level of its own; what is read outside of one must not be uncommitted.
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    ...(mode === 'read' ? ['SET SESSION TRANSACTION READ ONLY'] : []),
  ];
}

/** Returns the settings that a session does not have after all, as a proxy may keep them from the server. */
export async function unfitSession(knex: Knex): Promise<readonly UnfitReason[]> {
  const settings: readonly SessionSetting[] = [...SETTINGS, ...CHARACTER_SETS];
  const columns = listOf(settings, ({ name }) => `CAST(@@SESSION.${name} AS CHAR) AS ${name}`);
  const [rows] = (await knex.raw(`SELECT ${columns}`)) as [
    readonly Readonly<Record<string, string | null>>[],
  ];
  const [found = {}] = rows;
  return settings.flatMap(({ name, value, shown = value }) => {
    const actual = found[name];
    if (actual === undefined || actual === shown || asSwitch(actual) === shown) return [];
    return [
      {
        what: `the session has ${name} = ${actual ?? 'NULL'}, not ${shown}, though kms sets it: rows could be left out or changed`,
        hint: 'a proxy may keep settings from the server: connect to the server itself, or make the proxy pass SET on',
      },
    ];
  });
}

function quoted(name: string, value: string): SessionSetting {
  return { name, value: `'${value}'`, shown: value };
}

/** Puts what only one server has into executable comments, which the other one skips; the first item is for both. */
function listOf(
  settings: readonly SessionSetting[],
  sqlOf: (setting: SessionSetting) => string,
): string {
  const items = settings.map((setting) => {
    const item = `, ${sqlOf(setting)}`;
    if (setting.only === 'MySQL') return ` /*!80013 ${item} */`;
    return setting.only === 'MariaDB' ? ` /*M! ${item} */` : item;
  });
  return items.join('').slice(2);
}

/** MySQL shows switches as numbers. */
function asSwitch(text: string | null): string | null {
  return text === '1' ? 'ON' : text === '0' ? 'OFF' : text;
}
