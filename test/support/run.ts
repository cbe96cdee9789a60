// A run with everything it takes from outside set by the test.
import { NO_OVERLAP } from '../../src/rotation/retiring-object.js';
import { randomUUID } from 'node:crypto';
import { DEFAULT_END_OPTIONS } from '../../src/rotation/ends.js';
import { oncePerKind } from '../../src/run/pair-pool.js';
import { NO_DELIVERIES } from '../../src/report/delivery-summary.js';
import type { RunReport } from '../../src/report/run-report.js';
import type { RunContext } from '../../src/run/context.js';
import { rotateDue, rotateOne, type DueOptions } from '../../src/run.js';
import type { Store } from '../../src/store/store.js';
import { pairsFor } from './pair-pool.js';
import { withStore } from './store.js';

export const ALL: DueOptions = {
  filters: { tags: [] },
  maxKeys: null,
  maxDurationSeconds: null,
  batchSize: 64,
  concurrency: 1,
  rewrapStaleDependants: true,
};

/** As the program does it, which a dry run over many RSA keys would else wait for. */
const newPairOfDryRuns = oncePerKind(pairsFor('dry runs'));

/** `path` is where the store is, if it is to have other pairs than those without. */
export function contextOf(
  store: Store,
  now: number,
  changes: Partial<RunContext> = {},
  path = 'anywhere',
): RunContext {
  return {
    store,
    now: () => now,
    monotonicMs: () => 0,
    newUid: randomUUID,
    newPair: changes.dryRun === true ? newPairOfDryRuns : pairsFor(path),
    runId: randomUUID(),
    identity: { host: 'test-host', osUser: 'tester', version: '0.0.0' },
    firstDeadline: 'offset',
    ends: DEFAULT_END_OPTIONS,
    hsm: 'fail',
    kmsServer: null,
    serverKek: { uid: 'none', mayBeRotated: false },
    withCertificates: false,
    remindAfterSeconds: [1, 2, 4, 7].map((days) => days * 86_400),
    cadenceSeconds: null,
    clockAheadSeconds: 0,
    overlap: NO_OVERLAP,
    dryRun: false,
    stopRequested: () => Promise.resolve(false),
    enqueueEvent: () => [],
    destinations: { names: [], unusable: [] },
    deliver: () => Promise.resolve(NO_DELIVERIES),
    onResult: () => undefined,
    onProgress: () => undefined,
    onDependants: () => undefined,
    ...changes,
  };
}

export function runDue(
  path: string,
  now: number,
  changes: Partial<DueOptions & RunContext> = {},
): Promise<RunReport> {
  const mode = changes.dryRun === true ? 'read' : 'write';
  return withStore(
    path,
    (store) => rotateDue(contextOf(store, now, changes, path), { ...ALL, ...changes }),
    mode,
  );
}

export function runOne(
  path: string,
  uid: string,
  now: number,
  changes: Partial<RunContext> & { disarm?: boolean } = {},
): Promise<RunReport> {
  return withStore(path, async (store) =>
    rotateOne(contextOf(store, now, changes, path), await store.resolveUid(uid), {
      disarm: changes.disarm ?? false,
    }),
  );
}
