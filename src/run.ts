// One rotation run, top to bottom: find what is due, order it, and rotate it batch by batch (rotate-batch.ts).
// Which object is still the run's business is decided here, on what was loaded just before.
import { inBatches } from './run/batches.js';
import { issuerFinder } from './survey/certificate-issuers.js';
import { certificateLinks } from './survey/certificate-links.js';
import { KmsError } from './errors.js';
import type { RotationContext, Rotation } from './flows/change.js';
import { prepareRotation } from './flows/prepare-rotation.js';
import { unsupportedReason } from './flows/unsupported-reason.js';
import { type EpochSeconds } from './kmip/date-time.js';
import { rewrapStaleDependants, NOTHING_STALE } from './run/rewrap-stale-dependants.js';
import { NO_DELIVERIES } from './report/deliveries.js';
import { type Report, type Result } from './report/run-report.js';
import { assertLatestOfKeyset, assertMayBeRotated } from './rotation/lifecycle.js';
import { inRunOrder, type OrderedKey } from './rotation/plan.js';
import type { RotationCandidate } from './rotation/candidate.js';
import { concernsARun, evaluate, type EvaluationOptions } from './rotation/eligibility.js';
import type { Run, RunContext } from './run/context.js';
import { collect, keysForARun, type SurveyFilters } from './survey/survey.js';
import { enqueueAndDeliverEnd } from './run/finish.js';
import { foreignPublicKeyLinks } from './survey/public-key-links.js';
import { rotateBatch, type Batch } from './run/rotate-batch.js';

export interface DueOptions {
  readonly filters: SurveyFilters;
  /** How many objects to rotate at most. */
  readonly maxKeys: number | null;
  readonly maxDurationSeconds: number | null;
  /** How many objects share a transaction. */
  readonly batchSize: number;
  /** How many batches are in work at once. */
  readonly concurrency: number;
  /** Whether to begin with dependants that are still under a replaced wrapping key. */
  readonly mend: boolean;
}

/** Rotates everything that is due. @throws KmsError only before anything was done. */
export async function rotateDue(context: RunContext, options: DueOptions): Promise<Report> {
  const startedAt = context.now();
  const run = newRun(context, options.maxDurationSeconds);
  const evaluationOptions = {
    now: startedAt,
    withinSeconds: 0,
    firstDeadline: context.firstDeadline,
  };
  const mending = options.mend ? await rewrapStaleDependants(run, options.filters) : NOTHING_STALE;
  const plan =
    mending.error === null ? await planned(context, evaluationOptions, options.filters) : [];
  const done: (Batch & { readonly start: number })[] = [];
  let finished = 0;
  let rotated = 0;
  await inBatches(
    plan,
    {
      size: options.batchSize,
      concurrency: options.concurrency,
      room: (inWork) => (options.maxKeys ?? Infinity) - rotated - inWork,
      mayBegin: async () => !(await run.isOver()),
    },
    async (keys, start) => {
      const uids = keys.map(({ uid }) => uid);
      const batch = await rotateBatch(run, uids, (candidate, rotationContext) =>
        // What went along with another has no result of its own.
        run.retired.has(candidate.row.id)
          ? Promise.resolve('unconcerned')
          : prepareDue(candidate, rotationContext),
      );
      done.push({ ...batch, start });
      rotated += batch.results.filter(isRotated).length;
      finished += isWhole(batch) ? keys.length : batch.results.length;
      for (const result of batch.results) context.onResult(result);
      context.onProgress(finished, plan.length);
      return isWhole(batch);
    },
  );
  done.sort((one, other) => one.start - other.start);
  return finish(context, {
    startedAt,
    mended: mending.mended,
    results: done.flatMap((batch) => batch.results),
    notices: [
      ...(mending.interrupted ? [REWRAPPING_INTERRUPTED] : []),
      ...done.flatMap((batch) => batch.notices),
    ],
    mendingInterrupted: mending.interrupted,
    notAttempted: plan.length - finished,
    longestOverdueSeconds: mending.error === null ? longestOverdue(plan, startedAt) : null,
    error: mending.error ?? done.find((batch) => batch.error !== null)?.error ?? null,
  });
}

