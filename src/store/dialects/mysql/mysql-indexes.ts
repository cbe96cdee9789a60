// Our indexes on MySQL and MariaDB, and the invisible virtual columns that they are over: what these hold, and how
// both are made and dropped.
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { earliestDeadlineSql } from '../due-expression.js';
import { earliestEndSql, halfUsedSql } from '../end-expression.js';
import type { IndexBuild } from '../dialect.js';
import { INDEX_NAMES, OUR_INDEXES, type OurIndex } from '../our-indexes.js';
import { whileHeld, type LockWait } from '../schema-lock.js';
import {
  foreignPublicKeyLinkSql,
  stoppedMemberSql,
  wrappingKeyMismatchSql,
} from '../subset-conditions.js';
import { blockersOfSchemaChange } from './mysql-blockers.js';
import { dateByText } from './mysql-date.js';

interface IndexedColumn {
  readonly name: string;
  readonly type: 'BIGINT' | 'VARCHAR(255)' | 'TINYINT';
  /** SQL of what the column holds; for databases without the column too. */
  readonly expression: string;
  /** The columns of the index, this one among them. */
  readonly key: string;
}

const at = (path: string) => `JSON_EXTRACT(attributes, '$.${path}')`;

/** The value as JSON: a string keeps its quotes. */
const written = (path: string) => `CAST(${at(path)} AS CHAR)`;

const unquoted = (path: string) => `JSON_UNQUOTE(${at(path)})`;

/** For columns that were made before MariaDB 10.4.3, which may hold what is not JSON. */
const ifJson = (value: string) => `CASE WHEN JSON_VALID(attributes) THEN ${value} END`;

/** 1, or NULL, which costs the index nothing. */
const flag = (condition: string) => `CASE WHEN ${condition} THEN 1 END`;

// Each look into JSON parses the whole column, and every write of a row pays for it.
const ACCESS = {
  isObject: `JSON_VALID(attributes) AND JSON_TYPE(attributes) = 'OBJECT'`,
  once: '1 = 1',
  least: 'LEAST',
  token: written,
  // A failing cast would make the server's INSERT fail; and MariaDB calls 1e3 an integer.
  isInteger: (path: string) => `coalesce(${written(path)}, '') REGEXP '^(-|)[0-9]{1,15}$'`,
  integer: (path: string) => `CAST(${written(path)} AS SIGNED)`,
  date: (member: string) => dateByText(written(member)),
};

const earliest = earliestDeadlineSql(ACCESS);

const earliestEnd = earliestEndSql(ACCESS);

/** MySQL writes JSON with blanks, MariaDB keeps it as it was written; as bytes, since a collation costs the most. */
const attributesBytes = `CAST(REPLACE(CAST(attributes AS CHAR), ': "', ':"') AS BINARY)`;

const wrappingKeyMismatch = wrappingKeyMismatchSql(
  (text) => `LOCATE('${text}', CAST(object AS BINARY)) > 0`,
  `LOCATE(CAST(CONCAT('"UniqueIdentifier":"', wrapping_key_id, '"') AS BINARY),
    CAST(REPLACE(object, ': "', ':"') AS BINARY)) > 0`,
);

const foreignPublicKeyLink = foreignPublicKeyLinkSql(
  (text) => `LOCATE('${text}', ${attributesBytes}) > 0`,
  `LOCATE(CAST(CONCAT('"LinkedObjectIdentifier":"', id, '_pk"') AS BINARY), ${attributesBytes}) > 0`,
);

const stoppedMember = stoppedMemberSql((text) => `LOCATE('${text}', ${attributesBytes}) > 0`);

export const INDEXED_COLUMNS: Readonly<Record<OurIndex, IndexedColumn>> = {
  due: {
    name: 'kms_rotation_deadline',
    type: 'BIGINT',
    expression: earliest,
    key: 'state, kms_rotation_deadline, id',
  },
  ends: {
    name: 'kms_rotation_end',
    type: 'BIGINT',
    expression: earliestEnd,
    key: 'state, kms_rotation_end, id',
  },
  usage: {
    name: 'kms_rotation_half_used',
    type: 'TINYINT',
    expression: flag(halfUsedSql(ACCESS)),
    key: 'kms_rotation_half_used, state, id',
  },
  keyset: {
    name: 'kms_rotation_keyset_name',
    type: 'VARCHAR(255)',
    expression: ifJson(`LEFT(${unquoted('RotateName')}, 255)`),
    key: 'kms_rotation_keyset_name',
  },
  certificates: {
    name: 'kms_rotation_certificate',
    type: 'TINYINT',
    expression: ifJson(flag(`${unquoted('ObjectType')} = 'Certificate'`)),
    key: 'kms_rotation_certificate, state, id',
  },
  wrappingKeyMismatches: {
    name: 'kms_rotation_mislabel',
    type: 'TINYINT',
    expression: flag(wrappingKeyMismatch),
    key: 'kms_rotation_mislabel, id',
  },
  foreignPublicKeyLinks: {
    name: 'kms_rotation_foreign_link',
    type: 'TINYINT',
    expression: flag(foreignPublicKeyLink),
    key: 'kms_rotation_foreign_link, id',
  },
  stoppedMembers: {
    name: 'kms_rotation_stopped_member',
    type: 'TINYINT',
    expression: flag(stoppedMember),
    key: 'kms_rotation_stopped_member, id',
  },
};

