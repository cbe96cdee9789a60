// Our indexes on MySQL and MariaDB: the virtual columns that they stand on, and how they are made and dropped.
import type { Knex } from 'knex';
import {
  CERTIFICATE_INDEX,
  DUE_INDEX,
  FOREIGN_LINK_INDEX,
  foreignLinkSql,
  KEYSET_INDEX,
  MISLABELLED_INDEX,
  wrappingKeyMismatchSql,
  OUR_INDEXES,
} from '../dialect.js';
import { earliestDeadlineSql } from '../due-expression.js';
import { dateByText } from './mysql-date.js';

export const DEADLINE_COLUMN = 'kms_rotation_deadline';
export const KEYSET_COLUMN = 'kms_rotation_keyset_name';
export const CERTIFICATE_COLUMN = 'kms_rotation_certificate';
export const MISLABELLED_COLUMN = 'kms_rotation_mislabel';
export const FOREIGN_LINK_COLUMN = 'kms_rotation_foreign_link';
const OUR_COLUMNS: readonly string[] = [
  DEADLINE_COLUMN,
  KEYSET_COLUMN,
  CERTIFICATE_COLUMN,
  MISLABELLED_COLUMN,
  FOREIGN_LINK_COLUMN,
];

const at = (path: string) => `JSON_EXTRACT(attributes, '$.${path}')`;

/** As it is written there: a text within it keeps its quotes. */
const written = (path: string) => `CAST(${at(path)} AS CHAR)`;

// Each look into JSON reads all of the column again, and whoever writes a row pays for them.
export const earliest = earliestDeadlineSql({
  isMap: `JSON_VALID(attributes) AND JSON_TYPE(attributes) = 'OBJECT'`,
  least: 'LEAST',
  token: written,
  // What could not be cast would make somebody else's INSERT fail; MariaDB calls 1e3 an integer.
  isInteger: (path) => `coalesce(${written(path)}, '') REGEXP '^(-|)[0-9]{1,15}$'`,
  integer: (path) => `CAST(${written(path)} AS SIGNED)`,
  date: (member) => dateByText(written(member)),
});

const unquoted = (path: string) => `JSON_UNQUOTE(${at(path)})`;

/** A column that was made before MariaDB 10.4.3 may hold what is no JSON. */
const ifJson = (value: string) => `CASE WHEN JSON_VALID(attributes) THEN ${value} END`;

export const keysetName = ifJson(`LEFT(${unquoted('RotateName')}, 255)`);
export const certificate = ifJson(`CASE WHEN ${unquoted('ObjectType')} = 'Certificate' THEN 1 END`);
export const wrappingKeyMismatches = `CASE WHEN ${wrappingKeyMismatchSql(
  (text) => `LOCATE('${text}', CAST(object AS BINARY)) > 0`,
  `LOCATE(CAST(CONCAT('"UniqueIdentifier":"', wrapping_key_id, '"') AS BINARY),
    CAST(REPLACE(object, ': "', ':"') AS BINARY)) > 0`,
)} THEN 1 END`;

/** MySQL writes JSON with blanks, MariaDB keeps what was written; bytes, as a collation would cost the most. */
const attributesBytes = `CAST(REPLACE(CAST(attributes AS CHAR), ': "', ':"') AS BINARY)`;
export const foreignLink = `CASE WHEN ${foreignLinkSql(
  (text) => `LOCATE('${text}', ${attributesBytes}) > 0`,
  `LOCATE(CAST(CONCAT('"LinkedObjectIdentifier":"', id, '_pk"') AS BINARY), ${attributesBytes}) > 0`,
)} THEN 1 END`;

/** Adds columns and indexes, each unless it is there: an init may have been killed in between. */
export async function createIndexes(knex: Knex): Promise<void> {
  await create(knex, DUE_INDEX, `state, ${DEADLINE_COLUMN}, id`, {
    column: DEADLINE_COLUMN,
    definition: `BIGINT GENERATED ALWAYS AS (${earliest}) VIRTUAL INVISIBLE`,
  });
  await create(knex, KEYSET_INDEX, KEYSET_COLUMN, {
    column: KEYSET_COLUMN,
    definition: `VARCHAR(255) GENERATED ALWAYS AS (${keysetName}) VIRTUAL INVISIBLE`,
  });
  await create(knex, CERTIFICATE_INDEX, `${CERTIFICATE_COLUMN}, state, id`, {
    column: CERTIFICATE_COLUMN,
    definition: `TINYINT GENERATED ALWAYS AS (${certificate}) VIRTUAL INVISIBLE`,
  });
  await create(knex, MISLABELLED_INDEX, `${MISLABELLED_COLUMN}, id`, {
    column: MISLABELLED_COLUMN,
    definition: `TINYINT GENERATED ALWAYS AS (${wrappingKeyMismatches}) VIRTUAL INVISIBLE`,
  });
  await create(knex, FOREIGN_LINK_INDEX, `${FOREIGN_LINK_COLUMN}, id`, {
    column: FOREIGN_LINK_COLUMN,
    definition: `TINYINT GENERATED ALWAYS AS (${foreignLink}) VIRTUAL INVISIBLE`,
  });
}

/** Returns the names of our columns and indexes that are there. */
export async function indexParts(knex: Knex): Promise<readonly string[]> {
  const parts: string[] = [];
  for (const name of OUR_INDEXES) if (await indexExists(knex, name)) parts.push(name);
  for (const name of OUR_COLUMNS) if (await columnExists(knex, name)) parts.push(name);
  return parts;
}

/** Drops them, each kind by itself: together the whole table would be copied, and nobody could write. */
export async function dropIndexParts(executor: Knex, parts: readonly string[]): Promise<void> {
  const isColumn = (name: string) => OUR_COLUMNS.includes(name);
  const indexes = parts.filter((name) => !isColumn(name)).map((name) => `DROP INDEX ${name}`);
  const columns = parts.filter(isColumn).map((name) => `DROP COLUMN ${name}`);
  for (const drops of [indexes, columns]) {
    if (drops.length > 0) await executor.raw(`ALTER TABLE objects ${drops.join(', ')}`);
  }
}

export async function indexExists(knex: Knex, name: string): Promise<boolean> {
  const row: unknown = await knex('information_schema.statistics')
    .whereRaw('table_schema = DATABASE()')
    .where({ table_name: 'objects', index_name: name })
    .first('index_name');
  return row !== undefined;
}

/** Adds a virtual column and its index, each unless it is there: an init may have been killed in between. */
async function create(
  knex: Knex,
  index: string,
  columns: string,
  { column, definition }: { column: string; definition: string },
): Promise<void> {
  if (!(await columnExists(knex, column))) {
    await knex.raw(`ALTER TABLE objects ADD COLUMN ${column} ${definition}`);
  }
  if (await indexExists(knex, index)) return;
  await knex.raw(`ALTER TABLE objects ADD INDEX ${index} (${columns})`);
}

async function columnExists(knex: Knex, name: string): Promise<boolean> {
  const row: unknown = await knex('information_schema.columns')
    .whereRaw('table_schema = DATABASE()')
    .where({ table_name: 'objects', column_name: name })
    .first('column_name');
  return row !== undefined;
}
