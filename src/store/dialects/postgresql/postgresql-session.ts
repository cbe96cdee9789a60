// The settings of PostgreSQL that cut or change what a session reads or writes. A session may be shared through a
// pooler, so a setting is made for one transaction, or refused: none is left behind for somebody else.
import type { Knex } from 'knex';
import type { UnfitReason } from '../dialect.js';

/** What a setting must be, and why. */
interface NeededSetting {
  readonly name: string;
  readonly value: string;
  readonly otherwise: string;
}

const FOR_READING: readonly NeededSetting[] = [
  {
    name: 'gin_fuzzy_search_limit',
    value: '0',
    otherwise: 'an index of type GIN then returns some of its rows only',
  },
  {
    name: 'zero_damaged_pages',
    value: 'off',
    otherwise: 'rows on damaged pages then vanish',
  },
  {
    name: 'ignore_checksum_failure',
    value: 'off',
    otherwise: 'damaged rows are then read as if they were whole',
  },
];

const FOR_WRITING: readonly NeededSetting[] = [
  {
    name: 'session_replication_role',
    value: 'origin',
    otherwise: 'triggers and rules then do not see what is written',
  },
];

export function sessionUnfitForReading(knex: Knex): Promise<readonly UnfitReason[]> {
  return differing(knex, FOR_READING);
}

export function sessionUnfitForWriting(knex: Knex): Promise<readonly UnfitReason[]> {
  return differing(knex, FOR_WRITING);
}

/** Settings that this version does not have are not looked at. */
async function differing(
  knex: Knex,
  needed: readonly NeededSetting[],
): Promise<readonly UnfitReason[]> {
  const found = await knex('pg_settings')
    .whereIn(
      'name',
      needed.map(({ name }) => name),
    )
    .select<{ name: string; setting: string }[]>('name', 'setting');
  return needed.flatMap(({ name, value, otherwise }) => {
    const actual = found.find((setting) => setting.name === name)?.setting ?? value;
    if (actual === value) return [];
    return [
      {
        what: `the session has ${name} = ${actual}, not ${value}: ${otherwise}`,
        hint: `set it back where it is set: ALTER ROLE or ALTER DATABASE … RESET ${name}, postgresql.conf, or the URL’s options`,
      },
    ];
  });
}

/**
 * Makes the settings of one transaction that writes. With `row_security` off PostgreSQL refuses what a policy would
 * filter. Without `synchronous_commit` a commit that was reported may be lost.
 */
export async function setForWriting(
  transaction: Knex.Transaction,
  lockTimeoutMs: number,
): Promise<void> {
  const synchronous = `current_setting('synchronous_commit')`;
  await transaction.raw(
    `SELECT set_config('lock_timeout', '${lockTimeoutMs}', true), set_config('row_security', 'off', true),
      set_config('synchronous_commit', CASE ${synchronous} WHEN 'off' THEN 'local' ELSE ${synchronous} END, true)`,
  );
}
