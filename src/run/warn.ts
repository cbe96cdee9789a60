// Issues each deadline warning once: it records the warning and its notifications in one transaction, so that of two runs
// at once only one does. warnings-report.ts shows the result.
import {
  findNearDeadlines,
  type NearDeadline,
  type NearDeadlineOptions,
} from '../survey/near-deadlines.js';
import { NO_DELIVERIES, type DeliverySummary } from '../report/delivery-summary.js';
import { warningEvent } from '../report/run-events.js';
import { formatInstant, type EpochSeconds } from '../kmip/date-time.js';
import type { EnqueueEvent } from '../notify/enqueue-event.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import type { Store } from '../store/store.js';
import {
  warningId,
  warningRow,
  type IssuedWarning,
  type WarningKey,
} from '../store/own/warnings.js';
import type { RetirementStore } from '../survey/retirements.js';
import type { DueStore } from '../survey/survey.js';
import type { SurveyFilters } from '../survey/survey-filters.js';
import { warningKeyOf, type WarningsReport } from './warnings-report.js';

export interface WarningsContext {
  readonly store: DueStore &
    RetirementStore &
    Pick<Store, 'findStoppedMembers' | 'issuedWarnings' | 'apply'>;
  readonly options: NearDeadlineOptions;
  readonly filters: SurveyFilters;
  readonly dryRun: boolean;
  readonly enqueueEvent: EnqueueEvent;
  readonly deliver: () => Promise<DeliverySummary>;
}

/** Finds what is near, issues what has not been issued, and sends what waits. */
export async function warn(context: WarningsContext): Promise<WarningsReport> {
  const { store, options, filters, dryRun } = context;
  const deadlines = await findNearDeadlines(store, options, filters);
  const issued = dryRun ? [] : await issueNew(context, deadlines.near);
  const deliveries = dryRun ? NO_DELIVERIES : await context.deliver();
  const sent = new Map(
    (await known(store, deadlines.near)).map((one) => [warningId(one), one.sent]),
  );
  return { now: options.now, deadlines, issued, sent, deliveries };
}

/** How many share a transaction. */
const BATCH = 100;

/** A warning without a destination is not issued, so that a destination that is configured later still gets it. */
async function issueNew(
  { store, options, enqueueEvent }: WarningsContext,
  near: readonly NearDeadline[],
): Promise<readonly NearDeadline[]> {
  const before = new Set((await known(store, near)).map(warningId));
  const pending = near.flatMap((deadline) => {
    const key = warningKeyOf(deadline);
    if (key === null || before.has(warningId(key))) return [];
    const unit = unitOf(deadline, key, options.now, enqueueEvent);
    return unit === null ? [] : [{ deadline, unit }];
  });
  const issued: NearDeadline[] = [];
  for (let start = 0; start < pending.length; start += BATCH) {
    const some = pending.slice(start, start + BATCH);
    const { outcomes, error } = await store.apply(some.map(({ unit }) => unit));
    // A conflict: another run has issued it meanwhile.
    const written = some.filter((_, index) => outcomes[index]?.kind === 'written');
    issued.push(...written.map(({ deadline }) => deadline));
    if (error !== null) throw error;
  }
  return issued;
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
