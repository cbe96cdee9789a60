// The order of a run: wrapping keys before what they wrap, issuers before what they sign, then the longest overdue
// first, then by uid. What is in a run, eligibility.ts decides; how it is split into transactions, run.ts.
import type { EpochSeconds } from '../kmip/date-time.js';

export interface PlannedKey {
  readonly uid: string;
  /** Null for a key whose deadline cannot be reckoned. */
  readonly deadlineAt: EpochSeconds | null;
  readonly wrappingKeyUid: string | null;
  /** Of a private key: what its pair wraps names it by this uid, or by its own. */
  readonly publicKeyUid: string | null;
  /** Of a certificate, or a pair that has one: the latest certificate of its issuer, and the private key of that. */
  readonly issuerUids?: readonly string[];
}

/** What a run still needs of a key once it has its place: it holds all of them to its end. */
export interface OrderedKey extends Pick<PlannedKey, 'uid' | 'deadlineAt'> {
  /** How many keys of the run stand above it: of two of one depth none wraps or signs the other, cycles aside. */
  readonly depth: number;
}

/** Returns the keys of a run in the order in which it takes them. */
export function inRunOrder(keys: readonly PlannedKey[]): readonly OrderedKey[] {
  const named = byName(keys);
  return keys
    .map((key) => ({ uid: key.uid, deadlineAt: key.deadlineAt, depth: keysAbove(key, named) }))
    .sort((a, b) => a.depth - b.depth || byDeadlineThenUid(a, b));
}

/** Orders a listing: what has no deadline first, then by deadline, then by uid as UTF-8 bytes. */
export function byDeadlineThenUid(
  a: Pick<PlannedKey, 'uid' | 'deadlineAt'>,
  b: Pick<PlannedKey, 'uid' | 'deadlineAt'>,
): number {
  const difference = (a.deadlineAt ?? -Infinity) - (b.deadlineAt ?? -Infinity);
  // Two missing deadlines differ by NaN, which is falsy like 0.
  return difference || compareUids(a.uid, b.uid);
}

/** Compares uids by their UTF-8 bytes, which is neither JavaScript's order nor any database's. */
export function compareUids(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** By every uid that names a key as what wraps; a public key stands for its pair. */
function byName(keys: readonly PlannedKey[]): ReadonlyMap<string, PlannedKey> {
  const named = new Map(keys.map((key) => [key.uid, key]));
  for (const key of keys) if (key.publicKeyUid !== null) named.set(key.publicKeyUid, key);
  return named;
}

/** Returns how many keys of the run stand above this one, each counted once; so cycles end. */
function keysAbove(key: PlannedKey, named: ReadonlyMap<string, PlannedKey>): number {
  const seen = new Set([key]);
  // What is added while it goes on is looked at too.
  for (const { wrappingKeyUid, issuerUids = [] } of seen) {
    for (const uid of [wrappingKeyUid ?? '', ...issuerUids]) {
      const above = named.get(uid);
      if (above !== undefined) seen.add(above);
    }
  }
  return seen.size - 1;
}
