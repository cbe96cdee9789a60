// The way into write/, the steps of one transaction that writes: writes units of work in the order that keeps a store
// sound at every moment. store/apply.ts decides which units share a transaction and what a failure means; the other
// files of this room are the steps.
import type { Knex } from 'knex';
import type { Change, Rewrapping, RowReplacement } from '../../flows/change.js';
import { leftOversError } from '../../rotation/left-overs.js';
import type { Connection } from '../connect/connection.js';
import type { Dialect } from '../dialects/dialect.js';
import { WriteConflict } from '../connect/errors/driver-errors.js';
import { findLeftOvers, type RightsRow } from '../find/left-overs.js';
import {
  haveSurroundingsChanged,
  type SurroundedObjects,
  type Surroundings,
} from '../find/surroundings.js';
import { insertOwnRows } from '../own/chain/seal-rows.js';
import { updateConditions, type ConditionName, type DecideConditions } from '../own/conditions.js';
import type { OwnRow } from '../own/our-tables.js';
import { moveOptions, writeOptions, type NewOptions } from '../own/policy-options.js';
import { endRequests } from '../own/server-requests.js';
import { changeOverlaps, type OverlapChange } from '../own/retiring.js';
import { lockActiveKeys, lockForRetiring } from './lock-active-keys.js';
import { logDetails, rewrappedDependants } from './log-details.js';
import { rewrapDependants, type ProgressMonitor } from './rewrap-dependants.js';
import { insertObjects, replaceObjects } from './write-rows.js';
import {
  addTagsAndGrants,
  copyTagsAndGrants,
  giveOwner,
  removeRights,
  type Heir,
} from './tags-and-grants.js';

/** What is written wholly or not at all: the changes of one rotation, and our own rows about it. */
export interface UnitOfWork {
  readonly changes: readonly Change[];
  /** How to re-wrap what a retired key wraps; such a unit has a transaction to itself. */
  readonly rewrapping: Rewrapping | null;
  readonly ownRows: readonly OwnRow[];
  /** Options that policies of objects are given. */
  readonly options?: readonly NewOptions[];
  /** What is decided about conditions, as they are in the transaction. */
  readonly conditions?: {
    readonly names: readonly ConditionName[];
    readonly decide: DecideConditions;
  };
  /** Tags and grants of uids that no object has. */
  readonly removedRights?: readonly RightsRow[];
  /** A request to a server that this completes. */
  readonly completes?: CompletedRequest;
  /** Overlaps that end, or whose ends move. */
  readonly overlaps?: readonly OverlapChange[];
  /** What surrounded some objects when this was decided; if anything else does now, nothing is written. */
  readonly decidedBy?: SurroundedObjects & { readonly found: Surroundings };
}

/** A request whose replacement gets, with its end, the owner, the tags and the grants of what it replaces. */
interface CompletedRequest {
  readonly uid: string;
  readonly runId: string;
  readonly heirs: readonly Heir[];
}

/**
 * Writes units and returns how many dependants were re-wrapped. It writes rows by kind, not by unit, so that a batch
 * costs as many statements as one key does.
 *
 * @throws WriteConflict; KmsError DependantNotRewrapped or KeysetConflict; TransactionCancelled.
 */
export async function writeUnits(
  transaction: Knex.Transaction,
  connection: Connection,
  units: readonly UnitOfWork[],
  monitor: ProgressMonitor,
): Promise<number> {
  const { dialect } = connection;
  const changes = units.flatMap((unit) => unit.changes);
  const created = changes.filter((change) => change.kind === 'create');
  const replaced = changes.filter((change) => change.kind === 'replace');
  const retiring = changes.filter((change) => change.kind === 'begin-overlap');
  const retired = changes.filter((change) => change.kind === 'retire');
  const retiredUids = retired.map(({ before }) => before.id);
  const givenUids = new Map<UnitOfWork, readonly string[]>();
  for (const unit of units)
    givenUids.set(unit, await completeRequest(transaction, dialect, unit.completes));
  await lockForRetiring(transaction, dialect, retiredUids);
  await lockActiveKeys(transaction, dialect, keysToLock(changes));
  for (const { decidedBy } of units)
    await assertSameSurroundings(transaction, connection, decidedBy);
  await replaceObjects(transaction, connection, [...replaced, ...retiring]);
  await insertObjects(
    transaction,
    dialect,
    created.map(({ row }) => row),
  );
  await assertNoLeftOvers(transaction, dialect, created);
  await copyTagsAndGrants(
    transaction,
    dialect,
    created.map(({ row, replacedUid, systemTag }) => ({ uid: row.id, replacedUid, systemTag })),
  );
  for (const { before, heirOf = [] } of replaced) {
    for (const uid of heirOf) await addTagsAndGrants(transaction, dialect, before.id, uid);
  }
  await moveOptions(connection, transaction, [
    ...replacementsIn(created),
    ...units.flatMap(({ completes }) => completes?.heirs ?? []),
  ]);
  await writeOptions(
    connection,
    transaction,
    units.flatMap((unit) => unit.options ?? []),
  );
  await changeOverlaps(
    transaction,
    units.flatMap(({ overlaps = [] }) => overlaps),
  );
  await removeRights(
    transaction,
    dialect,
    units.flatMap(({ removedRights = [] }) => removedRights),
  );
  let dependantsRewrapped = 0;
  const details = new Map<OwnRow['row'], string>();
  for (const unit of units) {
    const dependants = rewrappedDependants();
    const { rewrapping } = unit;
    if (rewrapping !== null)
      dependantsRewrapped += await rewrapDependants(
        ...[transaction, connection, rewrapping],
        monitor,
        dependants.add,
      );
    const { changes, ownRows } = unit;
    const written = { changes, ownRows, dependants, givenUids: givenUids.get(unit) ?? [] };
    for (const [row, text] of logDetails(written)) details.set(row, text);
  }
  // After all that the rows of the log tell of.
  const ownRows = units.flatMap((unit) => unit.ownRows);
  await insertOwnRows(connection, transaction, ownRows, details);
  for (const { conditions } of units) {
    if (conditions === undefined) continue;
    await updateConditions(connection, transaction, conditions.names, conditions.decide);
  }
  // Last, so that no object is put under a key between the last look at its dependants and its retirement.
  const corrected = await correctColumns(transaction, connection, retired);
  await replaceObjects(transaction, connection, corrected, true);
  return dependantsRewrapped;
}

