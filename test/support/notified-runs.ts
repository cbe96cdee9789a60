// Runs and warnings that notify others. No assertions here.
import { randomUUID } from 'node:crypto';
import type { Destination } from '../../src/notify/destination.js';
import { createNotifierFor } from '../../src/notify/notifier.js';
import type { RunReport } from '../../src/report/run-report.js';
import type { RunContext } from '../../src/run/context.js';
import { rotateDue } from '../../src/run.js';
import type { Store } from '../../src/store/store.js';
import type { SurveyFilters } from '../../src/survey/survey-filters.js';
import { warn, type WarningsContext } from '../../src/run/warn.js';
import { ALL, contextOf } from './run.js';
import { DAY } from './symmetric-keys.js';
import type { WarningsReport } from '../../src/run/warnings-report.js';

export function runNotifying(
  store: Store,
  now: number,
  destinations: readonly Destination[],
  changes: Partial<RunContext> = {},
  filters: SurveyFilters = ALL.filters,
): Promise<RunReport> {
  const notifier = notifierAt(now, destinations, changes);
  const context = contextOf(store, now, {
    enqueueEvent: notifier.enqueueEvent,
    destinations: { names: notifier.names, unusable: [] },
    deliver: (without) => notifier.deliver(store, without),
    ...changes,
  });
  return rotateDue(context, { ...ALL, filters });
}

export function warnAt(
  store: Store,
  now: number,
  destinations: readonly Destination[],
  changes: Partial<WarningsContext> = {},
): Promise<WarningsReport> {
  const notifier = notifierAt(now, destinations);
  const terms = { now, thresholdDays: [30, 7, 1], withinSeconds: null };
  return warn({
    store,
    options: { ...terms, firstDeadline: 'offset' },
    filters: { tags: [] },
    dryRun: false,
    enqueueEvent: notifier.enqueueEvent,
    deliver: () => notifier.deliver(store),
    ...changes,
  });
}

export function notifierAt(
  now: number,
  destinations: readonly Destination[],
  changes: Partial<RunContext> = {},
) {
  return createNotifierFor({ usable: destinations, waiting: [], problems: [] }, 7 * DAY, {
    runId: changes.runId ?? randomUUID(),
    host: 'test-host',
    version: '0.0.0',
    store: () => 'test-store',
    now: () => now,
    monotonicMs: () => performance.now(),
    onHookOutput: () => undefined,
    onUnexpected: () => undefined,
    stopRequested: changes.stopRequested ?? (() => Promise.resolve(false)),
  });
}
