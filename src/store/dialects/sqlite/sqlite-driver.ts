// Runs statements on SQLite by its driver, on the connection of a knex transaction: what knex does around a statement
// takes many times as long as the statement itself.
import type { Knex } from 'knex';
import type { SqlValue } from '../sql.js';

interface Handle {
  readonly inTransaction: boolean;
  prepare(sql: string): {
    all(values: readonly SqlValue[]): unknown[];
    run(values: readonly SqlValue[]): { readonly changes: number };
  };
}

interface Client {
  acquireConnection(): Promise<Handle>;
  emit(
    event: 'query',
    query: { readonly sql: string; readonly bindings: readonly SqlValue[] },
  ): void;
}

/** The SQL function that tells the connections of this program apart, which connect-sqlite.ts gives to each. */
export const CONNECTION_ID = 'kms_connection_id';

/** Runs a SELECT. */
export async function selectByDriver<Row>(
  executor: Knex,
  sql: string,
  values: readonly SqlValue[],
): Promise<readonly Row[]> {
  // Outside a transaction the connection would have to be returned to the pool.
  if (executor.isTransaction !== true) return (await executor.raw(sql, [...values])) as Row[];
  return (await prepared(executor, sql, values)).all(values) as Row[];
}

/** Runs a statement that writes; returns how many rows it wrote. */
export async function executeByDriver(
  transaction: Knex.Transaction,
  sql: string,
  values: readonly SqlValue[],
): Promise<number> {
  return (await prepared(transaction, sql, values)).run(values).changes;
}

async function prepared(transaction: Knex, sql: string, bindings: readonly SqlValue[]) {
  const client = transaction.client as Client;
  // As knex does, for listeners.
  client.emit('query', { sql, bindings });
  const handle = await client.acquireConnection();
  // Otherwise the statement would be committed at once, by itself.
  if (!handle.inTransaction) throw new Error('the transaction of this statement has ended');
  return handle.prepare(sql);
}
