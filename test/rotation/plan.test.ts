// The order of a run: wrapping keys before what they wrap, then the longest overdue first, then by uid
// as UTF-8 bytes (design §3.3). Cycles end, and nothing is lost or told twice.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { byDeadlineThenUid, inRunOrder, type PlannedKey } from '../../src/rotation/plan.js';

const key = (
  uid: string,
  deadlineAt: number | null = 0,
  wrappingKeyUid: string | null = null,
  publicKeyUid: string | null = null,
): PlannedKey => ({ uid, deadlineAt, wrappingKeyUid, publicKeyUid });

const order = (...keys: PlannedKey[]) => inRunOrder(keys).map(({ uid }) => uid);

describe('plan', () => {
  it('takes the longest overdue first', () => {
    assert.deepEqual(order(key('a', 3), key('b', 1), key('c', 2)), ['b', 'c', 'a']);
  });

  it('takes what has no deadline before all that has one, by uid', () => {
    assert.deepEqual(order(key('a', 1), key('z', null), key('m', null)), ['m', 'z', 'a']);
  });

  it('takes wrapping keys before what they wrap, whatever the deadlines', () => {
    const keys = [key('a', 1, 'kek'), key('kek', 9), key('b', 5)];
    assert.deepEqual(order(...keys), ['b', 'kek', 'a']);
  });

  it('goes down the chain of wrapping keys level by level', () => {
    const keys = [
      key('bottom', 0, 'middle'),
      key('middle', 8, 'top'),
      key('top', 9),
      key('beside', 7, 'top'),
    ];
    assert.deepEqual(order(...keys), ['top', 'beside', 'middle', 'bottom']);
  });

  it('takes a wrapping pair before what names either of its keys', () => {
    const keys = [
      key('a', 1, 'pair_pk'),
      key('b', 2, 'pair'),
      key('c', 0, 'a'),
      key('pair', 9, null, 'pair_pk'),
    ];
    assert.deepEqual(order(...keys), ['pair', 'a', 'b', 'c']);
    // A public key with a schedule of its own is not what wraps in its stead.
    const armed = key('pair_pk', 0, 'c');
    assert.deepEqual(order(...keys, armed), ['pair', 'a', 'b', 'c', 'pair_pk']);
  });

  it('does not wait for a wrapping key that is not in the run', () => {
    assert.deepEqual(order(key('b', 2), key('a', 1, 'not-due')), ['a', 'b']);
  });

  it('ends on keys that wrap each other, and on one that wraps itself', () => {
    const cycle = [
      key('a', 3, 'b'),
      key('b', 2, 'a'),
      key('self', 1, 'self'),
      key('under', 0, 'a'),
    ];
    const ordered = order(...cycle);
    assert.deepEqual([...ordered].sort(), ['a', 'b', 'self', 'under']);
    assert.equal(ordered.at(-1), 'under');
    assert.equal(ordered[0], 'self');
  });

  it('breaks ties by the UTF-8 bytes of the uid, not by UTF-16', () => {
    const inOrder = ['', 'A', 'Z', 'a', 'a ', 'aa', 'é', '\uffff', '\u{1F600}'];
    assert.deepEqual(order(...[...inOrder].reverse().map((uid) => key(uid))), inOrder);
    // UTF-16, and with it JavaScript's own order, has these two the other way round.
    assert.deepEqual(order(key('\u{1F600}'), key('\ufffd')), ['\ufffd', '\u{1F600}']);
  });

  it('byDeadlineThenUid orders listings without regard to wrapping', () => {
    const keys = [key('b', 1), key('a', 1, 'z'), key('z', 2), key('c', null)];
    const ordered = [...keys].sort(byDeadlineThenUid).map(({ uid }) => uid);
    assert.deepEqual(ordered, ['c', 'a', 'b', 'z']);
    assert.equal(byDeadlineThenUid(key('x', null), key('x', null)), 0);
  });

  describe('properties', () => {
    const uid = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', '\u{1F600}', '\ufffd');
    const keys = fc.uniqueArray(
      fc.record({
        uid,
        deadlineAt: fc.option(fc.integer({ min: 0, max: 3 })),
        wrappingKeyUid: fc.option(uid),
        publicKeyUid: fc.constant(null),
      }),
      { selector: (planned) => planned.uid },
    );

    it('each key is there once, in an order that does not depend on the order of the input', () => {
      fc.assert(
        fc.property(keys, fc.nat(10), (planned, cut) => {
          const ordered = inRunOrder(planned);
          const cutAndReversed = [...planned.slice(cut), ...planned.slice(0, cut)].reverse();
          assert.deepEqual(inRunOrder(cutAndReversed), ordered);
          assert.equal(new Set(ordered).size, planned.length);
        }),
      );
    });

    it('no key comes before the one that wraps it, where they do not wrap each other', () => {
      fc.assert(
        fc.property(keys, (planned) => {
          // Each is wrapped by a smaller one only: no cycles.
          const acyclic = planned.map((one) =>
            one.wrappingKeyUid !== null && one.wrappingKeyUid < one.uid
              ? one
              : { ...one, wrappingKeyUid: null },
          );
          const ordered = inRunOrder(acyclic).map((one) => one.uid);
          for (const one of acyclic) {
            if (one.wrappingKeyUid === null) continue;
            assert.ok(ordered.indexOf(one.wrappingKeyUid) < ordered.indexOf(one.uid));
          }
        }),
      );
    });
  });
});
