// Is this a key store in the server's layout (storage format §1.2, §1.3), are our own tables there, and
// how a new store is made. It never changes a table of the server.
import { KmsError } from '../../errors.js';
import type { Connection } from '../connect/connection.js';
import type { Dialect } from '../dialects/dialect.js';
import { isPermissionDenied } from '../connect/driver-errors.js';

const SERVER_TABLES: Readonly<Record<string, readonly string[]>> = {
  objects: ['id', 'object', 'attributes', 'state', 'owner', 'wrapping_key_id'],
  tags: ['id', 'tag'],
  read_access: ['id', 'userid', 'permissions'],
  parameters: ['name', 'value'],
};

const BACKFILLED = { name: 'wrapping_key_id_backfilled', value: 'true' } as const;

export const LOG_TABLE = 'kms_rotation_log';
export const OUTBOX_TABLE = 'kms_rotation_outbox';
export const WARNINGS_TABLE = 'kms_rotation_warnings';
export const MIGRATIONS_TABLE = 'kms_rotation_migrations';
/** Knex calls it so. */
export const MIGRATIONS_LOCK_TABLE = `${MIGRATIONS_TABLE}_lock`;
/** Every table of ours. */
export const OUR_TABLES: readonly string[] = [
  LOG_TABLE,
  OUTBOX_TABLE,
  WARNINGS_TABLE,
  MIGRATIONS_TABLE,
  MIGRATIONS_LOCK_TABLE,
];

/** @throws KmsError NotAStore, saying what is missing. */
export async function assertServerLayout(connection: Connection): Promise<void> {
  const { knex, dialect, redactedUrl } = connection;
  const tables = await dialect.tables(knex);
  for (const [table, columns] of Object.entries(SERVER_TABLES)) {
    if (!tables.includes(table)) {
      await assertAllowed(connection, table, columns);
      throw notAStore(redactedUrl, `there is no table ${JSON.stringify(table)}`);
    }
    const found = Object.keys(await knex(table).columnInfo());
    const missing = columns.find((column) => !found.includes(column));
    if (missing !== undefined) {
      await assertAllowed(connection, table, columns);
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

/** What a user has no right to see looks as if it were not there; whoever reads it is told. */
async function assertAllowed(
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

/** What a run writes to, and what each of them is called. */
const NEEDED: readonly (readonly [table: string, name: string])[] = [
  [LOG_TABLE, 'the rotation log'],
  [OUTBOX_TABLE, 'the outbox of notifications'],
  [WARNINGS_TABLE, 'the list of warnings given'],
];

/** @throws KmsError StoreNotInitialised if our own tables, or the latest of them, are not there. */
export async function assertInitialised(connection: Connection): Promise<void> {
  for (const [table, name] of NEEDED) {
    if (await connection.knex.schema.hasTable(table)) continue;
    await assertAllowed(connection, table, ['uid']);
    throw new KmsError('StoreNotInitialised', `${connection.redactedUrl}: ${name} is missing`, {
      hint: 'kms init --yes adds it; it changes nothing of the server’s',
    });
  }
}

/**
 * Makes the server's tables in an empty database; leaves a store that is there as it is. `objects` comes last:
 * what a killed init has left without it is finished.
 *
 * @throws KmsError NotAStore if the database holds something else.
 */
export async function createServerTables(connection: Connection): Promise<'created' | 'present'> {
  const { knex, dialect, redactedUrl } = connection;
  const tables = await dialect.tables(knex);
  if (tables.includes('objects')) return 'present';
  for (const table of tables) {
    if (!(await isBegun(connection, table))) {
      throw notAStore(redactedUrl, `it holds other tables, but none named "objects"`);
    }
  }
  const missing = serverTables(dialect).filter(({ name }) => !tables.includes(name));
  for (const { name, statements } of missing) {
    if (name === 'objects') await markBackfilled(connection);
    for (const statement of statements) await knex.raw(statement);
  }
  return 'created';
}

/** Says whether a table may be one that a killed init has made. */
async function isBegun({ knex }: Connection, table: string): Promise<boolean> {
  const columns = SERVER_TABLES[table];
  if (columns === undefined) return false;
  const found = Object.keys(await knex(table).columnInfo());
  return found.length === columns.length && columns.every((column) => found.includes(column));
}

async function markBackfilled({ knex }: Connection): Promise<void> {
  const row: unknown = await knex('parameters').where(BACKFILLED).first('value');
  if (row === undefined) await knex('parameters').insert(BACKFILLED);
}

interface ServerTable {
  readonly name: string;
  readonly statements: readonly string[];
}

/** Keys are declared as the server declares them on each database. */
function serverTables({ types, keyConstraint, indexesInTable }: Dialect): readonly ServerTable[] {
  const table = (name: string, columns: string, indexed: readonly string[] = []): ServerTable => {
    const indexes = indexed.map((column) => [`idx_${name}_${column}`, column] as const);
    const inside = indexesInTable
      ? indexes.map(([index, column]) => `, INDEX ${index} (${column})`).join('')
      : '';
    const after = indexesInTable
      ? []
      : indexes.map(([index, column]) => `CREATE INDEX ${index} ON ${name} (${column})`);
    return { name, statements: [`CREATE TABLE ${name} (${columns}${inside})`, ...after] };
  };
  return [
    table('parameters', 'name VARCHAR(128) PRIMARY KEY, value VARCHAR(256)'),
    table('tags', `id VARCHAR(128), tag VARCHAR(255), ${keyConstraint} (id, tag)`),
    table(
      'read_access',
      `id VARCHAR(128), userid VARCHAR(255), permissions ${types.json} NOT NULL,
        ${keyConstraint} (id, userid)`,
      ['userid'],
    ),
    table(
      'objects',
      `id VARCHAR(128) PRIMARY KEY, object ${types.object} NOT NULL,
        attributes ${types.attributes} NOT NULL, state VARCHAR(32), owner VARCHAR(255),
        wrapping_key_id VARCHAR(128)`,
      ['owner', 'state', 'wrapping_key_id'],
    ),
  ];
}

function notAStore(redactedUrl: string, what: string): KmsError {
  return new KmsError('NotAStore', `${redactedUrl} is not a key store of a known layout: ${what}`, {
    hint: 'point --database-url at the server’s database, or make a new store with kms init',
  });
}
