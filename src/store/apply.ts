// Writes the changes of rotations, with our own rows about them, in transactions. A row is replaced only if it has not
// changed since it was read. The caller decides what is written; this file decides which units of work share a
// transaction, and what a failure means. write/write-units.ts has the steps of one transaction.
import { exitCodeOf, KmsError } from '../errors.js';
import type { Rewrapping } from '../flows/change.js';
import type { ObjectRow } from '../kmip/managed-object.js';
import type { Connection } from './connect/connection.js';
import { asStoreError, WriteConflict } from './connect/errors/driver-errors.js';
import { byInsertedRow, transact, type TransactionFootprint } from './connect/transact.js';
import { translateErrors } from './connect/errors/translate-errors.js';
import { selectRows } from './find/rows.js';
import type { OwnRow } from './own/our-tables.js';
import { objectWriteError } from './write/object-write-error.js';
import {
  previewRewrapping,
  TransactionCancelled,
  UNMONITORED,
  type ProgressMonitor,
} from './write/rewrap-dependants.js';
import { keysToLock, writeUnits, type UnitOfWork } from './write/write-units.js';

/** Only what is `written` is committed. */
export type UnitOutcome =
  | {
      readonly kind: 'written';
      readonly dependantsRewrapped: number;
      /** Their uids; of a dry run only. */
      readonly dependants?: readonly string[];
    }
  /** Another session changed a row meanwhile. */
  | { readonly kind: 'conflict' }
  /** It would fail again. */
  | { readonly kind: 'failed'; readonly error: KmsError }
  | { readonly kind: 'not-tried' };

export interface ApplyResult {
  /** One for each unit, in their order. */
  readonly outcomes: readonly UnitOutcome[];
  /** Why the rest was not tried. */
  readonly error: KmsError | null;
}

/**
 * Writes units in one transaction; or, if one of them fails, those whose rows nobody else has changed; or, if that fails
 * too, each in its own. A unit that re-wraps dependants always has its own.
 */
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
    const all = await writeTogether(connection, others);
    const rest = all === null ? await withoutChanged(connection, others, outcomes) : others;
    const together = all ?? (rest === others ? null : await writeTogether(connection, rest));
    for (const unit of rest) {
      outcomes.set(unit, together ?? (await write(connection, [unit], monitor)));
    }
    return { outcomes: inOrder(), error: null };
  } catch (error) {
    if (error instanceof TransactionCancelled) return { outcomes: inOrder(), error: null };
    if (!(error instanceof KmsError)) throw error;
    return { outcomes: inOrder(), error };
  }
}

/** Returns null if the units must be tried one by one, because one had a conflict or a statement failed. */
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

/**
 * Returns the units whose rows are as they were read; the others have a conflict. Another run with the same plan has
 * rotated many keys of a batch, if any, and each would cost a transaction.
 */
async function withoutChanged(
  connection: Connection,
  units: readonly UnitOfWork[],
  outcomes: Map<UnitOfWork, UnitOutcome>,
): Promise<readonly UnitOfWork[]> {
  if (units.length < 2) return units;
  const read = new Map<string, ObjectRow>();
  for (const row of units.flatMap(rowsRead)) if (!read.has(row.id)) read.set(row.id, row);
  const rows = await translateErrors(connection.redactedUrl, () =>
    selectRows(connection, [...read.keys()]),
  );
  const unchanged = new Set(
    rows.filter((row) => isSame(row, read.get(row.id))).map(({ id }) => id),
  );
  const rest = units.filter((unit) => rowsRead(unit).every(({ id }) => unchanged.has(id)));
  for (const unit of units) if (!rest.includes(unit)) outcomes.set(unit, { kind: 'conflict' });
  return rest.length === units.length ? units : rest;
}

const COLUMNS = ['object', 'attributes', 'state', 'owner', 'wrappingKeyId'] as const;

function isSame(row: ObjectRow, read: ObjectRow | undefined): boolean {
  return COLUMNS.every((column) => row[column] === read?.[column]);
}

function rowsRead({ changes }: UnitOfWork): readonly ObjectRow[] {
  return changes.flatMap((change) => (change.kind === 'create' ? [] : [change.before]));
}

/** Does all of a re-wrapping but the writing, and says what would come of it. */
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
    if (!isAboutObject(error)) throw error;
    return { kind: 'failed', error };
  }
}

/** Writes rows of our own tables in a transaction of their own. */
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
    const error = uid === null ? null : await objectWriteError(connection, thrown, uid);
    if (error !== null) return { kind: 'failed', error };
    if (!isAboutObject(failure)) throw failure;
    return { kind: 'failed', error: failure };
  }
}

/** The first log row shows whether a batch was committed, since the batch is committed wholly or not at all. */
function footprintOf(units: readonly UnitOfWork[]): TransactionFootprint {
  const changes = units.flatMap((unit) => unit.changes);
  const replacedUids = changes.flatMap((change) =>
    change.kind === 'create' ? [] : [change.before.id],
  );
  const [inserted] = units[0]?.ownRows ?? [];
  const isGuarded = units.some(({ decidedBy }) => decidedBy !== undefined);
  const rewraps = units.some(({ rewrapping }) => rewrapping !== null);
  return {
    replacedUids,
    isWritten: inserted === undefined ? null : byInsertedRow(inserted),
    affectedUids: replacedUids,
    startsWithWrite: !rewraps && !isGuarded && keysToLock(changes).length === 0,
  };
}

/** Null if only our own rows are written: a failure of those concerns the store, not an object. */
function firstUidOf(units: readonly UnitOfWork[]): string | null {
  const changes = units.flatMap((unit) => unit.changes);
  const change = changes.find(({ kind }) => kind !== 'create') ?? changes[0];
  if (change === undefined) return null;
  return change.kind === 'create' ? change.row.id : change.before.id;
}

/** The exit code of reasons that lie in one object, not in the store. */
const OBJECT_FAILED = 4;

function isAboutObject(error: unknown): error is KmsError {
  return error instanceof KmsError && exitCodeOf(error) === OBJECT_FAILED;
}
