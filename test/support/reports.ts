// Reports of runs and their results, ready to be printed. No assertions here.
import { NO_DELIVERIES } from '../../src/report/delivery-summary.js';
import { UNKNOWN_OBJECT } from '../../src/report/object-summary.js';
import type { RotationResult } from '../../src/report/rotation-result.js';
import type { RunReport } from '../../src/report/run-report.js';
import { DAY, JANUARY } from './symmetric-keys.js';

export function aResult(changes: Partial<RotationResult> = {}): RotationResult {
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

export function aReport(changes: Partial<RunReport> = {}): RunReport {
  return {
    runId: '6f0d4c1e-6a54-4a51-9b1c-3d8f6f1f7a01',
    dryRun: false,
    startedAt: JANUARY,
    finishedAt: JANUARY + 1,
    results: [],
    rewrappedDependants: [],
    retired: [],
    notices: [],
    rewrappingInterrupted: false,
    notAttempted: 0,
    longestOverdueSeconds: 0,
    auditHeads: [],
    error: null,
    deliveries: NO_DELIVERIES,
    standing: null,
    ...changes,
  };
}

/** What became of each object, by uid: its outcome, or the reason for which it failed. */
export function outcomesOf({
  results,
}: {
  readonly results: readonly (Pick<RotationResult, 'uid' | 'error'> & { outcome: string })[];
}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    results.map(({ uid, outcome, error }) => [uid, error?.reason ?? outcome]),
  );
}

/** What became of each stale dependant: its uid, the wrapping key that it came under, and how, or why not. */
export function rewrappedIn({ rewrappedDependants }: Pick<RunReport, 'rewrappedDependants'>) {
  return rewrappedDependants.map(({ uid, toWrappingKeyUid, outcome, error }) => [
    ...[uid, toWrappingKeyUid, error?.reason ?? outcome],
  ]);
}
