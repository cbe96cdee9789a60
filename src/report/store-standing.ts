// How a store stands once a run is over: what is wrong in all of it, and how the runs of each scope fare. A run reads it
// for those who watch runs from outside.
import type { Condition } from '../conditions/condition.js';
import type { LastRun } from '../store/own/last-runs.js';
import type { Store } from '../store/store.js';

export interface StoreStanding {
  /** What holds, the oldest first. */
  readonly conditions: readonly Pick<Condition, 'kind' | 'reason' | 'firstSeenAt'>[];
  readonly runs: readonly Pick<LastRun, 'scope' | 'cadenceSeconds' | 'lastGoodAt'>[];
}

export async function storeStanding(
  store: Pick<Store, 'openConditions' | 'lastRuns'>,
): Promise<StoreStanding> {
  return { conditions: await store.openConditions(), runs: await store.lastRuns() };
}
