// Writes planned changes of rotation policies, in batches, each row only if it is still as it was read, and
// says what came of them: the document `kms.policy-change/v1`. What is to be changed, policy-plan.ts says.
import { concurrentChange, TRIES } from '../run/retry-conflicts.js';
import { exactDuration } from '../text/duration.js';
import { asKmsError, exitCodeOf, KmsError, mostSerious, type ExitCode } from '../errors.js';
import { formatInstant } from '../kmip/date-time.js';
import type { Conflict, PlannedChange, PolicyFailure, PolicyPlan } from './policy-plan.js';
import type { PolicyView } from './policy-view.js';
import { describeChange, prepareChange, takenNextUids } from './prepare-change.js';
import { errorJson } from '../report/run-report.js';
import type { RunContext } from '../run/context.js';
import { compareUids } from '../rotation/plan.js';
import { logRow } from '../store/own/rotation-log.js';

export type PolicyContext = Pick<
  RunContext,
  'store' | 'now' | 'monotonicMs' | 'runId' | 'identity' | 'firstDeadline' | 'stopRequested'
>;

export interface PolicyReport {
  readonly dryRun: boolean;
  /** Written, or, in a dry run, to be written. */
  readonly changed: readonly PlannedChange[];
  readonly failed: readonly PolicyFailure[];
  readonly unchanged: number;
  readonly passedOver: number;
  readonly notAttempted: number;
  readonly unmatched: readonly string[];
  readonly conflicts: readonly Conflict[];
  /** What kept the rest from being tried. */
  readonly error: KmsError | null;
}

const BATCH = 64;

/** Returns the report of a plan that is only looked at. */
export function reportOfPlan(plan: PolicyPlan): PolicyReport {
  const { planned: changed, failed, unchanged, passedOver, unmatched, conflicts } = plan;
  const found = { failed, unchanged, passedOver, unmatched, conflicts };
  return { dryRun: true, changed, ...found, notAttempted: 0, error: null };
}

/** Writes what was planned; each key wholly or not at all. */
export async function changePolicies(
  context: PolicyContext,
  plan: PolicyPlan,
): Promise<PolicyReport> {
  const changed: PlannedChange[] = [];
  const failed = [...plan.failed];
  let unchanged = plan.unchanged;
  let error: KmsError | null = null;
  let place = 0;
  try {
    while (place < plan.planned.length && !(await context.stopRequested())) {
      const batch = await changeBatch(context, plan.planned.slice(place, place + BATCH), changed);
      failed.push(...batch.failed);
      unchanged += batch.unchanged;
      place += BATCH;
    }
  } catch (failure) {
    error = asKmsError(failure);
  }
  const done = changed.length + (failed.length - plan.failed.length) + (unchanged - plan.unchanged);
  return {
    ...reportOfPlan(plan),
    dryRun: false,
    changed,
    failed,
    unchanged,
    notAttempted: plan.planned.length - done,
    error,
  };
}

/** Returns the exit code: the most serious of what befell it. */
export function exitCodeOfChanges({ failed, error, notAttempted }: PolicyReport): ExitCode {
  return mostSerious([
    error === null ? 0 : exitCodeOf(error),
    failed.length > 0 ? 4 : 0,
    notAttempted > 0 ? 5 : 0,
  ]);
}

/** Returns the document `kms.policy-change/v1`. Rules are numbered from 1. */
export function policyChangeJson(report: PolicyReport): object {
  const { dryRun, changed, failed, unchanged, passedOver, notAttempted } = report;
  const results = [
    ...changed.map(({ uid, rule, before, after, deadline, newlyDue }) => ({
      uid,
      outcome: dryRun ? 'would-change' : 'changed',
      rule: rule === null ? null : rule + 1,
      before,
      after,
      deadline: deadline === null ? null : formatInstant(deadline),
      newlyDue,
      error: null,
    })),
    ...failed.map(({ uid, rule, error }) => ({
      uid,
      outcome: 'failed',
      rule: rule === null ? null : rule + 1,
      before: null,
      after: null,
      deadline: null,
      newlyDue: false,
      error: errorJson(error),
    })),
  ];
  return {
    schema: 'kms.policy-change/v1',
    dryRun,
    summary: {
      changed: dryRun ? 0 : changed.length,
      wouldChange: dryRun ? changed.length : 0,
      unchanged,
      failed: failed.length,
      passedOver,
      notAttempted,
      newlyDue: changed.filter(({ newlyDue }) => newlyDue).length,
    },
    results: results.sort((a, b) => compareUids(a.uid, b.uid)),
    unmatched: [...report.unmatched].sort(compareUids),
    conflicts: report.conflicts.map(({ uid, rules }) => ({
      uid,
      rules: rules.map((rule) => rule + 1),
    })),
    error: report.error === null ? null : errorJson(report.error),
  };
}

