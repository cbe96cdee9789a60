// The order in which one of several runs takes a plan, so that runs at once, which have the same plan, do not all begin
// with the same keys and wait for each other. What the order of a run is for stays: see rotation/plan.ts.
import { createHash } from 'node:crypto';
import type { OrderedKey } from '../../rotation/plan.js';

/** What has one depth and a deadline on one day (UTC) may be taken in any order. */
const DAY_SECONDS = 86_400;

/** Few enough keys that runs meet seldom, and as many as a batch holds by default. */
const STRETCH = 64;

/** A part of a plan, from a place to another (exclusive). */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Returns stretches of a plan in an order that depends on the run's id alone. Each is part of one depth and one day of
 * deadlines, and these follow each other as in the plan. Whoever wants only so many keys, or to know beforehand, is given
 * the plan as it is.
 */
export function ownOrderOf(
  plan: readonly OrderedKey[],
  { runId, dryRun }: { readonly runId: string; readonly dryRun: boolean },
  { batchSize, maxKeys }: { readonly batchSize: number; readonly maxKeys: number | null },
): readonly Stretch[] {
  const longest = Math.max(STRETCH, batchSize);
  if (dryRun || maxKeys !== null || plan.length <= longest) return [{ from: 0, to: plan.length }];
  return groupsOf(plan).flatMap((group) => {
    const stretches: (Stretch & { readonly rank: string })[] = [];
    for (let { from } = group; from < group.to; from += longest) {
      const to = Math.min(from + longest, group.to);
      stretches.push({ from, to, rank: rankOf(runId, plan[from]) });
    }
    return stretches.sort((one, other) => (one.rank < other.rank ? -1 : 1));
  });
}

/** Returns the keys of stretches of a plan. */
export function keysIn(
  plan: readonly OrderedKey[],
  stretches: readonly Stretch[],
): readonly OrderedKey[] {
  return stretches.flatMap(({ from, to }) => plan.slice(from, to));
}

/**
 * Returns results in the order of the plan. They come in the order of the stretches, though not every key has one; to look
 * them up by uid would take some MB for very many keys.
 */
export function inOrderOfPlan<Result extends { readonly uid: string }>(
  plan: readonly OrderedKey[],
  stretches: readonly Stretch[],
  results: readonly Result[],
): readonly Result[] {
  const placed: (Result | undefined)[] = new Array<Result | undefined>(plan.length);
  let next = 0;
  for (const { from, to } of stretches) {
    for (let place = from; place < to; place += 1) {
      const result = results[next];
      if (result === undefined || result.uid !== plan[place]?.uid) continue;
      placed[place] = result;
      next += 1;
    }
  }
  // There is no rest; but what was done must be reported, in whatever order.
  return [...placed.filter((result) => result !== undefined), ...results.slice(next)];
}

/** Returns the parts of a plan that have one depth and one day. */
function groupsOf(plan: readonly OrderedKey[]): readonly Stretch[] {
  const groups: Stretch[] = [];
  let from = 0;
  for (const [place, key] of plan.entries()) {
    const next = plan[place + 1];
    if (next?.depth === key.depth && dayOf(next) === dayOf(key)) continue;
    groups.push({ from, to: place + 1 });
    from = place + 1;
  }
  return groups;
}

/** Null for what has no deadline. */
function dayOf({ deadlineAt }: OrderedKey): number | null {
  return deadlineAt === null ? null : Math.floor(deadlineAt / DAY_SECONDS);
}

function rankOf(runId: string, first: OrderedKey | undefined): string {
  return createHash('sha256')
    .update(`${runId} ${first?.uid ?? ''}`)
    .digest('hex');
}