const COLUMN_NAMES = Object.values(INDEXED_COLUMNS).map(({ name }) => name);

/**
 * The comment of an index, by which one of this version is recognised: both servers keep the expression of a column in
 * a form of their own, which cannot be compared.
 */
const COMMENTS: ReadonlyMap<string, string> = new Map(
  OUR_INDEXES.map((index) => {
    const { type, expression, key } = INDEXED_COLUMNS[index];
    const digest = createHash('sha256').update(`${type} ${expression} ${key}`).digest('hex');
    return [INDEX_NAMES[index], `kms ${digest.slice(0, 16)}`];
  }),
);

/** Leaves out those over a column of an earlier version. */
export async function usableIndexes(knex: Knex): Promise<readonly string[]> {
  const rows = await ourIndexes(knex);
  return rows.filter(({ name, comment }) => COMMENTS.get(name) === comment).map(({ name }) => name);
}

/** Adds columns and indexes, each unless it is there: an init may have been killed between two of them. */
export async function createIndexes(
  knex: Knex,
  wait: LockWait,
  { indexes, begin }: IndexBuild,
): Promise<void> {
  for (const index of indexes) {
    await whileHeld(
      wait,
      async () => {
        await createIndex(knex, index, begin);
        return true;
      },
      () => blockersOfSchemaChange(knex),
    );
  }
}

async function createIndex(knex: Knex, index: OurIndex, begin: IndexBuild['begin']): Promise<void> {
  const { name, type, expression, key } = INDEXED_COLUMNS[index];
  const indexName = INDEX_NAMES[index];
  if ((await usableIndexes(knex)).includes(indexName)) return;
  begin(index);
  const present = await indexParts(knex);
  await dropIndexParts(
    knex,
    present.filter((part) => part === name || part === indexName),
  );
  await knex.raw(
    `ALTER TABLE objects ADD COLUMN ${name} ${type} GENERATED ALWAYS AS (${expression}) VIRTUAL INVISIBLE`,
  );
  const comment = COMMENTS.get(indexName) ?? '';
  await knex.raw(`ALTER TABLE objects ADD INDEX ${indexName} (${key}) COMMENT '${comment}'`);
}

/** Returns the names of our indexes and columns that are there. */
export async function indexParts(knex: Knex): Promise<readonly string[]> {
  const indexes = await ourIndexes(knex);
  const columns = await knex('information_schema.columns')
    .whereRaw('table_schema = DATABASE()')
    .where('table_name', 'objects')
    .whereIn('column_name', COLUMN_NAMES)
    .select<{ name: string }[]>('column_name AS name');
  return [...indexes, ...columns].map(({ name }) => name);
}

/** Drops indexes and columns in two statements: one for both would copy the table, and block writes meanwhile. */
export async function dropIndexParts(executor: Knex, parts: readonly string[]): Promise<void> {
  const isColumn = (name: string) => COLUMN_NAMES.includes(name);
  const indexes = parts.filter((name) => !isColumn(name)).map((name) => `DROP INDEX ${name}`);
  const columns = parts.filter(isColumn).map((name) => `DROP COLUMN ${name}`);
  for (const drops of [indexes, columns]) {
    if (drops.length > 0) await executor.raw(`ALTER TABLE objects ${drops.join(', ')}`);
  }
}

async function ourIndexes(
  knex: Knex,
): Promise<readonly { readonly name: string; readonly comment: string }[]> {
  return knex('information_schema.statistics')
    .whereRaw('table_schema = DATABASE()')
    .where('table_name', 'objects')
    .whereIn('index_name', Object.values(INDEX_NAMES))
    .distinct<{ name: string; comment: string }[]>(
      'index_name AS name',
      'index_comment AS comment',
    );
}
