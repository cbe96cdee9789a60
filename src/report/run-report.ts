// What a run did, as a whole: its results, its totals and its exit code. run-report-json.ts makes the JSON document
// of it, run/report-lines.ts the text.
import { exitCodeOf, mostSerious, type ExitCode, type KmsError } from '../errors.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import type { ChainHead } from '../store/own/chain/chain-details.js';
import { exitCodeOfDeliveries, type DeliverySummary } from './delivery-summary.js';
import type {
  RetiredObject,
  RewrappedDependant,
  RotationOutcome,
  RotationResult,
} from './rotation-result.js';
import type { StoreStanding } from './store-standing.js';

export interface RunReport {
  readonly runId: string;
  readonly dryRun: boolean;
  readonly startedAt: EpochSeconds;
  readonly finishedAt: EpochSeconds;
  readonly results: readonly RotationResult[];
  /** Dependants that were found under a replaced wrapping key. */
  readonly rewrappedDependants: readonly RewrappedDependant[];
  /** Objects whose overlap was over. */
  readonly retired: readonly RetiredObject[];
  /** What the operator must know or do. */
  readonly notices: readonly string[];
  /** Whether a limit or a signal left stale dependants where they are. */
  readonly rewrappingInterrupted: boolean;
  /** How many objects a limit or a signal left. */
  readonly notAttempted: number;
  /** How long the longest overdue object had been due when the run began; null if the run did not look. */
  readonly longestOverdueSeconds: number | null;
  /** The last rows of its chains in the log, for whoever keeps them. */
  readonly auditHeads: readonly ChainHead[];
  /** What ended the run early. */
  readonly error: KmsError | null;
  readonly deliveries: DeliverySummary;
  /** How the store stands after the run; null if the run did not find out, or was for one object. */
  readonly standing: StoreStanding | null;
}

export interface RunSummary {
  readonly due: number;
  readonly rotated: number;
  readonly wouldRotate: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notAttempted: number;
  readonly mended: number;
  readonly retired: number;
}

export function summaryOf({
  results,
  rewrappedDependants,
  retired,
  notAttempted,
}: RunReport): RunSummary {
  const count = (outcome: RotationOutcome) =>
    results.reduce((sum, result) => sum + Number(result.outcome === outcome), 0);
  return {
    due: results.length + notAttempted,
    rotated: count('rotated'),
    wouldRotate: count('would-rotate'),
    failed: count('failed'),
    skipped: count('skipped'),
    notAttempted,
    mended: rewrappedDependants.filter(({ outcome }) => outcome === 'mended').length,
    retired: retired.filter(({ outcome }) => outcome === 'retired').length,
  };
}

/** Returns the exit code of a run: that of its most serious failure. */
export function exitCodeOfReport(report: RunReport): ExitCode {
  const { notAttempted } = summaryOf(report);
  const failed = [report.results, report.rewrappedDependants, report.retired].flatMap((items) =>
    items.filter(({ outcome }) => outcome === 'failed'),
  );
  return mostSerious([
    report.error === null ? 0 : exitCodeOf(report.error),
    failed.length > 0 ? 4 : 0,
    // A locked row or a lost connection is worth another try.
    failed.some(({ error }) => error !== null && exitCodeOf(error) === 3) ? 3 : 0,
    (notAttempted > 0 || report.rewrappingInterrupted) && !report.dryRun ? 5 : 0,
    exitCodeOfDeliveries(report.deliveries),
  ]);
}
