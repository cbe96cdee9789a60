// Writes planned changes of rotation policies, in batches, each row only if it has not changed since it was read.
// policy-plan.ts says what to change, change-report.ts what came of it.
import type { Store } from '../store/store.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import { concurrentChange, retryConflicts, type AttemptResult } from '../run/retry-conflicts.js';
import { asKmsError, KmsError } from '../errors.js';
import { formatInstant } from '../kmip/date-time.js';
import type { PlannedChange, PolicyFailure, PolicyPlan } from './policy-plan.js';
import {
  describeChange,
  prepareChange,
  takenNextUids,
  type ChangeOptions,
  type PreparedPolicy,
} from './prepare-change.js';
import type { RunContext } from '../run/context.js';
import { logRow } from '../store/own/rotation-log.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { policyChangeMessage } from '../rotation/policy-text.js';
import { reportOfPlan, type PolicyReport } from './change-report.js';
import { deletedMeanwhile } from '../store/find/load-by-address.js';

/** What it takes to find the objects of a change, to plan it and to write it. */
export type PolicyStore = Pick<
  Store,
  'findAll' | 'findWithPolicy' | 'resolveUid' | 'tagsOf' | 'load' | 'existingUids' | 'apply'
>;

export interface PolicyContext extends Pick<
  RunContext,
  'now' | 'monotonicMs' | 'runId' | 'identity' | 'firstDeadline' | 'ends' | 'stopRequested'
> {
  readonly store: PolicyStore;
}

/** How many changes share a transaction. */
const BATCH = 64;

/** Writes what was planned; each key wholly or not at all. */
export async function changePolicies(
  context: PolicyContext,
  plan: PolicyPlan,
): Promise<PolicyReport> {
  const { done, error } = await changeAll(context, plan.planned);
  const changed = done.flatMap((one) => (one.kind === 'changed' ? [one.change] : []));
  const failed = done.flatMap((one) => (one.kind === 'failed' ? [one.failure] : []));
  const unchanged = done.filter(({ kind }) => kind === 'unchanged').length;
  return {
    ...reportOfPlan(plan),
    dryRun: false,
    changed,
    failed: [...plan.failed, ...failed],
    unchanged: plan.unchanged + unchanged,
    notAttempted: plan.planned.length - done.length,
    error,
  };
}

/** What came of one planned change; `unchanged`: somebody else has made it meanwhile. */
type Settled =
  | { readonly kind: 'changed'; readonly change: PlannedChange }
  | { readonly kind: 'failed'; readonly failure: PolicyFailure }
  | { readonly kind: 'unchanged' };

async function changeAll(
  context: PolicyContext,
  planned: readonly PlannedChange[],
): Promise<{ readonly done: readonly Settled[]; readonly error: KmsError | null }> {
  const settled: Settled[] = [];
  try {
    for (let start = 0; start < planned.length; start += BATCH) {
      if (await context.stopRequested()) break;
      const { done, error } = await retryConflicts(
        planned.slice(start, start + BATCH),
        (pending) => changeOnce(context, pending),
        { giveUp: (change) => failed(change, concurrentChange(change.uid)) },
      );
      settled.push(...done);
      if (error !== null) return { done: settled, error };
    }
    return { done: settled, error: null };
  } catch (error) {
    return { done: settled, error: asKmsError(error) };
  }
}

/** Loads, prepares and writes: what was read when the changes were planned may have changed. */
async function changeOnce(
  context: PolicyContext,
  planned: readonly PlannedChange[],
): Promise<AttemptResult<PlannedChange, Settled>> {
  const { store } = context;
  const startMs = context.monotonicMs();
  const options = { now: context.now(), firstDeadline: context.firstDeadline, ends: context.ends };
  const candidates = await store.load(planned.map(({ uid }) => uid));
  const nextTaken = await takenNextUids(store, candidates);
  const prepared = planned.map((change) => {
    const candidate = candidates.find(({ row }) => row.id === change.uid);
    return prepareOne(change, candidate, options, nextTaken);
  });
  const ready = prepared.filter((one) => 'replacement' in one);
  const durationMs = Math.round(context.monotonicMs() - startMs);
  const { outcomes, error } = await store.apply(
    ready.map((one) => unitOf(context, one, durationMs)),
  );
  const done: Settled[] = prepared.filter((one) => 'kind' in one);
  const conflicts: PlannedChange[] = [];
  for (const [index, { change }] of ready.entries()) {
    const outcome = outcomes[index];
    if (outcome?.kind === 'written') done.push({ kind: 'changed', change });
    else if (outcome?.kind === 'failed') done.push(failed(change, outcome.error));
    else conflicts.push(change);
  }
  return { done, conflicts, error };
}

interface PreparedChange {
  readonly change: PlannedChange;
  readonly replacement: PreparedPolicy;
}

function prepareOne(
  change: PlannedChange,
  candidate: RotationCandidate | undefined,
  options: ChangeOptions,
  nextTaken: ReadonlySet<string>,
): PreparedChange | Settled {
  try {
    if (candidate === undefined) throw deletedMeanwhile(change.uid);
    const replacement = prepareChange(candidate, change.desiredPolicy, options, nextTaken);
    if (replacement === null) return { kind: 'unchanged' };
    return {
      change: { ...change, ...describeChange(candidate, replacement, options) },
      replacement,
    };
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    return failed(change, error);
  }
}

function failed({ uid, rule }: PlannedChange, error: KmsError): Settled {
  return { kind: 'failed', failure: { uid, rule, error } };
}

function unitOf(
  context: PolicyContext,
  { change, replacement: { before, after, options } }: PreparedChange,
  durationMs: number,
): UnitOfWork {
  return {
    changes: [{ kind: 'replace', before, after }],
    ...(options === null ? {} : { options: [{ uid: change.uid, options }] }),
    rewrapping: null,
    ownRows: [logRow(logEntry(context, change, durationMs))],
  };
}

function logEntry(context: PolicyContext, change: PlannedChange, durationMs: number) {
  const { uid, before, after } = change;
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
    message: policyChangeMessage(before, after),
  } as const;
}
