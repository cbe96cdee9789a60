// The order in which one of several runs takes a plan, so that runs at once, which have the same plan, do not all begin
// with the same keys and wait for each other. What the order of a run is for stays: see rotation/plan.ts.
import { createHash } from 'node:crypto';
import type { OrderedKey } from '../rotation/plan.js';

/** What has one depth and a deadline on one day (UTC) may be taken in any order. */
const DAY_SECONDS = 86_400;

/** Few enough keys that runs meet seldom, and as many as a batch holds by default. */
const STRETCH = 64;

/**
 * Returns the keys of a plan with stretches of it in an order that depends on the run's id alone. Each stretch is part
 * of one depth and one day of deadlines, and these follow each other as in the plan. Whoever wants only so many keys, or
 * to know beforehand, is given the plan as it is.
 */
export function ownOrderOf(
  plan: readonly OrderedKey[],
  { runId, dryRun }: { readonly runId: string; readonly dryRun: boolean },
  { batchSize, maxKeys }: { readonly batchSize: number; readonly maxKeys: number | null },
): readonly OrderedKey[] {
  const longest = Math.max(STRETCH, batchSize);
  if (dryRun || maxKeys !== null || plan.length <= longest) return plan;
  return groupsOf(plan).flatMap((group) => {
    const stretches: { readonly keys: readonly OrderedKey[]; readonly rank: string }[] = [];
    for (let start = 0; start < group.length; start += longest) {
      const keys = group.slice(start, start + longest);
      stretches.push({ keys, rank: rankOf(runId, keys) });
    }
    return stretches
      .sort((one, other) => (one.rank < other.rank ? -1 : 1))
      .flatMap(({ keys }) => keys);
  });
}

/** Returns the results of batches in the order of the plan, whatever the order in which they were taken. */
export function inOrderOfPlan<Result extends { readonly uid: string }>(
  plan: readonly OrderedKey[],
  batches: readonly { readonly results: readonly Result[] }[],
): readonly Result[] {
  const byUid = new Map<string, Result>();
  for (const { results } of batches) for (const result of results) byUid.set(result.uid, result);
  return plan.flatMap(({ uid }) => byUid.get(uid) ?? []);
}

function groupsOf(plan: readonly OrderedKey[]): readonly (readonly OrderedKey[])[] {
  const groups: OrderedKey[][] = [];
  let last: OrderedKey | null = null;
  for (const key of plan) {
    if (last?.depth !== key.depth || dayOf(last) !== dayOf(key)) groups.push([]);
    groups.at(-1)?.push(key);
    last = key;
  }
  return groups;
}

/** Null for what has no deadline. */
function dayOf({ deadlineAt }: OrderedKey): number | null {
  return deadlineAt === null ? null : Math.floor(deadlineAt / DAY_SECONDS);
}

function rankOf(runId: string, [first]: readonly OrderedKey[]): string {
  return createHash('sha256')
    .update(`${runId} ${first?.uid ?? ''}`)
    .digest('hex');
}
