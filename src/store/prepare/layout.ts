// Checks that a database is a key store in the server's layout (storage format §1.2, §1.3), and that our own tables
// are there.
import { KmsError } from '../../errors.js';
import type { Connection } from '../connect/connection.js';
import { isPermissionDenied } from '../connect/errors/driver-errors.js';
import {
  CHAINS_TABLE,
  CONDITIONS_TABLE,
  LOG_TABLE,
  OPTIONS_TABLE,
  OUTBOX_TABLE,
  REQUESTS_TABLE,
  RETIRING_TABLE,
  RUNS_TABLE,
  WARNINGS_TABLE,
} from '../own/our-tables.js';

/** The server's tables with the columns that we read and write. */
export const SERVER_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  objects: ['id', 'object', 'attributes', 'state', 'owner', 'wrapping_key_id'],
  tags: ['id', 'tag'],
  read_access: ['id', 'userid', 'permissions'],
  parameters: ['name', 'value'],
};

/** The row of `parameters` by which a server marks that `wrapping_key_id` is filled in for every object. */
export const BACKFILLED = { name: 'wrapping_key_id_backfilled', value: 'true' } as const;

/** @throws KmsError NotAStore, saying what is missing. */
export async function assertServerLayout(connection: Connection): Promise<void> {
  const { knex, dialect, redactedUrl } = connection;
  const tables = await dialect.tables(knex);
  for (const [table, columns] of Object.entries(SERVER_COLUMNS)) {
    if (!tables.includes(table)) {
      await assertReadable(connection, table, columns);
      throw notAStore(redactedUrl, `there is no table ${JSON.stringify(table)}`);
    }
    const found = Object.keys(await knex(table).columnInfo());
    const missing = columns.find((column) => !found.includes(column));
    if (missing !== undefined) {
      await assertReadable(connection, table, columns);
      throw notAStore(redactedUrl, `the table ${table} has no column ${JSON.stringify(missing)}`);
    }
  }
  const row: unknown = await knex('parameters').where(BACKFILLED).first('value');
  if (row === undefined) {
    throw new KmsError(
      'NotAStore',
      `${redactedUrl}: the server has not filled in wrapping_key_id, so dependants cannot be found`,
      {
        hint: 'start a server of version 5.26 or later on this store once; it fills the column in',
      },
    );
  }
}

/** What a run writes to, and what each of them is called. */
const NEEDED: readonly (readonly [table: string, name: string, column: string])[] = [
  [LOG_TABLE, 'the rotation log', 'uid'],
  [CHAINS_TABLE, 'the table of the log’s chains', 'chain'],
  [OUTBOX_TABLE, 'the outbox of notifications', 'uid'],
  [WARNINGS_TABLE, 'the list of warnings given', 'uid'],
  [CONDITIONS_TABLE, 'the table of what is wrong', 'id'],
  [RUNS_TABLE, 'the table of last runs', 'run_id'],
  [OPTIONS_TABLE, 'the table of policy options', 'uid'],
  [REQUESTS_TABLE, 'the table of requests to a server', 'uid'],
  [RETIRING_TABLE, 'the table of retiring objects', 'uid'],
];

/** @throws KmsError StoreNotInitialised if one of our own tables is missing. */
export async function assertInitialised(connection: Connection): Promise<void> {
  for (const [table, name, column] of NEEDED) {
    if (await connection.knex.schema.hasTable(table)) continue;
    await assertReadable(connection, table, [column]);
    throw new KmsError('StoreNotInitialised', `${connection.redactedUrl}: ${name} is missing`, {
      hint: 'kms init --yes adds it; it changes nothing of the server’s',
    });
  }
}

/** Reads a table that seems missing: without the right to see it, the database hides it but refuses the SELECT. */
async function assertReadable(
  { knex }: Connection,
  table: string,
  columns: readonly string[],
): Promise<void> {
  try {
    await knex(table).select(columns).limit(1);
  } catch (error) {
    if (isPermissionDenied(error)) throw error;
  }
}

export function notAStore(redactedUrl: string, what: string): KmsError {
  return new KmsError('NotAStore', `${redactedUrl} is not a key store of a known layout: ${what}`, {
    hint: 'point --database-url at the server’s database, or make a new store with kms init',
  });
}