/** Rotates one object, due or not. @throws KmsError only before anything was done. */
export async function rotateOne(
  context: RunContext,
  uid: string,
  options: { disarm: boolean },
): Promise<Report> {
  const startedAt = context.now();
  const run = newRun(context, null);
  const { results, notices, error } = await rotateBatch(run, [uid], (candidate, rotationContext) =>
    prepareRequested(candidate, { ...rotationContext, disarm: options.disarm }),
  );
  for (const result of results) context.onResult(result);
  const notAttempted = 1 - results.length;
  const rest = { mended: [], mendingInterrupted: false, notAttempted, longestOverdueSeconds: null };
  return finish(context, { startedAt, results, notices, error, ...rest });
}

const REWRAPPING_INTERRUPTED =
  'the run was over before all dependants under replaced wrapping keys were looked at: run again';

function newRun(context: RunContext, maxDurationSeconds: number | null): Run {
  const started = context.monotonicMs();
  let wrappingKeyMismatches: Promise<RotationContext['wrappingKeyMismatches']> | null = null;
  let certificates: Promise<RotationContext['certificates']> | null = null;
  let publicKeyLinks: Promise<RotationContext['publicKeyLinks']> | null = null;
  return {
    ...context,
    isOver: async () =>
      (maxDurationSeconds !== null &&
        context.monotonicMs() - started >= maxDurationSeconds * 1000) ||
      (await context.stopRequested()),
    wrappingKeyMismatches: () =>
      (wrappingKeyMismatches ??= context.store.findWrappingKeyMismatches()),
    certificates: () => (certificates ??= certificateLinks(context.store)),
    forgetCertificates: () => (certificates = null),
    publicKeyLinks: () => (publicKeyLinks ??= foreignPublicKeyLinks(context.store)),
    issuersNamed: issuerFinder(context.store),
    retired: new Set(),
  };
}

async function planned(
  context: RunContext,
  evaluationOptions: EvaluationOptions,
  filters: SurveyFilters,
) {
  return inRunOrder(await collect(keysForARun(context.store, evaluationOptions, filters)));
}

/** One whose deadline cannot be reckoned counts as due just now. */
function longestOverdue(plan: readonly OrderedKey[], now: EpochSeconds): number {
  return plan.reduce((longest, { deadlineAt }) => Math.max(longest, now - (deadlineAt ?? now)), 0);
}

async function prepareDue(
  candidate: RotationCandidate,
  rotationContext: RotationContext,
): Promise<Rotation | 'unconcerned' | 'skipped'> {
  const evaluationOptions = {
    now: rotationContext.now,
    withinSeconds: 0,
    firstDeadline: rotationContext.firstDeadline,
  };
  const { verdict, failure } = evaluate(candidate, evaluationOptions, unsupportedReason(candidate));
  if (failure !== null) throw failure;
  // The plan holds no replaced object, so it was replaced after the plan was made.
  if (verdict === 'already-replaced') return 'skipped';
  if (!concernsARun(verdict)) return 'unconcerned';
  if (!(candidate.object instanceof KmsError)) {
    assertLatestOfKeyset(candidate.object, candidate, 'KeysetConflict');
  }
  return prepareRotation(candidate, rotationContext);
}

async function prepareRequested(
  candidate: RotationCandidate,
  rotationContext: RotationContext,
): Promise<Rotation> {
  const { object } = candidate;
  if (object instanceof KmsError) throw object;
  assertMayBeRotated(object, candidate);
  assertLatestOfKeyset(object, candidate, 'NotLatestOfKeyset');
  return prepareRotation(candidate, rotationContext);
}

/** Unconcerned keys have no result, so their number tells nothing. */
function isWhole({ interrupted, error }: Batch): boolean {
  return !interrupted && error === null;
}

function isRotated({ outcome }: Result): boolean {
  return outcome === 'rotated' || outcome === 'would-rotate';
}

/** Nothing that telling others meets undoes what is done, or keeps the report from being made. */
async function finish(
  context: RunContext,
  done: Omit<Report, 'runId' | 'dryRun' | 'finishedAt' | 'deliveries'>,
): Promise<Report> {
  const { runId, dryRun } = context;
  const report = { runId, dryRun, finishedAt: context.now(), ...done, deliveries: NO_DELIVERIES };
  return dryRun ? report : { ...report, deliveries: await enqueueAndDeliverEnd(context, report) };
}
