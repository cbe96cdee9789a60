// Takes away all that init adds to a store, and nothing else. Once begun it may be done again, wherever it
// was broken off.
import { withConnection } from '../connect/connect.js';
import type { Connection, ConnectOptions } from '../connect/connection.js';
import { LOG_TABLE, OUR_TABLES } from '../tables.js';

export interface Additions {
  readonly url: string;
  /** Names of tables, indexes and what they stand on, sorted. */
  readonly names: readonly string[];
  readonly logEntries: number;
}

/** Returns what is ours in a store, finished or not. */
export function findAdditions(url: string, options: ConnectOptions): Promise<Additions> {
  return withConnection(url, { ...options, mode: 'read' }, async (connection) => {
    const { tables, indexParts, logEntries } = await lookFor(connection);
    return outcome(connection, [...tables, ...indexParts], logEntries);
  });
}

/** Removes what is ours, while nobody else adds it or removes it, and returns what that was. */
export function removeAdditions(url: string, options: ConnectOptions): Promise<Additions> {
  return withConnection(url, options, removeAdditionsWith);
}

/** The same over a connection; a driver's error comes out as it is. */
export async function removeAdditionsWith(connection: Connection): Promise<Additions> {
  const { knex, dialect } = connection;
  return dialect.withSchemaLock(knex, (exclusive) =>
    dialect.inSchemaTransaction(exclusive, async (executor) => {
      const found = await lookFor({ ...connection, knex: executor });
      await dialect.dropIndexParts(executor, found.indexParts);
      for (const table of found.tables) await executor.schema.dropTable(table);
      return outcome(connection, [...found.tables, ...found.indexParts], found.logEntries);
    }),
  );
}

async function lookFor({ knex, dialect }: Connection) {
  const present = await dialect.tables(knex);
  const tables = OUR_TABLES.filter((table) => present.includes(table));
  const row = tables.includes(LOG_TABLE)
    ? await knex(LOG_TABLE).count<{ count: number | string }[]>('* AS count').first()
    : undefined;
  return {
    tables,
    indexParts: await dialect.indexParts(knex),
    logEntries: Number(row?.count ?? 0),
  };
}

function outcome({ redactedUrl }: Connection, names: string[], logEntries: number): Additions {
  return { url: redactedUrl, names: names.sort(), logEntries };
}
