// The statements of a plain Re-Key by the bare driver alone, one key a transaction: what every rotation costs
// at least. SQLite prepares them once.
import Database from 'better-sqlite3';
import type { Change, Rotation } from '../../src/flows/change.js';
import type { OwnRow } from '../../src/store/own/our-tables.js';
import { kindOf, withBare, type Bare } from '../support/sql.js';

/** Writes each rotation and the log row that goes with it; returns how many seconds it took. */
export async function bareSeconds(
  url: string,
  rotations: readonly Rotation[],
  logRowOf: (rotation: Rotation) => OwnRow['row'],
): Promise<number> {
  if (kindOf(url) === 'sqlite') return sqliteSeconds(url, rotations, logRowOf);
  return withBare(url, async (bare) => {
    const statements = statementsOf(url);
    const began = performance.now();
    for (const rotation of rotations) {
      await bare.query('BEGIN');
      for (const change of rotation.changes) await write(bare, statements, change);
      await bare.query(statements.log, logValues(logRowOf(rotation)));
      await bare.query('COMMIT');
    }
    return (performance.now() - began) / 1000;
  });
}

function sqliteSeconds(
  path: string,
  rotations: readonly Rotation[],
  logRowOf: (rotation: Rotation) => OwnRow['row'],
): number {
  const database = new Database(path);
  for (const pragma of ['busy_timeout = 2000', 'journal_mode = WAL', 'synchronous = FULL']) {
    database.pragma(pragma);
  }
  const statements = statementsOf(path);
  const prepared = new Map(
    Object.values(statements).map((statement) => [statement, database.prepare(statement)]),
  );
  const transaction = database.transaction((rotation: Rotation) => {
    const run = (statement: string, values: readonly unknown[]) =>
      prepared.get(statement)?.run(...values);
    for (const change of rotation.changes) {
      for (const [statement, values] of writesOf(statements, change)) run(statement, values);
    }
    run(statements.log, logValues(logRowOf(rotation)));
  });
  const began = performance.now();
  for (const rotation of rotations) transaction.immediate(rotation);
  const seconds = (performance.now() - began) / 1000;
  database.close();
  return seconds;
}

async function write(bare: Bare, statements: Statements, change: Change): Promise<void> {
  for (const [statement, values] of writesOf(statements, change)) {
    await bare.query(statement, values);
  }
}

type Statements = ReturnType<typeof statementsOf>;

function writesOf(
  statements: Statements,
  change: Change,
): readonly (readonly [statement: string, values: readonly unknown[]])[] {
  if (change.kind === 'create') {
    const { row, replacedUid } = change;
    const { id, object, attributes, state, owner, wrappingKeyId } = row;
    return [
      [statements.insert, [id, object, attributes, state, owner, wrappingKeyId]],
      [statements.copyTags, [id, replacedUid]],
      [statements.copyGrants, [id, replacedUid]],
    ];
  }
  const { before, after } = change;
  const values = [
    ...[after.object, after.attributes, after.state, after.wrappingKeyId],
    ...[before.id, before.state, before.owner, before.attributes, before.object],
  ];
  return [[statements.update, values]];
}

const LOG_COLUMNS = [
  ...['run_id', 'at', 'duration_ms', 'host', 'os_user', 'version', 'uid', 'replacement_uid'],
  ...['flow', 'outcome', 'reason', 'message'],
];

function logValues(row: OwnRow['row']): readonly unknown[] {
  return LOG_COLUMNS.map((column) => row[column]);
}

function statementsOf(url: string) {
  const kind = kindOf(url);
  const json = kind === 'postgresql' ? 'CAST(? AS jsonb)' : '?';
  const newId = kind === 'postgresql' ? 'CAST(? AS varchar)' : '?';
  const text = (column: string) =>
    `CAST(${column} AS ${kind === 'mysql' ? 'CHAR' : kind === 'postgresql' ? 'text' : 'TEXT'})`;
  return {
    insert: `INSERT INTO objects (id, object, attributes, state, owner, wrapping_key_id)
      VALUES (?, ?, ${json}, ?, ?, ?)`,
    copyTags: `INSERT INTO tags (id, tag) SELECT ${newId}, tag FROM tags WHERE id = ?`,
    copyGrants: `INSERT INTO read_access (id, userid, permissions)
      SELECT ${newId}, userid, permissions FROM read_access WHERE id = ?`,
    update: `UPDATE objects SET object = ?, attributes = ${json}, state = ?, wrapping_key_id = ?
      WHERE id = ? AND state = ? AND owner = ? AND ${text('attributes')} = ? AND ${text('object')} = ?`,
    log: `INSERT INTO kms_rotation_log (${LOG_COLUMNS.join(', ')})
      VALUES (${LOG_COLUMNS.map(() => '?').join(', ')})`,
  };
}
