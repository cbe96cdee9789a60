// One rotation run, top to bottom: find what is due, order it, and for each batch load fresh, prepare,
// apply, report. The place where the failure of one object becomes a result and the run goes on.
import { asKmsError, KmsError } from './errors.js';
import type { Occasion, Rotation } from './flows/change.js';
import { flowOf, prepareRotation, unsupportedReason } from './flows/flow.js';
import { formatInstant, type EpochSeconds } from './kmip/date-time.js';
import { failedResult, rotatedResult, skippedResult, type Report, type Result } from './report.js';
import { assertLatestOfKeyset, assertMayBeRotated } from './rotation/lifecycle.js';
import { inRunOrder } from './rotation/plan.js';
import type { FirstDeadlineRule } from './rotation/schedule.js';
import type { Subject } from './rotation/subject.js';
import { concernsARun, judge } from './rotation/verdict.js';
import type { Applied } from './store/apply.js';
import { logRow, type LogEntry } from './store/log.js';
import type { Store } from './store/open.js';
import { collect, keysForARun, type SurveyFilters } from './survey.js';

/** Everything a run takes from outside; it has no clock and no randomness of its own. */
export interface RunContext {
  readonly store: Store;
  readonly now: () => EpochSeconds;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs: () => number;
  readonly newUid: () => string;
  readonly runId: string;
  readonly identity: Pick<LogEntry, 'host' | 'osUser' | 'version'>;
  readonly firstDeadline: FirstDeadlineRule;
  readonly dryRun: boolean;
  /** Asked before each batch: true after a first SIGTERM or SIGINT. */
  readonly stopRequested: () => Promise<boolean>;
  readonly onProgress: (done: number, of: number) => void;
}

export interface DueOptions {
  readonly filters: SurveyFilters;
  /** How many objects to rotate at most. */
  readonly maxKeys: number | null;
  readonly maxDurationSeconds: number | null;
  /** How many objects share a transaction. */
  readonly batchSize: number;
}

/** Loaded again and again while others change the same row, before it counts as failed. */
const TRIES = 3;

/** Rotates everything that is due. @throws KmsError only before anything was done. */
export async function rotateDue(context: RunContext, options: DueOptions): Promise<Report> {
  const started = context.monotonicMs();
  const startedAt = context.now();
  const terms = { now: startedAt, withinSeconds: 0, firstDeadline: context.firstDeadline };
  const plan = inRunOrder(await collect(keysForARun(context.store, terms, options.filters)));
  const results: Result[] = [];
  let next = 0;
  let error: KmsError | null = null;
  const timeLeft = () =>
    options.maxDurationSeconds === null ||
    context.monotonicMs() - started < options.maxDurationSeconds * 1000;
  while (next < plan.length && error === null) {
    const room = roomFor(results, options);
    if (room === 0 || !timeLeft() || (await context.stopRequested())) break;
    const batch = plan.slice(next, next + room).map((key) => key.uid);
    const rotated = await rotateBatch(context, batch, prepareDue);
    error = rotated.error;
    results.push(...rotated.results);
    next += error === null ? batch.length : rotated.results.length;
    context.onProgress(next, plan.length);
  }
  return finish(context, startedAt, results, plan.length - next, error);
}

/** Rotates one object, due or not. @throws KmsError only before anything was done. */
export async function rotateOne(
  context: RunContext,
  uid: string,
  options: { disarm: boolean },
): Promise<Report> {
  const startedAt = context.now();
  const { results, error } = await rotateBatch(context, [uid], (subject, occasion) =>
    prepareRequested(subject, { ...occasion, disarm: options.disarm }),
  );
  return finish(context, startedAt, results, 1 - results.length, error);
}

/** Returns what to write for a subject; `unconcerned` if it is no longer the run's business. */
type Prepare = (subject: Subject, occasion: Occasion) => Rotation | 'unconcerned' | 'skipped';

interface Batch {
  /** In the order asked for; what is committed is here, whatever happened after. */
  readonly results: readonly Result[];
  /** What ended the run, if something did. */
  readonly error: KmsError | null;
}

async function rotateBatch(
  context: RunContext,
  uids: readonly string[],
  prepare: Prepare,
): Promise<Batch> {
  const results = new Map<string, Result>();
  const inOrder = () => uids.flatMap((uid) => results.get(uid) ?? []);
  try {
    let pending = uids;
    for (let tries = 1; pending.length > 0 && tries <= TRIES; tries += 1) {
      pending = await rotateOnce(context, pending, prepare, results);
    }
    for (const uid of pending) results.set(uid, failedResult(uid, null, concurrentChange(uid)));
    await logFailures(context, inOrder());
    return { results: inOrder(), error: null };
  } catch (failure) {
    return { results: inOrder(), error: asKmsError(failure) };
  }
}

