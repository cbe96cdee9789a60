// How many rows our own tables have.
import type { Connection } from '../connect/connection.js';
import {
  CONDITIONS_TABLE,
  LOG_TABLE,
  OUTBOX_TABLE,
  RUNS_TABLE,
  WARNINGS_TABLE,
} from './our-tables.js';

/** By what each holds. */
export interface TableSizes {
  readonly log: number;
  readonly outbox: number;
  readonly warnings: number;
  readonly conditions: number;
  readonly runs: number;
}

export async function tableSizes({ knex }: Connection): Promise<TableSizes> {
  const count = async (table: string) => {
    if (!(await knex.schema.hasTable(table))) return 0;
    const row = await knex(table).count<{ count: number | string }[]>('* AS count').first();
    return Number(row?.count);
  };
  return {
    log: await count(LOG_TABLE),
    outbox: await count(OUTBOX_TABLE),
    warnings: await count(WARNINGS_TABLE),
    conditions: await count(CONDITIONS_TABLE),
    runs: await count(RUNS_TABLE),
  };
}
