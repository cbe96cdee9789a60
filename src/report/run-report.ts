// What a run did: one result an object, totals, and the JSON document `kms.rotate/v1` that scripts rely
// on. report-lines.ts prints it.
import { exitCodeOfDeliveries, type Deliveries } from './deliveries.js';
import { exitCodeOf, mostSerious, type ExitCode, type KmsError, type Reason } from '../errors.js';
import type { FlowName, Rotation } from '../flows/change.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import { UNKNOWN_OBJECT, type ObjectSummary } from './object-summary.js';

type Outcome = 'rotated' | 'would-rotate' | 'failed' | 'skipped';

export interface Result {
  readonly uid: string;
  /** For those who are told of it; the document leaves them out. */
  readonly objectSummary: ObjectSummary;
  readonly outcome: Outcome;
  readonly flow: FlowName | null;
  readonly replacementUid: string | null;
  /** Of a pair, whose one result is its private key's. */
  readonly publicKeyUid: string | null;
  readonly publicKeyReplacementUid: string | null;
  readonly generation: number | null;
  readonly dependantsRewrapped: number;
  /** Those that would be re-wrapped, by uid; a dry run's alone. */
  readonly dependants: readonly string[];
  readonly nextDeadline: EpochSeconds | null;
  readonly error: KmsError | null;
  /** When it was in work, from its batch being loaded to its outcome; the document leaves it out. */
  readonly took: Took | null;
}

