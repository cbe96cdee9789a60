// One rotation run, top to bottom: re-wrap stale dependants, find what is due and order it, rotate it batch by batch
// (rotate-batch.ts: load fresh, prepare, write), report, notify.
import { asKmsError, errorThrownBy } from './errors.js';
import { type EpochSeconds } from './kmip/date-time.js';
import { NO_DELIVERIES } from './report/delivery-summary.js';
import type { RotationResult } from './report/rotation-result.js';
import type { RunReport } from './report/run-report.js';
import { storeStanding } from './report/store-standing.js';
import { inRunOrder, type OrderedKey } from './rotation/plan.js';
import { beginRun, type Run, type RunContext } from './run/context.js';
import { missingKekNotice } from './run/missing-kek.js';
import { endOverlaps, NO_OVERLAPS } from './run/overlaps/end-overlaps.js';
import { restoreRetiring, type SeenRetiring } from './run/overlaps/restore-retiring.js';
import { notifyFinished } from './run/notify-finished.js';
import { prepareRequested } from './run/prepare.js';
import { withLostCommits } from './run/lost-commits.js';
import { lookAgain } from './run/look-again.js';
import { recordDeliveries } from './run/record-deliveries.js';
import { recordLastRun, scopeOfRun } from './run/record-last-run.js';
import { recordMissingRuns } from './run/record-missing-runs.js';
import { recordPassedEnds } from './run/record-passed-ends.js';
import { recordStoreHealth, type NoticedInPassing } from './run/record-store-health.js';
import {
  NOTHING_STALE,
  rewrapStaleDependants,
  type StaleDependantsReport,
} from './run/rewrap-stale-dependants.js';
import { rotateBatch } from './run/rotate-batch.js';
import { rotatePlan, type PlanOptions } from './run/plan/rotate-plan.js';
import { recoverRequests, requestPasses } from './run/server/recover-requests.js';
import { asStaleDependant } from './run/server/late-dependants.js';
import { collect } from './survey/survey.js';
import type { ChainHead } from './store/own/chain/chain-details.js';
import { isUnfiltered, type SurveyFilters } from './survey/survey-filters.js';
import { plannedKeys } from './survey/planned-keys.js';

export interface DueOptions extends PlanOptions {
  readonly filters: SurveyFilters;
  readonly maxDurationSeconds: number | null;
  /** Whether to begin with dependants that are still under a replaced wrapping key. */
  readonly rewrapStaleDependants: boolean;
}

/** Rotates everything that is due. @throws KmsError only before anything was done. */
export async function rotateDue(context: RunContext, options: DueOptions): Promise<RunReport> {
  const startedAt = context.now();
  const run = beginRun(context, options.maxDurationSeconds);
  // A store that does not let a run read them is one that no run can use.
  if (!context.dryRun) await run.state.conditionKeys();
  const kekNotice = await missingKekNotice(context.store, context.serverKek);
  const recovered = await recoverRequests(run, (request) =>
    requestPasses(request, options.filters),
  );
  // What a server has written back of an object that is replaced must mislead nothing that follows.
  const retiring = await restoreRetiring(run);
  const stale = options.rewrapStaleDependants
    ? await rewrapStaleDependants(run, options.filters)
    : NOTHING_STALE;
  const beforeEnds = recovered.error ?? stale.error;
  const ended =
    beforeEnds === null ? await endOverlaps(run, retiring, options.filters) : NO_OVERLAPS;
  const early = beforeEnds ?? ended.error;
  const plan = early === null ? await planOf(run, startedAt, options.filters, retiring) : [];
  const { batches, results, notices } = await rotatePlan(run, plan, options);
  const error = early ?? batches.find((batch) => batch.error !== null)?.error ?? null;
  const report = {
    startedAt,
    rewrappedDependants: [
      ...stale.rewrapped,
      ...ended.rewrapped,
      ...[recovered, ...batches].flatMap(({ lateDependants }) =>
        lateDependants.map(asStaleDependant),
      ),
    ],
    retired: ended.retired,
    rewrappingInterrupted: stale.interrupted,
    results: [...recovered.results, ...results],
    notices: [
      ...(kekNotice === null ? [] : [kekNotice]),
      ...(stale.interrupted ? [REWRAPPING_INTERRUPTED] : []),
      ...recovered.notices,
      ...ended.notices,
      ...notices,
      ...batches.flatMap(({ notices }) => notices),
    ],
    notAttempted: plan.length - batches.reduce((sum, { finished }) => sum + finished, 0),
    longestOverdueSeconds: early === null ? longestOverdue(plan, startedAt) : null,
    error,
  };
  const looked =
    error ??
    (await lookAgain(run, report, sawAllDependants(options, stale))) ??
    (await recordPassedEnds(run, options.filters));
  return finish(context, { ...report, error: looked }, { filters: options.filters, kekNotice });
}