/** A new object of a rotation stands for the one that it replaces; one that doctor makes may stand for itself. */
function replacementsIn(created: readonly Extract<Change, { kind: 'create' }>[]) {
  return created
    .map(({ row, replacedUid }) => ({ uid: row.id, replacedUid }))
    .filter(({ uid, replacedUid }) => uid !== replacedUid);
}

/** Returns the objects that were given another owner. @throws WriteConflict if another run has taken the request over. */
async function completeRequest(
  transaction: Knex.Transaction,
  dialect: Dialect,
  completes: UnitOfWork['completes'],
): Promise<readonly string[]> {
  if (completes === undefined) return [];
  const { runId, uid, heirs } = completes;
  if ((await endRequests(transaction, runId, [uid])) !== 1)
    throw new WriteConflict('another run has taken the request over');
  const given: string[] = [];
  for (const heir of heirs) {
    if (await giveOwner(transaction, dialect, heir)) given.push(heir.uid);
    await addTagsAndGrants(transaction, dialect, heir.uid, heir.replacedUid);
  }
  return given;
}

/** @throws WriteConflict if a link, a tag, a grant or a member of a keyset has come or gone. */
async function assertSameSurroundings(
  knex: Knex.Transaction,
  connection: Connection,
  decidedBy: UnitOfWork['decidedBy'],
): Promise<void> {
  if (decidedBy === undefined) return;
  if (await haveSurroundingsChanged({ ...connection, knex }, decidedBy, decidedBy.found))
    throw new WriteConflict('what surrounds the objects has changed since it was read');
}

/** @throws KmsError KeysetConflict if tags or grants are there under the uid of a replacement: whose, nobody knows. */
async function assertNoLeftOvers(
  knex: Knex,
  dialect: Dialect,
  created: readonly Extract<Change, { kind: 'create' }>[],
): Promise<void> {
  const uids = created.map(({ row }) => row.id);
  const leftOvers = await findLeftOvers({ knex, dialect }, uids);
  for (const { row, replacedUid } of created) {
    const found = leftOvers.get(row.id);
    if (found === undefined) continue;
    const isNew = replacedUid === row.id;
    throw leftOversError(isNew ? 'UidTaken' : 'KeysetConflict', found, isNew ? null : replacedUid);
  }
}

/**
 * Returns the keys that must be Active, and stay so until the transaction ends: those that wrap or sign what is
 * written. New keys of the transaction itself nobody else sees yet.
 */
export function keysToLock(changes: readonly Change[]): readonly string[] {
  const created = changes.flatMap((change) => (change.kind === 'create' ? [change.row.id] : []));
  const uids = changes.flatMap((change) => {
    if (change.kind === 'create') return [change.row.wrappingKeyId, ...(change.lockedUids ?? [])];
    const { before, after } = change;
    // What is retired may stay under a key that is retired too.
    if (change.kind === 'retire') return [];
    return before.wrappingKeyId === after.wrappingKeyId ? [] : [after.wrappingKeyId];
  });
  return uids.filter((uid) => uid !== null && !created.includes(uid)).map(String);
}

/**
 * Corrects the column `wrapping_key_id` of rows that are to be retired, and returns the replacements that are left. A
 * row whose column names its own key would count as a dependant, and block its retirement.
 */
async function correctColumns(
  transaction: Knex.Transaction,
  connection: Connection,
  retired: readonly RowReplacement[],
): Promise<readonly RowReplacement[]> {
  const corrected = ({ before, after: { wrappingKeyId } }: RowReplacement) => ({
    ...before,
    wrappingKeyId,
  });
  const wrong = retired.filter(({ before, after }) => before.wrappingKeyId !== after.wrappingKeyId);
  await replaceObjects(
    transaction,
    connection,
    wrong.map((one) => ({ before: one.before, after: corrected(one) })),
  );
  return retired.map((one) => ({ before: corrected(one), after: one.after }));
}
