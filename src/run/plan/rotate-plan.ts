// Rotates the keys of a plan: in batches, on as many sessions as the database admits. batches.ts says which may be in
// progress at once, rotate-batch.ts does one.
import type { RotationResult } from '../../report/rotation-result.js';
import type { OrderedKey } from '../../rotation/plan.js';
import { inBatches } from './batches.js';
import type { Run } from '../context.js';
import { beside } from './beside-others.js';
import { inOrderOfPlan, keysIn, ownOrderOf } from './own-order.js';
import { prepareDue } from '../prepare.js';
import { rotateBatch, type Batch } from '../rotate-batch.js';

export interface PlanOptions {
  /** How many objects to rotate at most. */
  readonly maxKeys: number | null;
  /** How many objects share a transaction. */
  readonly batchSize: number;
  /** How many batches are in progress at once, if the database admits so many sessions. */
  readonly concurrency: number;
}

export interface RotatedPlan {
  readonly batches: readonly Batch[];
  /** In the order of the plan. */
  readonly results: readonly RotationResult[];
  readonly notices: readonly string[];
}

/** Does not throw. */
export async function rotatePlan(
  run: Run,
  plan: readonly OrderedKey[],
  options: PlanOptions,
): Promise<RotatedPlan> {
  const { batchSize, maxKeys } = options;
  const { count, notices } = await openSessions(run, plan.length, options);
  const stretches = ownOrderOf(plan, run, options);
  const order = keysIn(plan, stretches);
  const others = beside(run, order);
  let rotated = 0;
  let finished = 0;
  const batches = await inBatches<Batch>(
    order,
    {
      size: batchSize,
      concurrency: count,
      room: (inProgress) => (maxKeys ?? Infinity) - rotated - inProgress,
      mayBegin: async () => !(await run.isOver()),
      mayGoOn: ({ interrupted, error }) => !interrupted && error === null,
    },
    async (keys) => {
      const uids = keys.map(({ uid }) => uid);
      const batch = await others.leaving(uids, (left) =>
        rotateBatch(run, left, (candidate, rotationContext) =>
          prepareDue(candidate, rotationContext, run),
        ),
      );
      rotated += batch.results.filter(isRotated).length;
      finished += batch.finished;
      for (const result of batch.results) run.onResult(result);
      run.onProgress(finished, plan.length);
      return batch;
    },
  );
  const results = batches.flatMap((batch) => batch.results);
  return { batches, results: inOrderOfPlan(plan, stretches, results), notices };
}

function isRotated({ outcome }: RotationResult): boolean {
  return outcome === 'rotated' || outcome === 'would-rotate';
}

/** Opens no more sessions than there are batches. */
async function openSessions(
  { store }: Run,
  keys: number,
  { batchSize, concurrency }: PlanOptions,
): Promise<{ readonly count: number; readonly notices: readonly string[] }> {
  const wanted = Math.max(1, Math.min(concurrency, Math.ceil(keys / batchSize)));
  const { count, refusal } = await store.openSessions(wanted);
  const notices = refusal === null ? [] : [`${count} of ${wanted} batches ran at once: ${refusal}`];
  return { count, notices };
}
