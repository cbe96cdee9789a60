// The text columns that we write to, and how wide those that hold a uid must be. Each dialect finds out how wide they
// are.
import type { UnfitReason } from './dialect.js';
import { LOG_TABLE, OUTBOX_TABLE, WARNINGS_TABLE } from '../own/our-tables.js';

/** The server's tables follow storage format §1.2. */
export const WRITTEN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  objects: ['id', 'object', 'attributes', 'state', 'owner', 'wrapping_key_id'],
  tags: ['id', 'tag'],
  read_access: ['id', 'userid'],
  [LOG_TABLE]: ['uid', 'replacement_uid', 'host', 'os_user', 'message', 'details'],
  [OUTBOX_TABLE]: ['uid', 'destination', 'payload', 'last_error'],
  [WARNINGS_TABLE]: ['uid'],
};

export const SERVER_TABLES: readonly string[] = ['objects', 'tags', 'read_access', 'parameters'];

/** The server's tables and those of ours that are read as well as written. */
export const STORE_TABLES: readonly string[] = [
  ...new Set([...SERVER_TABLES, ...Object.keys(WRITTEN_COLUMNS)]),
];

const WITH_UID: readonly string[] = ['id', 'wrapping_key_id', 'uid', 'replacement_uid'];

/** The longest uid; in stores from before 5.x a column holds 40 characters. */
const UID_CHARACTERS = 128;

interface Column {
  readonly table: string;
  readonly name: string;
  /** Null if there is no limit. */
  readonly characters: number | string | null;
}

export function isTooNarrow({ table, name, characters }: Column): boolean {
  const holdsUid = WITH_UID.includes(name) && WRITTEN_COLUMNS[table]?.includes(name) === true;
  return holdsUid && characters !== null && Number(characters) < UID_CHARACTERS;
}

export function tooNarrowReason({ table, name, characters }: Column): UnfitReason {
  return {
    what: `the column ${name} of ${table} holds ${characters ?? 0} characters, where a uid may have ${UID_CHARACTERS}`,
    hint: `widen it to VARCHAR(${UID_CHARACTERS}), as servers of today make it`,
  };
}
