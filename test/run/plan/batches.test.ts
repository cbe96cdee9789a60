// How a plan is worked off: in order, no more at once than asked for, and never a key beside one that
// wraps it (design §3.3).
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inBatches, type BatchOptions } from '../../../src/run/plan/batches.js';
import { inRunOrder, type OrderedKey } from '../../../src/rotation/plan.js';

const OPTIONS: BatchOptions<boolean> = {
  size: 2,
  concurrency: 1,
  room: () => Infinity,
  mayBegin: () => Promise.resolve(true),
  mayGoOn: (wentWell) => wentWell,
};

const plan = (...depths: number[]): readonly OrderedKey[] =>
  depths.map((depth, index) => ({
    uid: `key-${index}`,
    deadlineAt: 0,
    depth,
  }));

const uids = (keys: readonly OrderedKey[]) => keys.map(({ uid }) => uid).join(' ');

/** Works off a plan and tells what was begun and what was done, in order. */
async function trace(keys: readonly OrderedKey[], options: Partial<BatchOptions<boolean>>) {
  const events: string[] = [];
  await inBatches(keys, { ...OPTIONS, ...options }, async (batch) => {
    events.push(`+${uids(batch)}`);
    await new Promise(setImmediate);
    events.push(`-${uids(batch)}`);
    return true;
  });
  return events;
}

describe('inBatches', () => {
  it('takes one batch after the other unless told otherwise', async () => {
    assert.deepEqual(await trace(plan(0, 0, 0), {}), [
      '+key-0 key-1',
      '-key-0 key-1',
      '+key-2',
      '-key-2',
    ]);
  });

  it('keeps as many in work as it is told', async () => {
    assert.deepEqual(await trace(plan(0, 0, 0, 0, 0), { concurrency: 2 }), [
      '+key-0 key-1',
      '+key-2 key-3',
      '-key-0 key-1',
      '+key-4',
      '-key-2 key-3',
      '-key-4',
    ]);
  });

  it('cuts a batch where the depth changes, and waits for what is above', async () => {
    assert.deepEqual(await trace(plan(0, 0, 0, 1), { concurrency: 9, size: 3 }), [
      '+key-0 key-1 key-2',
      '-key-0 key-1 key-2',
      '+key-3',
      '-key-3',
    ]);
  });

  it('counts those in work against the room, and waits for some of them to leave it', async () => {
    let rotated = 0;
    const begun: number[] = [];
    const room = (inWork: number) => 5 - rotated - inWork;
    await inBatches(
      plan(0, 0, 0, 0, 0, 0, 0, 0, 0),
      { ...OPTIONS, concurrency: 3, room },
      async (batch) => {
        begun.push(batch.length);
        await new Promise(setImmediate);
        // One of each batch fails, which takes no room.
        rotated += Math.max(1, batch.length - 1);
        return true;
      },
    );
    assert.equal(rotated, 5);
    assert.deepEqual(begun.slice(0, 3), [2, 2, 1]);
  });

  it('begins nothing more once it may not, or once a batch says so, and finishes what is in work', async () => {
    let asked = 0;
    const mayBegin = () => Promise.resolve((asked += 1) <= 2);
    const stopped = await trace(plan(0, 0, 0, 0, 0, 0), { concurrency: 3, size: 1, mayBegin });
    assert.deepEqual(stopped, ['+key-0', '+key-1', '-key-0', '-key-1']);
    let worked = 0;
    let finished = 0;
    const options = { ...OPTIONS, concurrency: 2, size: 1 };
    await inBatches(plan(0, 0, 0, 0, 0), options, async () => {
      worked += 1;
      const failed = worked === 2;
      await new Promise(setImmediate);
      finished += 1;
      return !failed;
    });
    assert.ok(worked <= 3 && finished === worked);
  });

  it('takes each key once, and none while one that wraps it waits or is in work', async () => {
    const uid = fc.integer({ min: 0, max: 30 }).map((number) => `key-${number}`);
    const keys = fc.uniqueArray(
      fc.record({ uid, deadlineAt: fc.integer({ min: 0, max: 9 }), above: fc.nat(30) }),
      { selector: (key) => key.uid },
    );
    const property = fc.asyncProperty(
      keys,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 4 }),
      async (planned, size, concurrency) => {
        // A key of a lower number wraps, so that there is no cycle.
        const wrapping = ({ uid: own, above }: { uid: string; above: number }) =>
          above < Number(own.slice(4)) ? `key-${above}` : null;
        const ordered = inRunOrder(
          planned.map((key) => ({ ...key, publicKeyUid: null, wrappingKeyUid: wrapping(key) })),
        );
        const above = new Map(planned.map((key) => [key.uid, wrapping(key)]));
        const done = new Set<string>();
        const begun: string[] = [];
        await inBatches(ordered, { ...OPTIONS, size, concurrency }, async (batch) => {
          assert.ok(batch.length <= size);
          for (const { uid: key } of batch) {
            const wrappingKeyUid = above.get(key) ?? null;
            assert.ok(
              wrappingKeyUid === null || !above.has(wrappingKeyUid) || done.has(wrappingKeyUid),
            );
          }
          begun.push(...batch.map((key) => key.uid));
          await new Promise(setImmediate);
          for (const key of batch) done.add(key.uid);
          return true;
        });
        assert.deepEqual(
          begun,
          ordered.map((key) => key.uid),
        );
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
