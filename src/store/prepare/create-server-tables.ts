// Creates the server's tables in an empty database, as the server itself declares them (storage format §1.2). It never
// changes a table that is there.
import type { Connection } from '../connect/connection.js';
import type { Dialect } from '../dialects/dialect.js';
import { SERVER_COLUMNS, BACKFILLED, notAStore } from './layout.js';

/**
 * Creates the tables unless this is a store already. `objects` comes last, so that an init that was killed before it
 * is finished by the next one.
 *
 * @throws KmsError NotAStore if the database holds something else.
 */
export async function createServerTables(connection: Connection): Promise<'created' | 'present'> {
  const { knex, dialect, redactedUrl } = connection;
  const tables = await dialect.tables(knex);
  if (tables.includes('objects')) return 'present';
  for (const table of tables) {
    if (!(await isServerTable(connection, table))) {
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

/** Says whether a table has just the columns of the server's table of that name. */
async function isServerTable({ knex }: Connection, table: string): Promise<boolean> {
  const columns = SERVER_COLUMNS[table];
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
