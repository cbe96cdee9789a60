// Writes the changes of rotations, and rows of ours that go with them, in one transaction. Each replaced
// row is written only if it is still as it was read. Nothing here decides what is written.
import type { Knex } from 'knex';
import { exitCodeOf, KmsError } from '../errors.js';
import type { Change, Rewrapping, RowReplacement } from '../flows/change.js';
import type { Connection } from './connect/connection.js';
import type { SqlValue } from './dialects/dialect.js';
import { asStoreError, translateErrors, WriteConflict } from './connect/driver-errors.js';
import { lockActiveKeys, lockForRetiring } from './write/lock-active-keys.js';
import { objectWriteError } from './write/object-write-error.js';
import {
  TransactionCancelled,
  UNMONITORED,
  previewRewrapping,
  rewrapDependants,
  type ProgressMonitor,
} from './write/rewrap-dependants.js';
import { transact, type TransactionFootprint } from './connect/transact.js';
import {
  copyTagsAndGrants,
  insertObjects,
  insertRows,
  replaceObjects,
} from './write/write-rows.js';

/** A row of one of our own tables. */
export interface OwnRow {
  readonly table: string;
  /** Rows of one table have the same columns. */
  readonly row: Readonly<Record<string, SqlValue>>;
}

/** What is written wholly or not at all: the changes of one rotation and the rows that tell of it. */
export interface UnitOfWork {
  readonly changes: readonly Change[];
  /** What is to be moved from under a retired key; such a unit has a transaction of its own. */
  readonly rewrapping: Rewrapping | null;
  readonly ownRows: readonly OwnRow[];
}

/** Only what is `written` is committed. */
export type UnitOutcome =
  | {
      readonly kind: 'written';
      readonly dependantsRewrapped: number;
      /** Named by a rehearsal alone. */
      readonly dependants?: readonly string[];
    }
  /** Somebody else changed a row meanwhile. */
  | { readonly kind: 'conflict' }
  /** It cannot be done, whoever tries. */
  | { readonly kind: 'failed'; readonly error: KmsError }
  | { readonly kind: 'not-tried' };

export interface ApplyResult {
  /** One for each unit, in their order. */
  readonly outcomes: readonly UnitOutcome[];
  /** What kept the rest from being tried. */
  readonly error: KmsError | null;
}

/** Writes units together, or, where one of them misses, each by itself; one that re-wraps always so. */
export async function apply(
  connection: Connection,
  units: readonly UnitOfWork[],
  monitor: ProgressMonitor,
): Promise<ApplyResult> {
  const outcomes = new Map<UnitOfWork, UnitOutcome>();
  const inOrder = () => units.map((unit) => outcomes.get(unit) ?? ({ kind: 'not-tried' } as const));
  try {
    for (const unit of units.filter(({ rewrapping }) => rewrapping !== null)) {
      outcomes.set(unit, await write(connection, [unit], monitor));
    }
    const others = units.filter(({ rewrapping }) => rewrapping === null);
    const together = await writeTogether(connection, others);
    for (const unit of others) {
      outcomes.set(unit, together ?? (await write(connection, [unit], monitor)));
    }
    return { outcomes: inOrder(), error: null };
  } catch (error) {
    if (error instanceof TransactionCancelled) return { outcomes: inOrder(), error: null };
    if (!(error instanceof KmsError)) throw error;
    return { outcomes: inOrder(), error };
  }
}

/** Returns null if they have to be tried one by one: one of them missed, or a statement failed. */
async function writeTogether(
  connection: Connection,
  units: readonly UnitOfWork[],
): Promise<UnitOutcome | null> {
  if (units.length < 2) return null;
  try {
    const outcome = await write(connection, units, UNMONITORED);
    return outcome.kind === 'written' ? outcome : null;
  } catch (error) {
    if (error instanceof KmsError && error.reason === 'StoreFailure') return null;
    throw error;
  }
}

/** Says what would come of re-wrapping all that a key wraps, without writing any of it. */
export async function dryRunRewrapping(
  connection: Connection,
  rewrapping: Rewrapping,
  monitor: ProgressMonitor,
): Promise<UnitOutcome> {
  try {
    const dependants = await translateErrors(connection.redactedUrl, () =>
      previewRewrapping(connection, rewrapping, monitor),
    );
    return { kind: 'written', dependantsRewrapped: dependants.length, dependants };
  } catch (error) {
    if (error instanceof TransactionCancelled) return { kind: 'not-tried' };
    if (!(error instanceof KmsError) || exitCodeOf(error) !== OBJECT_FAILED) throw error;
    return { kind: 'failed', error };
  }
}

/** Writes rows of ours in a transaction of their own. */
export async function writeOwnRows(
  connection: Connection,
  ownRows: readonly OwnRow[],
): Promise<void> {
  await write(connection, [{ changes: [], rewrapping: null, ownRows }], UNMONITORED);
}

