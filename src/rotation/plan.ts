// The order of a run: wrapping keys before what they wrap, issuers before what they sign, then the longest overdue
// first, then by uid. eligibility.ts decides what is in a run, run/plan/batches.ts splits it into batches.
import type { EpochSeconds } from '../kmip/date-time.js';

export interface PlannedKey {
  readonly uid: string;
  /** Null if the deadline cannot be computed. */
  readonly deadlineAt: EpochSeconds | null;
  readonly wrappingKeyUid: string | null;
  /** Of a private key: its dependants name its pair by this uid or by its own. */
  readonly publicKeyUid: string | null;
  /** Of a certificate, or of a pair that has one: the latest certificate of its issuer, and that one's private key. */
  readonly issuerUids?: readonly string[];
}

/** What a run keeps of a planned key: little, as it keeps all of them to its end. */
export interface OrderedKey extends Pick<PlannedKey, 'uid' | 'deadlineAt'> {
  /**
   * How many keys of the run are rotated before it because they wrap or sign it. Keys of one depth neither wrap nor sign
   * each other, except in cycles.
   */
  readonly depth: number;
}

/** Returns the keys of a run in the order in which it takes them. */
export function inRunOrder(keys: readonly PlannedKey[]): readonly OrderedKey[] {
  const named = byName(keys);
  return keys
    .map((key) => ({ uid: key.uid, deadlineAt: key.deadlineAt, depth: keysAbove(key, named) }))
    .sort((a, b) => a.depth - b.depth || byDeadlineThenUid(a, b));
}

/** Compares for a listing: no deadline first, then by deadline, then by uid. */
export function byDeadlineThenUid(
  a: Pick<PlannedKey, 'uid' | 'deadlineAt'>,
  b: Pick<PlannedKey, 'uid' | 'deadlineAt'>,
): number {
  const difference = (a.deadlineAt ?? -Infinity) - (b.deadlineAt ?? -Infinity);
  // Two missing deadlines differ by NaN, which is falsy like 0.
  return difference || compareUids(a.uid, b.uid);
}

/** Compares uids by their UTF-8 bytes: an order that is neither JavaScript's nor a database's. */
export function compareUids(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** By each uid that may name a key as wrapping key: for a pair also that of its public key. */
function byName(keys: readonly PlannedKey[]): ReadonlyMap<string, PlannedKey> {
  const named = new Map(keys.map((key) => [key.uid, key]));
  for (const key of keys) if (key.publicKeyUid !== null) named.set(key.publicKeyUid, key);
  return named;
}

/** Returns how many keys of the run wrap or sign this one, directly or not; each counts once, so that cycles end. */
function keysAbove(key: PlannedKey, named: ReadonlyMap<string, PlannedKey>): number {
  const seen = new Set([key]);
  // The loop also visits what it adds.
  for (const { wrappingKeyUid, issuerUids = [] } of seen) {
    for (const uid of [wrappingKeyUid ?? '', ...issuerUids]) {
      const above = named.get(uid);
      if (above !== undefined) seen.add(above);
    }
  }
  return seen.size - 1;
}
