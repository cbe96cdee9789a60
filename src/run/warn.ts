// Issues each deadline warning once: it records the warning and its notifications in one transaction, so that of two
// runs at once only one does. Also makes the document `kms.warnings/v1`.
import {
  findNearDeadlines,
  type NearDeadlines,
  type NearDeadline,
  type NearDeadlineOptions,
} from '../survey/near-deadlines.js';
import {
  NO_DELIVERIES,
  exitCodeOfDeliveries,
  type DeliverySummary,
} from '../report/delivery-summary.js';
import { mostSerious, type ExitCode } from '../errors.js';
import { warningEvent } from '../report/events.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { EnqueueEvent } from '../notify/enqueue-event.js';
import { errorJson } from '../report/error-json.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import type { Store } from '../store/store.js';
import {
  warningId,
  warningRow,
  type IssuedWarning,
  type WarningKey,
} from '../store/own/warnings.js';
import type { DeadlineWarnings, DeadlineWarning } from '../telemetry/run-metrics.js';
import type { SurveyFilters, DueStore } from '../survey/survey.js';

export interface WarningsContext {
  readonly store: DueStore & Pick<Store, 'findActiveCertificates' | 'issuedWarnings' | 'apply'>;
  readonly terms: NearDeadlineOptions;
  readonly filters: SurveyFilters;
  readonly dryRun: boolean;
  readonly enqueueEvent: EnqueueEvent;
  readonly deliver: () => Promise<DeliverySummary>;
}

export interface WarningsReport {
  readonly now: EpochSeconds;
  readonly deadlines: NearDeadlines;
  /** Those that were issued now, for the first time. */
  readonly given: readonly NearDeadline[];
  /** By the id of a warning: its destinations, and what became of each notification. */
  readonly sent: ReadonlyMap<string, IssuedWarning['sent']>;
  readonly deliveries: DeliverySummary;
}

/** Finds what is near, issues what has not been issued, and sends what waits. */
export async function warn(context: WarningsContext): Promise<WarningsReport> {
  const { store, terms, filters, dryRun } = context;
  const deadlines = await findNearDeadlines(store, terms, filters);
  const given = dryRun ? [] : await issueNew(context, deadlines.near);
  const deliveries = dryRun ? NO_DELIVERIES : await context.deliver();
  const sent = new Map(
    (await known(store, deadlines.near)).map((one) => [warningId(one), one.sent]),
  );
  return { now: terms.now, deadlines, given, sent, deliveries };
}

/** How many share a transaction. */
const BATCH = 100;

/** A warning without a destination is not issued, so that a destination that is configured later still gets it. */
async function issueNew(
  { store, terms, enqueueEvent }: WarningsContext,
  near: readonly NearDeadline[],
): Promise<readonly NearDeadline[]> {
  const before = new Set((await known(store, near)).map(warningId));
  const pending = near.flatMap((deadline) => {
    const key = keyOf(deadline);
    if (key === null || before.has(warningId(key))) return [];
    const unit = unitOf(deadline, key, terms.now, enqueueEvent);
    return unit === null ? [] : [{ deadline, unit }];
  });
  const given: NearDeadline[] = [];
  for (let start = 0; start < pending.length; start += BATCH) {
    const some = pending.slice(start, start + BATCH);
    const { outcomes, error } = await store.apply(some.map(({ unit }) => unit));
    // A conflict: another run has issued it meanwhile.
    const written = some.filter((_, index) => outcomes[index]?.kind === 'written');
    given.push(...written.map(({ deadline }) => deadline));
    if (error !== null) throw error;
  }
  return given;
}

function known(
  store: Pick<Store, 'issuedWarnings'>,
  near: readonly NearDeadline[],
): Promise<readonly IssuedWarning[]> {
  return store.issuedWarnings([...new Set(near.map(({ uid }) => uid))]);
}

function unitOf(
  { uid, objectSummary, kind, deadline, daysLeft }: NearDeadline,
  key: WarningKey,
  now: EpochSeconds,
  enqueueEvent: EnqueueEvent,
): UnitOfWork | null {
  const { thresholdDays } = key;
  let eventId = '';
  const data = { kind, deadline: formatInstant(deadline), daysLeft, thresholdDays };
  const rows = enqueueEvent((origin) => {
    eventId = origin.id;
    return warningEvent(origin, { uid, objectSummary }, data);
  });
  if (rows.length === 0) return null;
  const ownRows = [warningRow(key, { eventId, at: now }), ...rows];
  return { changes: [], rewrapping: null, ownRows };
}

function keyOf({ uid, kind, deadline, thresholdDays }: NearDeadline): WarningKey | null {
  return thresholdDays === null ? null : { uid, kind, deadline, thresholdDays };
}

export function sentOf({ sent }: WarningsReport, near: NearDeadline): IssuedWarning['sent'] {
  const key = keyOf(near);
  return key === null ? [] : (sent.get(warningId(key)) ?? []);
}

export function exitCodeOfWarnings({ deadlines, deliveries }: WarningsReport): ExitCode {
  return mostSerious([deadlines.failures.length > 0 ? 4 : 0, exitCodeOfDeliveries(deliveries)]);
}

/** Returns what metrics count. Without destinations nothing is recorded, so each run counts everything that is near. */
export function observedWarnings(
  { deadlines: { near }, given }: WarningsReport,
  hasDestinations: boolean,
): DeadlineWarnings {
  const all = near.flatMap(warnedKey);
  return { given: hasDestinations ? given.flatMap(warnedKey) : all, near: all };
}

function warnedKey({
  uid,
  objectSummary,
  thresholdDays,
}: NearDeadline): readonly DeadlineWarning[] {
  return thresholdDays === null ? [] : [{ uid, algorithm: objectSummary.algorithm, thresholdDays }];
}

/** Returns the document `kms.warnings/v1`. */
export function warningsJson(report: WarningsReport): object {
  const { near, due, failures } = report.deadlines;
  return {
    schema: 'kms.warnings/v1',
    now: formatInstant(report.now),
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