/** Milliseconds of a clock that never jumps. */
interface Took {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A dependant that was re-wrapped, would be, or could not be. */
export interface RewrappedDependant {
  readonly uid: string;
  readonly objectSummary: ObjectSummary;
  readonly fromWrappingKeyUid: string;
  /** Null if it cannot be told, or if its own bytes are under none. */
  readonly toWrappingKeyUid: string | null;
  readonly outcome: 'mended' | 'would-mend' | 'failed';
  readonly error: KmsError | null;
}

export interface Report {
  readonly runId: string;
  readonly dryRun: boolean;
  readonly startedAt: EpochSeconds;
  readonly finishedAt: EpochSeconds;
  readonly results: readonly Result[];
  /** Dependants that were found under a replaced wrapping key. */
  readonly mended: readonly RewrappedDependant[];
  /** What the operator must know or do. */
  readonly notices: readonly string[];
  /** Whether a limit or a signal left some of those where they are. */
  readonly mendingInterrupted: boolean;
  /** How many a limit or a signal left. */
  readonly notAttempted: number;
  /** How long the longest overdue had been due when the run looked; null if it did not look for all that is due. */
  readonly longestOverdueSeconds: number | null;
  /** What ended the run before its time. */
  readonly error: KmsError | null;
  /** What became of telling others. */
  readonly deliveries: Deliveries;
}

export interface ErrorJson {
  readonly reason: Reason;
  readonly message: string;
  readonly uid?: string;
  readonly hint?: string;
}

export interface Summary {
  readonly due: number;
  readonly rotated: number;
  readonly wouldRotate: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notAttempted: number;
  readonly mended: number;
}

/** Returns the result of a rotation that is committed, or would be. */
export function rotatedResult(
  rotation: Rotation,
  dryRun: boolean,
  { dependantsRewrapped, dependants = NOBODY }: RewrappedDependants,
  objectSummary: ObjectSummary,
): Result {
  const { uid, flow, generation, nextDeadline, replacementUid } = rotation;
  // A random uid of a dry run will never be; a keyset's next one is known.
  const isKnown = !dryRun || rotation.inKeyset;
  return {
    uid,
    objectSummary,
    outcome: dryRun ? 'would-rotate' : 'rotated',
    flow,
    replacementUid: isKnown ? replacementUid : null,
    publicKeyUid: rotation.publicKeyUid ?? null,
    publicKeyReplacementUid: isKnown ? (rotation.publicKeyReplacementUid ?? null) : null,
    generation,
    dependantsRewrapped,
    dependants,
    nextDeadline,
    error: null,
    took: null,
  };
}

/** One list for all that have none: a report may have very many results. */
const NOBODY: readonly string[] = [];

interface RewrappedDependants {
  readonly dependantsRewrapped: number;
  /** A dry run names them. */
  readonly dependants?: readonly string[];
}

export function failedResult(
  uid: string,
  flow: Result['flow'],
  error: KmsError,
  objectSummary: ObjectSummary = UNKNOWN_OBJECT,
): Result {
  return { ...skippedResult(uid, flow), outcome: 'failed', error, objectSummary };
}

/** Returns the result of an object that another run rotated meanwhile. */
export function skippedResult(uid: string, flow: Result['flow']): Result {
  return {
    uid,
    objectSummary: UNKNOWN_OBJECT,
    outcome: 'skipped',
    flow,
    replacementUid: null,
    publicKeyUid: null,
    publicKeyReplacementUid: null,
    generation: null,
    dependantsRewrapped: 0,
    dependants: NOBODY,
    nextDeadline: null,
    error: null,
    took: null,
  };
}

export function summaryOf({ results, mended, notAttempted }: Report): Summary {
  const count = (outcome: Outcome) =>
    results.reduce((sum, result) => sum + Number(result.outcome === outcome), 0);
  return {
    due: results.length + notAttempted,
    rotated: count('rotated'),
    wouldRotate: count('would-rotate'),
    failed: count('failed'),
    skipped: count('skipped'),
    notAttempted,
    mended: mended.filter(({ outcome }) => outcome === 'mended').length,
  };
}

/** Returns the exit code of a run: the most serious of what befell it. */
export function exitCodeOfReport(report: Report): ExitCode {
  const { notAttempted } = summaryOf(report);
  const failed = [report.results, report.mended].flatMap((items) =>
    items.filter(({ outcome }) => outcome === 'failed'),
  );
  return mostSerious([
    report.error === null ? 0 : exitCodeOf(report.error),
    failed.length > 0 ? 4 : 0,
    // A row that somebody keeps locked, or a connection that was cut, is worth another try.
    failed.some(({ error }) => error !== null && exitCodeOf(error) === 3) ? 3 : 0,
    (notAttempted > 0 || report.mendingInterrupted) && !report.dryRun ? 5 : 0,
    exitCodeOfDeliveries(report.deliveries),
  ]);
}

/** Returns the document `kms.rotate/v1`; its lists can be gone through once, as it may be as large as the report. */
export function reportJson(report: Report): object {
  return {
    schema: 'kms.rotate/v1',
    runId: report.runId,
    dryRun: report.dryRun,
    startedAt: formatInstant(report.startedAt),
    finishedAt: formatInstant(report.finishedAt),
    summary: summaryOf(report),
    results: each(report.results, (result) => resultJson(result, report.dryRun)),
    mended: each(report.mended, rewrappedJson),
    notices: report.notices,
    deliveries: report.deliveries,
    error: report.error === null ? null : errorJson(report.error),
  };
}

function* each<T>(items: readonly T[], json: (item: T) => object): Generator<object> {
  for (const item of items) yield json(item);
}

function resultJson(result: Result, dryRun: boolean): object {
  return {
    uid: result.uid,
    outcome: result.outcome,
    flow: result.flow,
    replacementUid: result.replacementUid,
    publicKeyUid: result.publicKeyUid,
    publicKeyReplacementUid: result.publicKeyReplacementUid,
    generation: result.generation,
    dependantsRewrapped: result.dependantsRewrapped,
    ...(dryRun ? { dependants: result.dependants } : {}),
    nextDeadline: result.nextDeadline === null ? null : formatInstant(result.nextDeadline),
    skippedBecause: result.outcome === 'skipped' ? 'rotated-by-another-run' : null,
    error: result.error === null ? null : errorJson(result.error),
  };
}

function rewrappedJson(item: RewrappedDependant): object {
  return {
    uid: item.uid,
    fromWrappingKeyUid: item.fromWrappingKeyUid,
    toWrappingKeyUid: item.toWrappingKeyUid,
    outcome: item.outcome,
    error: item.error === null ? null : errorJson(item.error),
  };
}

export function errorJson(error: KmsError): ErrorJson {
  return {
    reason: error.reason,
    message: error.message,
    ...(error.uid === null ? {} : { uid: error.uid }),
    ...(error.hint === null ? {} : { hint: error.hint }),
  };
}