async function write(
  connection: Connection,
  units: readonly UnitOfWork[],
  monitor: ProgressMonitor,
): Promise<UnitOutcome> {
  if (units.length === 0) return { kind: 'written', dependantsRewrapped: 0 };
  try {
    const dependantsRewrapped = await transact(connection, footprintOf(units), (transaction) =>
      writeUnits(transaction, connection, units, monitor),
    );
    return { kind: 'written', dependantsRewrapped };
  } catch (thrown) {
    const failure = asStoreError(thrown, connection.redactedUrl);
    if (failure instanceof WriteConflict) return { kind: 'conflict' };
    const uid = firstUidOf(units);
    const refusal = uid === null ? null : await objectWriteError(connection, thrown, uid);
    if (refusal !== null) return { kind: 'failed', error: refusal };
    if (!(failure instanceof KmsError) || exitCodeOf(failure) !== OBJECT_FAILED) throw failure;
    return { kind: 'failed', error: failure };
  }
}

/** The exit code of reasons that lie in one object, and not in the store. */
const OBJECT_FAILED = 4;

/** Its log row tells that a batch was committed: all of it was, or none. */
function footprintOf(units: readonly UnitOfWork[]): TransactionFootprint {
  const changes = units.flatMap((unit) => unit.changes);
  const replaced = changes.flatMap((change) =>
    change.kind === 'create' ? [] : [change.before.id],
  );
  const inserted = units[0]?.ownRows[0] ?? null;
  const readsMore = units.some(({ rewrapping }) => rewrapping !== null);
  const startsWithWrite = !readsMore && keysToLock(changes).length === 0;
  return { replaced, inserted, uids: replaced, startsWithWrite };
}

/** Null where rows of ours alone are written: what is amiss with those concerns the store. */
function firstUidOf(units: readonly UnitOfWork[]): string | null {
  const changes = units.flatMap((unit) => unit.changes);
  const change = changes.find(({ kind }) => kind !== 'create') ?? changes[0];
  if (change === undefined) return null;
  return change.kind === 'create' ? change.row.id : change.before.id;
}

/** Rows are written by kind, not by unit: a batch costs as many statements as one key does. */
async function writeUnits(
  transaction: Knex.Transaction,
  connection: Connection,
  units: readonly UnitOfWork[],
  monitor: ProgressMonitor,
): Promise<number> {
  const { dialect } = connection;
  const changes = units.flatMap((unit) => unit.changes);
  const created = changes.filter((change) => change.kind === 'create');
  const replaced = changes.filter((change) => change.kind === 'replace');
  const retired = changes.filter((change) => change.kind === 'retire');
  const retiredUids = retired.map(({ before }) => before.id);
  await lockForRetiring(transaction, dialect, retiredUids);
  await lockActiveKeys(transaction, dialect, keysToLock(changes));
  await replaceObjects(transaction, connection, replaced);
  await insertObjects(
    transaction,
    dialect,
    created.map(({ row }) => row),
  );
  await copyTagsAndGrants(
    transaction,
    dialect,
    created.map(({ row, replacedUid, systemTag }) => ({ uid: row.id, replacedUid, systemTag })),
  );
  const ownRows = units.flatMap((unit) => unit.ownRows);
  for (const table of new Set(ownRows.map((extra) => extra.table))) {
    const rows = ownRows.filter((extra) => extra.table === table).map(({ row }) => row);
    await insertRows(transaction, dialect, table, rows);
  }
  let dependantsRewrapped = 0;
  for (const { rewrapping } of units) {
    if (rewrapping === null) continue;
    dependantsRewrapped += await rewrapDependants(transaction, connection, rewrapping, monitor);
  }
  // Last, so that nothing comes under a key between the look and its retirement.
  const relabelled = await relabel(transaction, connection, retired);
  await replaceObjects(transaction, connection, relabelled, true);
  return dependantsRewrapped;
}

/** Sets columns right: one that names its own key would be found under what is to be retired. */
async function relabel(
  transaction: Knex.Transaction,
  connection: Connection,
  retired: readonly RowReplacement[],
): Promise<readonly RowReplacement[]> {
  const relabelled = ({ before, after: { wrappingKeyId } }: RowReplacement) => ({
    ...before,
    wrappingKeyId,
  });
  const wrong = retired.filter(({ before, after }) => before.wrappingKeyId !== after.wrappingKeyId);
  await replaceObjects(
    transaction,
    connection,
    wrong.map((one) => ({ before: one.before, after: relabelled(one) })),
  );
  return retired.map((one) => ({ before: relabelled(one), after: one.after }));
}

/** What comes under a key, or is signed by one, is written only while that key is Active; its own new ones nobody else sees yet. */
function keysToLock(changes: readonly Change[]): readonly string[] {
  const created = changes.flatMap((change) => (change.kind === 'create' ? [change.row.id] : []));
  const uids = changes.flatMap((change) => {
    if (change.kind === 'create') return [change.row.wrappingKeyId, ...(change.lockedUids ?? [])];
    const { before, after } = change;
    // One that ceases to be used may stay under a key that has.
    if (change.kind === 'retire') return [];
    return before.wrappingKeyId === after.wrappingKeyId ? [] : [after.wrappingKeyId];
  });
  return uids.filter((uid) => uid !== null && !created.includes(uid)).map(String);
}