/** Returns a policy in a few words: `90d, offset 7d, off, keyset NAME`. */
export function policyText({
  intervalSeconds,
  offsetSeconds,
  automatic,
  keyset,
}: PolicyView): string {
  const parts = [
    intervalSeconds === null ? 'none' : exactDuration(intervalSeconds),
    offsetSeconds === null ? '' : `offset ${exactDuration(offsetSeconds)}`,
    automatic === false ? 'off' : '',
    keyset === null ? '' : `keyset ${keyset}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** Adds what is written to `changed` at once, so that it is told whatever happens after. */
async function changeBatch(
  context: PolicyContext,
  batch: readonly PlannedChange[],
  changed: PlannedChange[],
): Promise<{ readonly failed: readonly PolicyFailure[]; readonly unchanged: number }> {
  const failed: PolicyFailure[] = [];
  let unchanged = 0;
  let pending = batch;
  for (let tries = 1; pending.length > 0 && tries <= TRIES; tries += 1) {
    const beganMs = context.monotonicMs();
    const { ready, settled } = await prepareBatch(context, pending);
    failed.push(...settled.failed);
    unchanged += settled.unchanged;
    const durationMs = Math.round(context.monotonicMs() - beganMs);
    const { outcomes, error } = await context.store.apply(
      ready.map(({ planned, replacement }) => ({
        changes: [{ kind: 'replace', ...replacement }],
        rewrapping: null,
        ownRows: [logRow(logEntry(context, planned, durationMs))],
      })),
    );
    const again: PlannedChange[] = [];
    for (const [index, { planned }] of ready.entries()) {
      const outcome = outcomes[index];
      const { uid, rule } = planned;
      if (outcome?.kind === 'written') changed.push(planned);
      else if (outcome?.kind === 'failed') failed.push({ uid, rule, error: outcome.error });
      else again.push(planned);
    }
    if (error !== null) throw error;
    pending = again;
  }
  failed.push(...pending.map(({ uid, rule }) => ({ uid, rule, error: concurrentChange(uid) })));
  return { failed, unchanged };
}

/** Loads keys again and prepares them: what they were when it was planned may be gone. */
async function prepareBatch(context: PolicyContext, batch: readonly PlannedChange[]) {
  const { store, firstDeadline } = context;
  const terms = { now: context.now(), firstDeadline };
  const candidates = await store.load(batch.map(({ uid }) => uid));
  const nextTaken = await takenNextUids(store, candidates);
  const failed: PolicyFailure[] = [];
  let unchanged = 0;
  const ready = batch.flatMap((planned) => {
    const { uid, rule, desiredPolicy } = planned;
    const candidate = candidates.find(({ row }) => row.id === uid);
    try {
      if (candidate === undefined) throw deletedMeanwhile(uid);
      const replacement = prepareChange(candidate, desiredPolicy, terms, nextTaken);
      if (replacement !== null) {
        const fresh = { ...planned, ...describeChange(candidate, replacement, terms) };
        return [{ planned: fresh, replacement }];
      }
      unchanged += 1;
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      failed.push({ uid, rule, error });
    }
    return [];
  });
  return { ready, settled: { failed, unchanged } };
}

function logEntry(context: PolicyContext, planned: PlannedChange, durationMs: number) {
  const { uid, before, after } = planned;
  return {
    ...context.identity,
    runId: context.runId,
    at: formatInstant(context.now()),
    durationMs,
    uid,
    replacementUid: null,
    flow: null,
    outcome: 'policy',
    reason: null,
    message: `policy: ${policyText(before)} -> ${policyText(after)}`,
  } as const;
}

function deletedMeanwhile(uid: string): KmsError {
  return new KmsError('UnknownUid', `${JSON.stringify(uid)} was deleted meanwhile`, { uid });
}
