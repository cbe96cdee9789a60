// Re-wraps the dependants of a key under its replacement, in the transaction that retires the key. It works in pages,
// so that memory does not grow with their number. The flow says how one dependant is re-wrapped.
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

/** Follows a long transaction, and may cancel it. */
export interface ProgressMonitor {
  /** Called after each page with the number of dependants so far. */
  readonly onDependants: (rewrapped: number) => void;
  /** Called before each page; true rolls the transaction back. */
  readonly isOver: () => Promise<boolean>;
}

/** For short transactions. */
export const UNMONITORED: ProgressMonitor = {
  onDependants: () => undefined,
  isOver: () => Promise.resolve(false),
};

/** Thrown in a transaction to roll it back, because the run is over. */
export class TransactionCancelled extends Error {}

/**
 * Re-wraps every dependant; returns how many there were. `onWritten` takes each page of them.
 *
 * @throws KmsError DependantNotRewrapped; WriteConflict if one has changed since it was read; TransactionCancelled.
 */
export async function rewrapDependants(
  transaction: Knex.Transaction,
  connection: Connection,
  rewrapping: Rewrapping,
  monitor: ProgressMonitor,
  onWritten: (pairs: Pairs) => void,
): Promise<number> {
  return eachPage(transaction, connection, rewrapping, monitor, async (pairs) => {
    await replaceObjects(transaction, connection, pairs);
    onWritten(pairs);
  });
}

/** Does all of that but the writing; returns the uids of the dependants. @throws as `rewrapDependants`. */
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
  // Compared by collation, as the database, and so the server, finds the key.
  const named = (dependant: Dependant) => {
    const uid = wrappingKeyNamedBy(dependant);
    if (uid === null || wrappingKeyUids.includes(uid)) return uid;
    return wrappingKeyUids.find((one) => collationKey(one) === collationKey(uid)) ?? null;
  };
  let rewrapped = 0;
  for (const pages of [
    loadLiveObjects(inside, wrappingKeyMismatches),
    dependantsOf(inside, wrappingKeyUids),
  ]) {
    for await (const found of pages) {
      const page = found.filter((dependant) => !retiredUids.includes(uidOf(dependant) ?? ''));
      if (page.length === 0) continue;
      if (await monitor.isOver()) throw new TransactionCancelled('the run is over');
      await use(page.map((dependant) => rewrap(dependant, named(dependant))));
      rewrapped += page.length;
      monitor.onDependants(rewrapped);
    }
  }
  return rewrapped;
}
