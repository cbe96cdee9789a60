// Reports of runs and their results, ready to be printed. No assertions here.
import { NO_DELIVERIES } from '../../src/report/deliveries.js';
import { UNKNOWN_OBJECT } from '../../src/report/object-summary.js';
import type { Report, Result } from '../../src/report/run-report.js';
import { DAY, JANUARY } from './store.js';

export function aResult(changes: Partial<Result> = {}): Result {
  return {
    uid: 'key-1',
    objectSummary: UNKNOWN_OBJECT,
    outcome: 'rotated',
    flow: 'plain',
    replacementUid: 'key-1@1',
    publicKeyUid: null,
    publicKeyReplacementUid: null,
    generation: 1,
    dependantsRewrapped: 0,
    dependants: [],
    nextDeadline: JANUARY + 30 * DAY,
    error: null,
    took: null,
    ...changes,
  };
}

export function aReport(changes: Partial<Report> = {}): Report {
  return {
    runId: '6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01',
    dryRun: false,
    startedAt: JANUARY,
    finishedAt: JANUARY + 1,
    results: [],
    mended: [],
    notices: [],
    mendingInterrupted: false,
    notAttempted: 0,
    longestOverdueSeconds: 0,
    error: null,
    deliveries: NO_DELIVERIES,
    ...changes,
  };
}