/** Loads, prepares and applies; notes the results and returns the uids that met a conflict. */
async function rotateOnce(
  context: RunContext,
  uids: readonly string[],
  prepare: Prepare,
  results: Map<string, Result>,
): Promise<readonly string[]> {
  const beganMs = context.monotonicMs();
  const rotations: Rotation[] = [];
  for (const subject of await context.store.load(uids)) {
    const prepared = attempt(subject, prepare, occasionOf(context));
    if ('outcome' in prepared) results.set(prepared.uid, prepared);
    else if ('changes' in prepared) rotations.push(prepared);
  }
  const { outcomes, error } = await write(context, rotations, beganMs);
  const committed = rotations.filter((_, index) => outcomes[index] === 'written');
  for (const rotation of committed)
    results.set(rotation.uid, rotatedResult(rotation, context.dryRun));
  if (error !== null) throw error;
  return rotations.map(({ uid }) => uid).filter((uid) => !results.has(uid));
}

/** Writes rotations, each with the log row that tells of it; a dry run stops short of it. */
async function write(
  context: RunContext,
  rotations: readonly Rotation[],
  beganMs: number,
): Promise<Applied> {
  if (context.dryRun || rotations.length === 0) {
    return { outcomes: rotations.map(() => 'written'), error: null };
  }
  const durationMs = Math.round(context.monotonicMs() - beganMs);
  return context.store.apply(
    rotations.map((rotation) => ({
      changes: rotation.changes,
      extraRows: [logRow(logEntry(context, rotatedResult(rotation, false), durationMs))],
    })),
  );
}

function attempt(
  subject: Subject,
  prepare: Prepare,
  occasion: Occasion,
): Rotation | Result | { unconcerned: true } {
  const { object, row } = subject;
  const flow = object instanceof KmsError ? null : flowOf(object, subject.dependants);
  try {
    const prepared = prepare(subject, occasion);
    if (prepared === 'unconcerned') return { unconcerned: true };
    return prepared === 'skipped' ? skippedResult(row.id, flow) : prepared;
  } catch (error) {
    if (error instanceof KmsError) return failedResult(row.id, flow, error);
    throw error;
  }
}

function prepareDue(subject: Subject, occasion: Occasion): Rotation | 'unconcerned' | 'skipped' {
  const terms = { now: occasion.now, withinSeconds: 0, firstDeadline: occasion.firstDeadline };
  const { verdict, obstacle } = judge(subject, terms, unsupportedReason(subject));
  if (obstacle !== null) throw obstacle;
  // The plan holds no replaced object, so it was replaced after the plan was made.
  if (verdict === 'already-replaced') return 'skipped';
  if (!concernsARun(verdict)) return 'unconcerned';
  if (!(subject.object instanceof KmsError)) {
    assertLatestOfKeyset(subject.object, subject, 'KeysetConflict');
  }
  return prepareRotation(subject, occasion);
}

function prepareRequested(subject: Subject, occasion: Occasion): Rotation {
  const { object } = subject;
  if (object instanceof KmsError) throw object;
  assertMayBeRotated(object, subject);
  assertLatestOfKeyset(object, subject, 'NotLatestOfKeyset');
  return prepareRotation(subject, occasion);
}

function occasionOf(context: RunContext): Occasion {
  const { firstDeadline, newUid } = context;
  return { now: context.now(), firstDeadline, newUid, disarm: false };
}

/** Returns how many objects the next batch may hold, so that no more than --max-keys are rotated. */
function roomFor(results: readonly Result[], { maxKeys, batchSize }: DueOptions): number {
  if (maxKeys === null) return batchSize;
  const rotated = results.filter(
    ({ outcome }) => outcome === 'rotated' || outcome === 'would-rotate',
  ).length;
  return Math.min(batchSize, maxKeys - rotated);
}

function finish(
  context: RunContext,
  startedAt: EpochSeconds,
  results: readonly Result[],
  notAttempted: number,
  error: KmsError | null,
): Report {
  const { runId, dryRun } = context;
  return { runId, dryRun, startedAt, finishedAt: context.now(), results, notAttempted, error };
}

function concurrentChange(uid: string): KmsError {
  return new KmsError(
    'ConcurrentChange',
    `the row of ${JSON.stringify(uid)} was changed by somebody else at each of ${TRIES} tries`,
    { uid, hint: 'run again when whoever writes to it has finished' },
  );
}

async function logFailures(context: RunContext, results: readonly Result[]): Promise<void> {
  const failures = results.filter(({ outcome }) => outcome === 'failed');
  if (context.dryRun || failures.length === 0) return;
  await context.store.log(failures.map((result) => logEntry(context, result, 0)));
}

function logEntry(context: RunContext, result: Result, durationMs: number): LogEntry {
  return {
    ...context.identity,
    runId: context.runId,
    at: formatInstant(context.now()),
    durationMs,
    uid: result.uid,
    replacementUid: result.replacementUid,
    flow: result.flow,
    outcome: result.outcome === 'failed' ? 'failed' : 'rotated',
    reason: result.error?.reason ?? null,
    message: result.error?.message ?? null,
  };
}
