// Runs at once take the same plan from different places: wrapping keys stay first, then the day of the deadline, and
// nothing is lost or taken twice.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inOrderOfPlan, keysIn, ownOrderOf } from '../../../src/run/plan/own-order.js';
import type { OrderedKey } from '../../../src/rotation/plan.js';

const DAY = 86_400;

const plan = (count: number, changes: Partial<OrderedKey> = {}): readonly OrderedKey[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ uid: `key-${String(index).padStart(5, '0')}`, deadlineAt: index % 7, depth: 0 },
    ...changes,
  }));

const inOwnOrder = (
  keys: readonly OrderedKey[],
  { runId, batchSize, maxKeys = null, dryRun = false }: Options,
) => keysIn(keys, ownOrderOf(keys, { runId, dryRun }, { batchSize, maxKeys }));

interface Options {
  readonly runId: string;
  readonly batchSize: number;
  readonly maxKeys?: number | null;
  readonly dryRun?: boolean;
}

const firsts = (count: number, keys: readonly OrderedKey[]) =>
  Array.from(
    { length: count },
    (_, run) => inOwnOrder(keys, { runId: `run-${run}`, batchSize: 64 })[0]!.uid,
  );

describe('the own order of a run', () => {
  it('begins at another place in nearly every run', () => {
    // 157 places for 20 runs.
    const places = new Set(firsts(20, plan(10_000)));
    assert.ok(places.size >= 15, `${places.size} places`);
  });

  it('is always the same for a run', () => {
    const options = { runId: 'run', batchSize: 64 };
    const keys = plan(1000);
    assert.deepEqual(inOwnOrder(keys, options), inOwnOrder([...keys], options));
    assert.notDeepEqual(
      inOwnOrder(keys, options),
      inOwnOrder(keys, { ...options, runId: 'other' }),
    );
  });

  it('is that of the plan where one batch holds all', () => {
    const keys = plan(200);
    assert.deepEqual(inOwnOrder(plan(64), { runId: 'run', batchSize: 1 }), plan(64));
    assert.deepEqual(inOwnOrder(keys, { runId: 'run', batchSize: 200 }), keys);
  });

  it('is that of the plan for so many keys, and for a dry run', () => {
    const keys = plan(1000);
    const options = { runId: 'run', batchSize: 64 };
    assert.deepEqual(inOwnOrder(keys, { ...options, maxKeys: 500 }), keys);
    assert.deepEqual(inOwnOrder(keys, { ...options, dryRun: true }), keys);
    assert.notDeepEqual(inOwnOrder(keys, options), keys);
  });

  it('does not show in the results, which are in the order of the plan', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.func(fc.boolean()), (count, hasResult) => {
        const keys = plan(count);
        const run = { runId: 'run', dryRun: false };
        const stretches = ownOrderOf(keys, run, { batchSize: 64, maxKeys: null });
        const results = keysIn(keys, stretches).filter(({ uid }) => hasResult(uid));
        assert.deepEqual(
          inOrderOfPlan(keys, stretches, results),
          keys.filter(({ uid }) => hasResult(uid)),
        );
      }),
    );
  });

  it('loses no result, wherever it comes from', () => {
    const keys = plan(3);
    const others = [...keys].reverse();
    const placed = inOrderOfPlan(keys, [{ from: 0, to: 3 }], others);
    assert.deepEqual(new Set(placed), new Set(keys));
    assert.equal(placed.length, 3);
  });

  it('keeps the keys of a batch together, as the plan has them', () => {
    const keys = plan(640);
    const own = inOwnOrder(keys, { runId: 'run', batchSize: 10 });
    for (let start = 0; start < own.length; start += 64) {
      const place = keys.indexOf(own[start]!);
      assert.equal(place % 64, 0);
      assert.deepEqual(own.slice(start, start + 64), keys.slice(place, place + 64));
    }
  });

  it('takes each key once, depth by depth and day by day, whatever the plan', () => {
    const day = fc.option(fc.integer({ min: 0, max: 3 }));
    const groups = fc.array(fc.tuple(fc.nat(2), day, fc.nat(300)), { maxLength: 8 });
    fc.assert(
      fc.property(
        groups,
        fc.string(),
        fc.integer({ min: 1, max: 200 }),
        (sizes, runId, batchSize) => {
          const keys = sizes
            .flatMap(([depth, days, count], group) =>
              plan(count, { depth, deadlineAt: days === null ? null : days * DAY }).map((key) => ({
                ...key,
                uid: `${group}-${key.uid}`,
              })),
            )
            .sort((a, b) => a.depth - b.depth || (a.deadlineAt ?? -1) - (b.deadlineAt ?? -1));
          const own = inOwnOrder(keys, { runId, batchSize });
          assert.deepEqual(new Set(own), new Set(keys));
          assert.equal(own.length, keys.length);
          const kind = ({ depth, deadlineAt }: OrderedKey) => [depth, deadlineAt];
          assert.deepEqual(own.map(kind), keys.map(kind));
        },
      ),
      { numRuns: 50 },
    );
  });
});
