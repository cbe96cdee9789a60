// Which overlaps are over, and which of those end in one transaction. end-overlaps.ts ends them.
import { isOver } from '../../rotation/overlap.js';
import type { RetiringObject } from '../../rotation/retiring-object.js';
import { isUnfiltered, passesFilters, type SurveyFilters } from '../../survey/survey-filters.js';
import type { Run } from '../context.js';
import type { SeenRetiring } from './restore-retiring.js';

/** The uids of objects whose overlap ends in one transaction. */
export type Group = readonly string[];

/** Those of one rotation end together; one that is no longer Active is over by itself. */
export async function groupsToEnd(
  run: Run,
  seen: readonly SeenRetiring[],
  filters: SurveyFilters,
): Promise<readonly Group[]> {
  const now = run.now();
  const over = seen.filter(({ retiring, isActive }) => !isActive || isOver(retiring, now));
  const passed = await passing(run, over, filters);
  const groups = new Map<string, string[]>();
  for (const { retiring, isActive } of over) {
    const { uid, objectUid, endsAt } = retiring;
    if (!passed(retiring)) continue;
    const key = JSON.stringify(isActive ? [objectUid, endsAt] : [uid]);
    groups.set(key, [...(groups.get(key) ?? []), uid]);
  }
  return [...groups.values()];
}

/** A pair is chosen by its private key, like its rotation. */
async function passing(
  { store }: Run,
  seen: readonly SeenRetiring[],
  filters: SurveyFilters,
): Promise<(retiring: RetiringObject) => boolean> {
  if (isUnfiltered(filters)) return () => true;
  const objectUids = seen.map(({ retiring }) => retiring.objectUid);
  const there = await store.existingUids(objectUids);
  const uids = [...new Set([...seen.map(({ retiring }) => retiring.uid), ...objectUids])];
  const passed = new Set<string>();
  for await (const page of store.findByUids(uids, filters)) {
    for (const row of page) if (passesFilters(row, filters)) passed.add(row.id);
  }
  return ({ uid, objectUid }) => passed.has(there.has(objectUid) ? objectUid : uid);
}
