// Writes many rows with few statements, since a batch of rotations costs round trips, not rows. The caller rolls the
// transaction back if anything here throws.
import type { Knex } from 'knex';
import type { RowReplacement } from '../../flows/change.js';
import type { ObjectRow } from '../../kmip/managed-object.js';
import type { Connection } from '../connect/connection.js';
import { placeholders, type SqlValue } from '../dialects/sql.js';
import type { Dialect } from '../dialects/dialect.js';
import { notDestroyed } from '../find/not-destroyed.js';
import { WriteConflict } from '../connect/errors/driver-errors.js';
import { chunksOf } from './statement-chunks.js';

/** The columns of a row as it was read, and as it becomes. */
const READ_COLUMNS = ['id', 'state', 'owner', 'attributes', 'object', 'wrapping_key_id'] as const;
const NEW_COLUMNS = ['new_state', 'new_attributes', 'new_object', 'new_wrapping_key_id'] as const;

/**
 * Replaces rows, each only if it is exactly as it was read. With `retiring`, also only if no object that is not
 * Destroyed names one of them as its wrapping key.
 *
 * @throws WriteConflict if one of them was not replaced.
 */
export async function replaceObjects(
  transaction: Knex.Transaction,
  { dialect, maxStatementBytes }: Connection,
  pairs: readonly RowReplacement[],
  retiring = false,
): Promise<void> {
  const valuesOf = ({ before, after }: RowReplacement) => [
    ...[before.id, before.state, before.owner, before.attributes, before.object],
    before.wrappingKeyId,
    ...[after.state, after.attributes, after.object, after.wrappingKeyId],
  ];
  for (const { items, values } of chunksOf(pairs, valuesOf, maxStatementBytes)) {
    const unchanged = READ_COLUMNS.map((column) => {
      const same = dialect.equals(`objects.${column}`, `input.${column}`);
      return column === 'wrapping_key_id' ? orBothNull(column, same) : same;
    });
    const ids = items.map(({ before }) => before.id);
    const conditions = [`objects.id IN (${placeholders(items)})`, ...unchanged];
    if (retiring) conditions.push(hasNoDependants(ids));
    const input = `${dialect.valuesTable([...READ_COLUMNS, ...NEW_COLUMNS], items.length)} AS input`;
    const replaced = await dialect.execute(
      transaction,
      dialect.updateObjects(input, conditions.join(' AND ')),
      [...values, ...ids, ...(retiring ? ids : [])],
    );
    if (replaced !== items.length) throw new WriteConflict('a row has changed since it was read');
  }
}

function orBothNull(column: string, same: string): string {
  return `(${same} OR (objects.${column} IS NULL AND input.${column} IS NULL))`;
}

/** A derived table, as MySQL allows no subquery on the table that is written to. */
function hasNoDependants(ids: readonly string[]): string {
  return `NOT EXISTS (SELECT 1 FROM (SELECT 1 AS one FROM objects AS dependant
    WHERE dependant.wrapping_key_id IN (${placeholders(ids)})
    AND ${notDestroyed('dependant')} LIMIT 1) AS dependants)`;
}

/** @throws a driver's error, which driver-errors.ts translates to WriteConflict, if a uid is taken. */
export async function insertObjects(
  transaction: Knex.Transaction,
  dialect: Dialect,
  rows: readonly ObjectRow[],
): Promise<void> {
  await insertRows(
    transaction,
    dialect,
    'objects',
    rows.map((row) => ({
      id: row.id,
      object: row.object,
      attributes: row.attributes,
      state: row.state,
      owner: row.owner,
      wrapping_key_id: row.wrappingKeyId,
    })),
  );
}

/** Inserts rows that have the same columns. */
export async function insertRows(
  transaction: Knex.Transaction,
  dialect: Dialect,
  table: string,
  rows: readonly Readonly<Record<string, SqlValue>>[],
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const one = `(${placeholders(columns)})`;
  for (const { items, values } of chunksOf(rows, (row) =>
    columns.map((column) => row[column] ?? null),
  )) {
    await dialect.execute(
      transaction,
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${items.map(() => one).join(', ')}`,
      values,
    );
  }
}
