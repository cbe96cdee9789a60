// Writes the changes of rotations, and rows of ours that go with them, in one transaction. Each replaced
// row is written only if it is still as it was read. Nothing here decides what is written.
import { setTimeout } from 'node:timers/promises';
import type { Knex } from 'knex';
import { KmsError } from '../errors.js';
import type { Change } from '../flows/change.js';
import type { ObjectRow } from '../kmip/managed-object.js';
import type { Connection } from './connection.js';
import { isTransient, translatingFailures, WriteConflict } from './failure.js';

/** A row of one of our own tables. */
export interface ExtraRow {
  readonly table: string;
  readonly row: Readonly<Record<string, string | number | null>>;
}

/** What is written wholly or not at all: the changes of one rotation and the rows that tell of it. */
export interface Unit {
  readonly changes: readonly Change[];
  readonly extraRows: readonly ExtraRow[];
}

/** `conflict`: somebody else changed a row meanwhile. Only what is `written` is committed. */
type Written = 'written' | 'conflict' | 'not-tried';

export interface Applied {
  /** One for each unit, in their order. */
  readonly outcomes: readonly Written[];
  /** What kept the rest from being tried. */
  readonly error: KmsError | null;
}

/** Writes units together, or, where one of them misses, each by itself. */
export async function apply(connection: Connection, units: readonly Unit[]): Promise<Applied> {
  const outcomes: Written[] = [];
  try {
    if (await writeTogether(connection, units)) {
      return { outcomes: units.map(() => 'written'), error: null };
    }
    if (units.length === 1) return { outcomes: ['conflict'], error: null };
    for (const unit of units) {
      outcomes.push((await writeTogether(connection, [unit])) ? 'written' : 'conflict');
    }
    return { outcomes, error: null };
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    const left = units.slice(outcomes.length).map((): Written => 'not-tried');
    return { outcomes: [...outcomes, ...left], error };
  }
}

/** Writes rows of ours in a transaction of their own. */
export async function writeExtraRows(
  connection: Connection,
  extraRows: readonly ExtraRow[],
): Promise<void> {
  await writeTogether(connection, [{ changes: [], extraRows }]);
}

async function writeTogether(connection: Connection, units: readonly Unit[]): Promise<boolean> {
  try {
    await translatingFailures(connection.shownUrl, () =>
      retryingVictims(() =>
        connection.knex.transaction(async (transaction) => {
          await connection.dialect.lockForWriting(transaction);
          for (const unit of units) await writeUnit(transaction, connection, unit);
        }, connection.dialect.transaction),
      ),
    );
    return true;
  } catch (error) {
    if (error instanceof WriteConflict) return false;
    throw error;
  }
}

/** How often a transaction is begun again when the database made it the victim of a deadlock. */
const VICTIM_TRIES = 5;
const VICTIM_PAUSE_MS = 20;

async function retryingVictims<T>(transact: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transact();
    } catch (error) {
      if (!isTransient(error) || tries === VICTIM_TRIES) throw error;
      await setTimeout(VICTIM_PAUSE_MS * 2 ** tries);
    }
  }
}

async function writeUnit(
  transaction: Knex.Transaction,
  connection: Connection,
  unit: Unit,
): Promise<void> {
  for (const change of unit.changes) {
    if (change.kind === 'create') await create(transaction, change);
    else await replace(transaction, connection, change.before, change.after);
  }
  for (const { table, row } of unit.extraRows) await transaction(table).insert(row);
}

/** Tags and grants are copied by the database itself: one given a moment ago is not lost. */
async function create(
  transaction: Knex.Transaction,
  { row, successorOf, systemTag }: Extract<Change, { kind: 'create' }>,
): Promise<void> {
  await insertRow(transaction, row);
  await transaction.raw(`INSERT INTO tags (id, tag) SELECT ?, tag FROM tags WHERE id = ?`, [
    row.id,
    successorOf,
  ]);
  await insertTags(transaction, row.id, [systemTag]);
  await transaction.raw(
    `INSERT INTO read_access (id, userid, permissions)
      SELECT ?, userid, permissions FROM read_access WHERE id = ?`,
    [row.id, successorOf],
  );
}

export async function insertRow(transaction: Knex.Transaction, row: ObjectRow): Promise<void> {
  await transaction('objects').insert({
    id: row.id,
    object: row.object,
    attributes: row.attributes,
    state: row.state,
    owner: row.owner,
    wrapping_key_id: row.wrappingKeyId,
  });
}

/** Adds the tags that are not there yet. */
export async function insertTags(
  transaction: Knex.Transaction,
  uid: string,
  tags: readonly string[],
): Promise<void> {
  for (const tag of tags) {
    await transaction.raw(
      `INSERT INTO tags (id, tag)
        SELECT ?, ? FROM (SELECT 1) AS one WHERE NOT EXISTS (SELECT 1 FROM tags WHERE id = ? AND tag = ?)`,
      [uid, tag, uid, tag],
    );
  }
}

async function replace(
  transaction: Knex.Transaction,
  { dialect }: Connection,
  before: ObjectRow,
  after: ObjectRow,
): Promise<void> {
  const written = await transaction('objects')
    .where('id', before.id)
    .whereRaw(dialect.equals('id'), [before.id])
    .whereRaw(dialect.equals('state'), [before.state])
    .whereRaw(dialect.equals('owner'), [before.owner])
    .whereRaw(dialect.equals('attributes'), [before.attributes])
    .whereRaw(dialect.equals('object'), [before.object])
    .update({
      object: after.object,
      attributes: after.attributes,
      state: after.state,
      wrapping_key_id: after.wrappingKeyId,
    });
  if (written !== 1) throw new WriteConflict('a row is no longer as it was read');
}
