// The chains that a connection writes: one for each transaction that is under way, so that none waits for another. A chain
// goes on from a head that is known to be committed; after anything else its head is read from the database again. So it is
// once a session was lost: the database may be a server that has less.

import { NO_AUDIT_KEYS, type AuditKeys, type SealingKey } from './audit-keys.js';

/** The newest row of a chain. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** A chain that was begun here. */
export interface Chain {
  readonly id: string;
  /** Chains that its opening has named: what its closing settles. */
  readonly named: readonly NamedChain[];
}

/** A chain as an opening found it. */
export interface NamedChain {
  readonly chain: string;
  readonly hash: string;
  /** Whether it has its last row. */
  readonly isClosed: boolean;
}

/** A chain that a transaction has for itself until it ends. */
export interface Lease {
  /** Null for one that the transaction has to begin. */
  chain: Chain | null;
  /** Null if it must be read. */
  head: ChainHead | null;
  /** How many sessions had been lost when the head was read or written. */
  sessionsLost: number;
}

export interface ChainPool {
  /** The id of the store, which openings name; null if it has none. */
  readonly storeId: string | null;
  /** The keys that seal and sign what it writes. */
  keys(): AuditKeys;
  /** From now on rows are sealed by this key: a row that says so is committed. */
  useKey(sealing: SealingKey | null): void;
  /** Returns the chain of a transaction: the one that it has already, an idle one, or one to begin. */
  leaseFor(transaction: object): Lease;
  /** The transaction is committed: its chain goes on from where it is now. */
  readonly committed: (transaction: object) => void;
  /** The transaction is rolled back, or nobody knows: what became of its chain must be read. */
  readonly uncertain: (transaction: object) => void;
  /** Takes all idle chains out of the pool. */
  takeIdle(): readonly Lease[];
}

/** Returns a lease of a chain that its transaction has to begin. */
function newLease(): Lease {
  return { chain: null, head: null, sessionsLost: 0 };
}

export function newChainPool(storeId: string | null, beginWith = NO_AUDIT_KEYS): ChainPool {
  let keys = beginWith;
  const leased = new Map<object, Lease>();
  let idle: Lease[] = [];
  const end = (transaction: object) => {
    const lease = leased.get(transaction);
    leased.delete(transaction);
    return lease;
  };
  return {
    storeId,
    keys: () => keys,
    useKey: (sealing) => {
      keys = { ...keys, sealing };
    },
    leaseFor: (transaction) => {
      const lease = leased.get(transaction) ?? idle.pop() ?? newLease();
      leased.set(transaction, lease);
      return lease;
    },
    committed: (transaction) => {
      const lease = end(transaction);
      if (lease !== undefined) idle.push(lease);
    },
    uncertain: (transaction) => {
      const lease = end(transaction);
      if (lease !== undefined) idle.push({ ...lease, head: null });
    },
    takeIdle: () => {
      const taken = idle;
      idle = [];
      return taken;
    },
  };
}
