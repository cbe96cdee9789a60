// Our indexes on SQLite: what they hold, and how they are made and dropped.
import type { Knex } from 'knex';
import { earliestDeadlineSql } from '../due-expression.js';
import { earliestEndSql, halfUsedSql } from '../end-expression.js';
import type { IndexBuild } from '../dialect.js';
import type { LockWait } from '../schema-lock.js';
import { INDEX_NAMES, OUR_INDEXES, type OurIndex, type Subset } from '../our-indexes.js';
import {
  foreignPublicKeyLinkSql,
  stoppedMemberSql,
  wrappingKeyMismatchSql,
} from '../subset-conditions.js';
import { dateByElements } from './sqlite-date.js';

/**
 * SQL that is true if none of these members is there twice: SQLite takes the first of two, others the last, so that
 * nobody can tell when such a row is due.
 */
function areOnce(...names: readonly string[]): string {
  const members = names.map((name) => `'$.${name}'`).join(', ');
  return `json_remove(attributes, ${members}) = json_remove(attributes, ${members}, ${members})`;
}

/** The largest integer of 15 digits. */
const LARGEST = 999_999_999_999_999;

const type = (path: string) => `json_type(attributes, '$.${path}')`;
const at = (path: string) => `json_extract(attributes, '$.${path}')`;

const isObject = `json_valid(attributes) AND json_type(attributes) = 'object'`;

const once = areOnce(
  ...['RotateAutomatic', 'RotateInterval', 'RotateDate', 'RotateOffset', 'InitialDate'],
);

const ACCESS = {
  isObject,
  least: 'min',
  token: type,
  isInteger: (path: string) =>
    `(coalesce(${type(path)}, '') = 'integer' AND ${at(path)} <= ${LARGEST})`,
  integer: at,
  date: dateByElements,
};

export const earliest = earliestDeadlineSql({ ...ACCESS, isObject: `${isObject} AND ${once}` });

export const earliestEnd = earliestEndSql({
  ...ACCESS,
  once: areOnce('DeactivationDate', 'ProtectStopDate'),
});

const member = (name: string) => `CASE WHEN json_valid(attributes) THEN ${at(name)} END`;

export const keysetName = member('RotateName');

const attributesText = `replace(CAST(attributes AS TEXT), ': "', ':"')`;

export const CONDITIONS: Readonly<Record<Subset, string>> = {
  usage: halfUsedSql(ACCESS),
  certificates: `${member('ObjectType')} = 'Certificate'`,
  wrappingKeyMismatches: wrappingKeyMismatchSql(
    (text) => `CAST(object AS TEXT) LIKE '%${text}%'`,
    `instr(replace(object, ': "', ':"'), '"UniqueIdentifier":"' || wrapping_key_id || '"') > 0`,
  ),
  foreignPublicKeyLinks: foreignPublicKeyLinkSql(
    (text) =>
      `${text.includes(':') ? attributesText : 'CAST(attributes AS TEXT)'} LIKE '%${text}%'`,
    `instr(${attributesText}, '"LinkedObjectIdentifier":"' || id || '_pk"') > 0`,
  ),
  stoppedMembers: stoppedMemberSql((text) => `CAST(attributes AS TEXT) LIKE '%${text}%'`),
};

const CONTENTS: Readonly<Record<OurIndex, string>> = {
  due: `(${earliest}, id) WHERE state = 'Active'`,
  ends: `(${earliestEnd}, id) WHERE state = 'Active'`,
  usage: `(id) WHERE state = 'Active' AND ${CONDITIONS.usage}`,
  keyset: `(${keysetName})`,
  certificates: `(id) WHERE state = 'Active' AND ${CONDITIONS.certificates}`,
  wrappingKeyMismatches: `(id) WHERE ${CONDITIONS.wrappingKeyMismatches}`,
  foreignPublicKeyLinks: `(id) WHERE ${CONDITIONS.foreignPublicKeyLinks}`,
  stoppedMembers: `(id) WHERE ${CONDITIONS.stoppedMembers}`,
};

/** The statement as SQLite keeps it, by which an index of this version is recognised. */
const definitionOf = (index: OurIndex) =>
  `CREATE INDEX ${INDEX_NAMES[index]} ON objects ${CONTENTS[index]}`;

/** Leaves out those over an expression of an earlier version, which would serve no query of this one. */
export async function usableIndexes(knex: Knex): Promise<readonly string[]> {
  const rows = await knex('sqlite_master')
    .where({ type: 'index' })
    .whereIn('sql', OUR_INDEXES.map(definitionOf))
    .select<{ name: string }[]>('name');
  return rows.map(({ name }) => name);
}

export async function createIndexes(
  executor: Knex,
  _wait: LockWait,
  { indexes, begin }: IndexBuild,
): Promise<void> {
  for (const index of indexes) {
    const name = INDEX_NAMES[index];
    if ((await usableIndexes(executor)).includes(name)) continue;
    begin(index);
    // One of an earlier version.
    await executor.raw(`DROP INDEX IF EXISTS ${name}`);
    await executor.raw(definitionOf(index));
  }
}

export async function indexParts(knex: Knex): Promise<readonly string[]> {
  const rows = await knex('sqlite_master')
    .where({ type: 'index' })
    .whereIn('name', Object.values(INDEX_NAMES))
    .select<{ name: string }[]>('name');
  return rows.map(({ name }) => name);
}

export async function dropIndexParts(executor: Knex, parts: readonly string[]): Promise<void> {
  for (const name of parts) await executor.raw(`DROP INDEX ${name}`);
}
