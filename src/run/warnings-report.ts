// What `kms warnings` found and issued: its exit code, what metrics count, and the document `kms.warnings/v1`.
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { NearDeadlines, NearDeadline } from '../survey/near-deadlines.js';
import { warningId, type IssuedWarning, type WarningKey } from '../store/own/warnings.js';
import { exitCodeOfDeliveries, type DeliverySummary } from '../report/delivery-summary.js';
import { mostSerious, type ExitCode } from '../errors.js';
import type { CountedWarnings, CountedWarning } from '../telemetry/run-metrics.js';
import { errorJson } from '../report/error-json.js';

export interface WarningsReport {
  readonly now: EpochSeconds;
  readonly deadlines: NearDeadlines;
  /** Those that were issued now, for the first time. */
  readonly issued: readonly NearDeadline[];
  /** By the id of a warning: its destinations, and what became of each notification. */
  readonly sent: ReadonlyMap<string, IssuedWarning['sent']>;
  readonly deliveries: DeliverySummary;
}

export function sentOf({ sent }: WarningsReport, near: NearDeadline): IssuedWarning['sent'] {
  const key = warningKeyOf(near);
  return key === null ? [] : (sent.get(warningId(key)) ?? []);
}

export function exitCodeOfWarnings({ deadlines, deliveries }: WarningsReport): ExitCode {
  return mostSerious([deadlines.failures.length > 0 ? 4 : 0, exitCodeOfDeliveries(deliveries)]);
}

/** Returns what metrics count. Without destinations nothing is recorded, so each run counts everything that is near. */
export function countedWarnings(
  { deadlines: { near }, issued }: WarningsReport,
  hasDestinations: boolean,
): Omit<CountedWarnings, 'ahead'> {
  const all = near.flatMap(warnedKey);
  return { issued: hasDestinations ? issued.flatMap(warnedKey) : all, near: all };
}

function warnedKey({
  uid,
  kind,
  objectSummary,
  thresholdDays,
}: NearDeadline): readonly CountedWarning[] {
  if (thresholdDays === null) return [];
  return [{ uid, kind, algorithm: objectSummary.algorithm, thresholdDays }];
}

/** Returns the document `kms.warnings/v1`, with the label of the store. */
export function warningsJson(report: WarningsReport, store: string): object {
  const { near, due, failures } = report.deadlines;
  return {
    schema: 'kms.warnings/v1',
    now: formatInstant(report.now),
    store,
    warnings: near.map((warning) => ({
      uid: warning.uid,
      owner: warning.objectSummary.owner,
      objectType: warning.objectSummary.objectType,
      algorithm: warning.objectSummary.algorithm,
      kind: warning.kind,
      deadline: formatInstant(warning.deadline),
      daysLeft: warning.daysLeft,
      thresholdDays: warning.thresholdDays,
      sent: sentOf(report, warning),
    })),
    count: near.length,
    due,
    failures: failures.map(({ uid, error }) => ({ uid, error: errorJson(error) })),
    deliveries: report.deliveries,
  };
}

/** Returns what identifies the warning of a deadline; null if no threshold is reached. */
export function warningKeyOf({
  uid,
  kind,
  deadline,
  thresholdDays,
}: NearDeadline): WarningKey | null {
  return thresholdDays === null ? null : { uid, kind, deadline, thresholdDays };
}
