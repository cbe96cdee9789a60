// Lists and removes all that init adds to a store, and nothing else. If a removal was interrupted, it can be done
// again.
import { withConnection } from '../connect/connect.js';
import type { Connection, ConnectOptions } from '../connect/connection.js';
import { assertVersionKnown } from '../own/migrations/migrate.js';
import { LOG_TABLE, OUR_TABLES } from '../own/our-tables.js';

export interface Additions {
  readonly url: string;
  /** Names of tables, indexes and what these are built on, sorted. */
  readonly names: readonly string[];
  /** Of objects: without those about the log itself. */
  readonly logEntries: number;
}

/** Returns what is ours in a store, also if an init was interrupted. */
export function findAdditions(url: string, options: ConnectOptions): Promise<Additions> {
  return withConnection(url, { ...options, mode: 'read' }, async (connection) => {
    const { tables, indexParts, logEntries } = await partsOf(connection);
    return additionsOf(connection, [...tables, ...indexParts], logEntries);
  });
}

/** Removes what is ours, while no other process adds or removes it, and returns what that was. */
export function removeAdditions(url: string, options: ConnectOptions): Promise<Additions> {
  return withConnection(url, options, removeAdditionsWith);
}

/** The same over an open connection, without translating the errors of its driver. */
export async function removeAdditionsWith(connection: Connection): Promise<Additions> {
  const { knex, dialect, lockWait } = connection;
  return dialect.withSchemaLock(knex, lockWait, (locked) =>
    dialect.inSchemaTransaction(locked, lockWait, async (executor) => {
      const inside = { ...connection, knex: executor };
      // A later version may have more of them.
      await assertVersionKnown(inside);
      const found = await partsOf(inside);
      await dialect.dropIndexParts(executor, found.indexParts);
      for (const table of found.tables) await executor.schema.dropTable(table);
      return additionsOf(connection, [...found.tables, ...found.indexParts], found.logEntries);
    }),
  );
}

async function partsOf({ knex, dialect }: Connection) {
  const present = await dialect.tables(knex);
  const tables = OUR_TABLES.filter((table) => present.includes(table));
  const row = tables.includes(LOG_TABLE)
    ? await knex(LOG_TABLE)
        .whereNot('uid', '')
        .count<{ count: number | string }[]>('* AS count')
        .first()
    : undefined;
  return {
    tables,
    indexParts: await dialect.indexParts(knex),
    logEntries: Number(row?.count ?? 0),
  };
}

function additionsOf(
  { redactedUrl }: Connection,
  names: readonly string[],
  logEntries: number,
): Additions {
  return { url: redactedUrl, names: names.toSorted(), logEntries };
}
