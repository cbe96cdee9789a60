// Moves what a key wraps to its replacement, inside the transaction that retires the key: page by page, so
// that memory does not grow with their number. How one is re-wrapped, the flow says.
import type { Knex } from 'knex';
import type { Rewrapping } from '../../flows/change.js';
import type { Connection } from '../connect/connection.js';
import {
  dependantsOf,
  loadLiveObjects,
  wrappingKeyNamedBy,
  type Dependant,
} from '../find/dependants.js';
import { uidOf } from '../find/rows.js';
import { replaceObjects } from './write-rows.js';

/** Somebody who watches a long transaction, and may end it. */
export interface ProgressMonitor {
  /** Told after each page how many dependants of the key were moved. */
  readonly onDependants: (moved: number) => void;
  /** Asked before each page; true rolls the transaction back. */
  readonly isOver: () => Promise<boolean>;
}

/** For short transactions. */
export const UNMONITORED: ProgressMonitor = {
  onDependants: () => undefined,
  isOver: () => Promise.resolve(false),
};

/** Thrown inside a transaction to roll it back, because the run is over. */
export class TransactionCancelled extends Error {}

/**
 * Writes every dependant anew; returns how many there were.
 *
 * @throws KmsError DependantNotRewrapped; WriteConflict if one is no longer as it was read; Interruption.
 */
export async function rewrapDependants(
  transaction: Knex.Transaction,
  connection: Connection,
  rewrapping: Rewrapping,
  monitor: ProgressMonitor,
): Promise<number> {
  return eachPage(transaction, connection, rewrapping, monitor, async (pairs) => {
    await replaceObjects(transaction, connection, pairs);
  });
}

/** Does all but the writing; returns how many there are. @throws like `rewrapDependants`. */
export async function previewRewrapping(
  connection: Connection,
  rewrapping: Rewrapping,
  monitor: ProgressMonitor,
): Promise<readonly string[]> {
  const uids: string[] = [];
  await eachPage(connection.knex, connection, rewrapping, monitor, (pairs) => {
    uids.push(...pairs.map(({ before }) => before.id));
    return Promise.resolve();
  });
  return uids;
}

type Pairs = readonly ReturnType<Rewrapping['rewrap']>[];

async function eachPage(
  executor: Knex,
  connection: Connection,
  { wrappingKeyUids, retiredUids, wrappingKeyMismatches, rewrap }: Rewrapping,
  monitor: ProgressMonitor,
  use: (pairs: Pairs) => Promise<void>,
): Promise<number> {
  const inside = { ...connection, knex: executor };
  const { collationKey } = connection.dialect;
  // By whatever spelling the database finds the key, and so the server.
  const named = (dependant: Dependant) => {
    const uid = wrappingKeyNamedBy(dependant);
    if (uid === null || wrappingKeyUids.includes(uid)) return uid;
    return wrappingKeyUids.find((one) => collationKey(one) === collationKey(uid)) ?? null;
  };
  let moved = 0;
  for (const pages of [
    loadLiveObjects(inside, wrappingKeyMismatches),
    dependantsOf(inside, wrappingKeyUids),
  ]) {
    for await (const found of pages) {
      const page = found.filter((dependant) => !retiredUids.includes(uidOf(dependant) ?? ''));
      if (page.length === 0) continue;
      if (await monitor.isOver()) throw new TransactionCancelled('the run is over');
      await use(page.map((dependant) => rewrap(dependant, named(dependant))));
      moved += page.length;
      monitor.onDependants(moved);
    }
  }
  return moved;
}
