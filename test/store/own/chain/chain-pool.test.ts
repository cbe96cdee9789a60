// Which chain a transaction writes, and from which head it goes on.
import assert from 'node:assert/strict';
import { newChainPool, type Lease } from '../../../../src/store/own/chain/chain-pool.js';

const HEAD = { seq: 3, hash: 'a' };
const chain = (id: string) => ({ id, named: [] });

/** A transaction that begins a chain, and leaves its head here. */
function begun(pool: ReturnType<typeof newChainPool>, id: string): { lease: Lease } {
  const transaction = {} as { lease: Lease };
  transaction.lease = pool.leaseFor(transaction);
  Object.assign(transaction.lease, { chain: chain(id), head: HEAD });
  return transaction;
}

describe('newChainPool', () => {
  it('gives a transaction one chain, and another to one beside it', () => {
    const pool = newChainPool(null);
    const [one, other] = [begun(pool, 'one'), begun(pool, 'other')];
    assert.equal(pool.leaseFor(one), one.lease);
    assert.notEqual(pool.leaseFor(other), one.lease);
  });

  it('goes on from the head of a transaction that is known to be committed', () => {
    const pool = newChainPool(null);
    pool.committed(begun(pool, 'one'));
    assert.deepEqual(pool.leaseFor({}), { chain: chain('one'), head: HEAD, sessionsLost: 0 });
  });

  it('has the head read again after any other end', () => {
    const pool = newChainPool(null);
    pool.uncertain(begun(pool, 'one'));
    assert.deepEqual(pool.leaseFor({}), { chain: chain('one'), head: null, sessionsLost: 0 });
  });

  it('gives each idle chain away once, and has none of a transaction that wrote nothing', () => {
    const pool = newChainPool(null);
    pool.committed({});
    pool.uncertain({});
    assert.deepEqual(pool.takeIdle(), []);
    pool.committed(begun(pool, 'one'));
    begun(pool, 'two');
    pool.committed(begun(pool, 'three'));
    assert.deepEqual(
      pool.takeIdle().map((lease) => lease.chain?.id),
      ['three'],
    );
    assert.deepEqual(pool.takeIdle(), []);
  });
});
