// Reads the newest rows of the log, by which key-rule.ts decides.
import type { Knex } from 'knex';
import { LOG_TABLE } from '../our-tables.js';
import type { NewestRows } from './key-rule.js';
import { logRowOf, type LogColumns } from './log-columns.js';
import type { LogRow } from './sealed-row.js';

export function newestRows(knex: Knex): NewestRows {
  const firstOf = async (query: Knex.QueryBuilder): Promise<LogRow | null> => {
    const row = (await query.orderBy('id', 'desc').first()) as LogColumns | undefined;
    return row === undefined ? null : logRowOf(row);
  };
  return {
    newest: () => firstOf(knex(LOG_TABLE)),
    newestKeyed: () => firstOf(knex(LOG_TABLE).whereNotNull('key_id')),
  };
}