/** Rotates one object, due or not. @throws KmsError only before anything was done. */
export async function rotateOne(
  context: RunContext,
  uid: string,
  { disarm }: { readonly disarm: boolean },
): Promise<RunReport> {
  const startedAt = context.now();
  const run = beginRun(context, null);
  const kekNotice = await missingKekNotice(context.store, context.serverKek);
  const recovered = await recoverRequests(run, (request) => request.uid === uid);
  const isOver = recovered.results.length > 0 || recovered.error !== null;
  const batch = isOver
    ? recovered
    : await rotateBatch(run, [uid], (candidate, rotationContext) =>
        prepareRequested(candidate, { ...rotationContext, disarm }, run),
      );
  if (!isOver) for (const result of batch.results) context.onResult(result);
  return finish(context, {
    startedAt,
    rewrappedDependants: batch.lateDependants.map(asStaleDependant),
    retired: [],
    rewrappingInterrupted: false,
    results: batch.results,
    notices: [...(kekNotice === null ? [] : [kekNotice]), ...batch.notices],
    notAttempted: 1 - batch.results.length,
    longestOverdueSeconds: null,
    error: batch.error,
  });
}

const REWRAPPING_INTERRUPTED =
  'the run ended before all objects wrapped by replaced keys were checked: run again';

async function planOf(
  { store, firstDeadline, ends, hsm }: Run,
  now: EpochSeconds,
  filters: SurveyFilters,
  retiring: readonly SeenRetiring[],
): Promise<readonly OrderedKey[]> {
  const options = { now, firstDeadline, ends, hsm, withinSeconds: 0 };
  const replaced = new Set(retiring.map((seen) => seen.retiring.uid));
  const planned = await collect(plannedKeys(store, options, filters));
  return inRunOrder(planned.filter(({ uid }) => !replaced.has(uid)));
}

/** A key whose deadline cannot be computed counts as due just now. */
function longestOverdue(plan: readonly OrderedKey[], now: EpochSeconds): number {
  return plan.reduce((longest, { deadlineAt }) => Math.max(longest, now - (deadlineAt ?? now)), 0);
}

/** What there is to record of a run for whatever is due. */
interface DueRun extends NoticedInPassing {
  readonly filters: SurveyFilters;
}

/** A failed notification neither undoes a rotation nor withholds the report. */
async function finish(
  context: RunContext,
  done: Omit<
    RunReport,
    'runId' | 'dryRun' | 'finishedAt' | 'auditHeads' | 'deliveries' | 'standing'
  >,
  due: DueRun | null = null,
): Promise<RunReport> {
  const { runId, dryRun } = context;
  const finishedAt = context.now();
  const unsent = { auditHeads: [], deliveries: NO_DELIVERIES, standing: null };
  const { results, error: unseen } = await lookedUp(context, done.results);
  const error = done.error ?? unseen;
  const report = { runId, dryRun, finishedAt, ...done, results, error, ...unsent };
  if (dryRun) return report;
  const untold =
    due === null
      ? null
      : await errorThrownBy(async () => {
          await recordStoreHealth(context, due);
          await recordMissingRuns(context, scopeOfRun(report, due.filters));
        });
  const ended = await endChains(context);
  const recorded = {
    ...report,
    auditHeads: ended.heads,
    error: report.error ?? untold ?? ended.error,
  };
  const delivered = await notifyFinished(context, recorded);
  const notified = { ...recorded, deliveries: await recordDeliveries(context, delivered) };
  if (due === null) return notified;
  try {
    await recordLastRun(context, notified, due.filters);
    await context.store.prune(context.now());
    return { ...notified, standing: await storeStanding(context.store) };
  } catch (error) {
    return { ...notified, error: notified.error ?? asKmsError(error) };
  }
}

/** What is reported as rotated is there, if the database can still be asked. */
async function lookedUp(context: RunContext, reported: readonly RotationResult[]) {
  let results = reported;
  const error = await errorThrownBy(async () => {
    results = await withLostCommits(context, reported);
  });
  return { results, error };
}

/** Before the run's last message, so that whoever receives it can keep the heads of the log. */
async function endChains({ store }: RunContext) {
  let heads: readonly ChainHead[] = [];
  const error = await errorThrownBy(async () => {
    heads = await store.closeChains();
  });
  return { heads, error };
}

/** Says whether a stale dependant that the run did not see is none any more. */
function sawAllDependants(
  { rewrapStaleDependants: looked, filters }: DueOptions,
  { interrupted, error }: StaleDependantsReport,
): boolean {
  return looked && !interrupted && error === null && isUnfiltered(filters);
}
