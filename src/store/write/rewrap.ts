// Moves what a key wraps to its replacement, inside the transaction that retires the key: page by page, so
// that memory does not grow with their number. How one is re-wrapped, the flow says.
import type { Knex } from 'knex';
import type { Rewrapping } from '../../flows/change.js';
import type { Connection } from '../connect/connection.js';
import { dependantsOf, objectsOf, wrappingKeyNamedBy, type Dependant } from '../find/dependants.js';
import { uidOf } from '../find/rows.js';
import { replaceObjects } from './write-rows.js';

/** Somebody who watches a long transaction, and may end it. */
export interface Watch {
  /** Told after each page how many dependants of the key were moved. */
  readonly onDependants: (moved: number) => void;
  /** Asked before each page; true rolls the transaction back. */
  readonly isOver: () => Promise<boolean>;
}

/** For short transactions. */
export const NOBODY: Watch = {
  onDependants: () => undefined,
  isOver: () => Promise.resolve(false),
};

/** Thrown inside a transaction to roll it back, because the run is over. */
export class Interruption extends Error {}

/**
 * Writes every dependant anew; returns how many there were.
 *
 * @throws KmsError DependantNotRewrapped; WriteConflict if one is no longer as it was read; Interruption.
 */
export async function rewrapDependants(
  transaction: Knex.Transaction,
  connection: Connection,
  rewrapping: Rewrapping,
  watch: Watch,
): Promise<number> {
  return eachPage(transaction, connection, rewrapping, watch, async (pairs) => {
    await replaceObjects(transaction, connection, pairs);
  });
}

/** Does all but the writing; returns how many there are. @throws like `rewrapDependants`. */
export async function rehearseRewrapping(
  connection: Connection,
  rewrapping: Rewrapping,
  watch: Watch,
): Promise<readonly string[]> {
  const uids: string[] = [];
  await eachPage(connection.knex, connection, rewrapping, watch, (pairs) => {
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
  watch: Watch,
  use: (pairs: Pairs) => Promise<void>,
): Promise<number> {
  const inside = { ...connection, knex: executor };
  const { folded } = connection.dialect;
  // By whatever spelling the database finds the key, and so the server.
  const named = (dependant: Dependant) => {
    const uid = wrappingKeyNamedBy(dependant);
    if (uid === null || wrappingKeyUids.includes(uid)) return uid;
    return wrappingKeyUids.find((one) => folded(one) === folded(uid)) ?? null;
  };
  let moved = 0;
  for (const pages of [
    objectsOf(inside, wrappingKeyMismatches),
    dependantsOf(inside, wrappingKeyUids),
  ]) {
    for await (const found of pages) {
      const page = found.filter((dependant) => !retiredUids.includes(uidOf(dependant) ?? ''));
      if (page.length === 0) continue;
      if (await watch.isOver()) throw new Interruption('the run is over');
      await use(page.map((dependant) => rewrap(dependant, named(dependant))));
      moved += page.length;
      watch.onDependants(moved);
    }
  }
  return moved;
}
