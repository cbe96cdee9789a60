// One rotation run, top to bottom: find what is due, order it, and for each batch load fresh, prepare,
// apply, report. The place where the failure of one object becomes a result and the run goes on.
import { inBatches } from './batches.js';
import { issuerFinder } from './certificate-issuers.js';
import { certificateLinks, wrappingCertificates } from './certificate-links.js';
import { concurrentChange, TRIES } from './concurrent-change.js';
import { asKmsError, KmsError } from './errors.js';
import type { Occasion, Rotation } from './flows/change.js';
import { flowOf } from './flows/flow-name.js';
import { prepareRotation } from './flows/flow.js';
import { unsupportedReason } from './flows/obstacle.js';
import { failedEvent, rotatedEvent } from './events.js';
import { formatInstant, type EpochSeconds } from './kmip/date-time.js';
import { isHsmUid } from './kmip/unique-identifier.js';
import { mendOrphans, NOTHING_TO_MEND } from './mend.js';
import { NO_DELIVERIES } from './deliveries.js';
import { factsOf, UNKNOWN_FACTS, type ObjectFacts } from './object-facts.js';
import {
  errorJson,
  failedResult,
  rotatedResult,
  skippedResult,
  type Report,
  type Result,
} from './report.js';
import { assertLatestOfKeyset, assertMayBeRotated } from './rotation/lifecycle.js';
import { mayHaveWrapped, publicUidOf } from './rotation/neighbours.js';
import { inRunOrder, type PlannedKey } from './rotation/plan.js';
import type { Subject } from './rotation/subject.js';
import { concernsARun, judge, type Terms } from './rotation/verdict.js';
import type { Applied, Outcome } from './store/apply.js';
import type { LoadOptions } from './store/load.js';
import { logRow, type LogEntry } from './store/log.js';
import type { Watch } from './store/rewrap.js';
import { foreignPublicKeyLinks } from './public-key-links.js';
import type { RunContext } from './run-context.js';
import { collect, keysForARun, type SurveyFilters } from './survey.js';
import { tellOfTheEnd } from './tell-of-the-end.js';

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
  const terms = { now: startedAt, withinSeconds: 0, firstDeadline: context.firstDeadline };
  const mending = options.mend ? await mendOrphans(run, options.filters) : NOTHING_TO_MEND;
  const plan = mending.error === null ? await planned(context, terms, options.filters) : [];
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
      const batch = await rotateBatch(run, uids, (subject, occasion) =>
        // What went along with another has no result of its own.
        run.retired.has(subject.row.id)
          ? Promise.resolve('unconcerned')
          : prepareDue(subject, occasion),
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
      ...(mending.interrupted ? [MENDING_INTERRUPTED] : []),
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
  const { results, notices, error } = await rotateBatch(run, [uid], (subject, occasion) =>
    prepareRequested(subject, { ...occasion, disarm: options.disarm }),
  );
  for (const result of results) context.onResult(result);
  const notAttempted = 1 - results.length;
  const rest = { mended: [], mendingInterrupted: false, notAttempted, longestOverdueSeconds: null };
  return finish(context, { startedAt, results, notices, error, ...rest });
}

const MENDING_INTERRUPTED =
  'the run was over before all dependants under replaced wrapping keys were looked at: run again';

/** A run under way: its context, when it is over, and what is looked for at most once in it. */
interface Run extends RunContext {
  /** True after a first signal, or when the time is up. */
  readonly isOver: () => Promise<boolean>;
  readonly mislabelled: () => Promise<Occasion['mislabelled']>;
  readonly certificates: () => Promise<Occasion['certificates']>;
  readonly publicKeyLinks: () => Promise<Occasion['publicKeyLinks']>;
  readonly issuersNamed: Occasion['issuersNamed'];
  /** Uids that this run has retired: a certificate may go with its pair before its own turn. */
  readonly retired: Set<string>;
}

function newRun(context: RunContext, maxDurationSeconds: number | null): Run {
  const started = context.monotonicMs();
  let mislabelled: Promise<Occasion['mislabelled']> | null = null;
  let certificates: Promise<Occasion['certificates']> | null = null;
  let publicKeyLinks: Promise<Occasion['publicKeyLinks']> | null = null;
  return {
    ...context,
    isOver: async () =>
      (maxDurationSeconds !== null &&
        context.monotonicMs() - started >= maxDurationSeconds * 1000) ||
      (await context.stopRequested()),
    mislabelled: () => (mislabelled ??= context.store.findMislabelled()),
    certificates: () => (certificates ??= certificateLinks(context.store)),
    publicKeyLinks: () => (publicKeyLinks ??= foreignPublicKeyLinks(context.store)),
    issuersNamed: issuerFinder(context.store),
    retired: new Set(),
  };
}

async function planned(context: RunContext, terms: Terms, filters: SurveyFilters) {
  return inRunOrder(await collect(keysForARun(context.store, terms, filters)));
}

/** One whose deadline cannot be reckoned counts as due just now. */
function longestOverdue(plan: readonly PlannedKey[], now: EpochSeconds): number {
  return plan.reduce((longest, { deadlineAt }) => Math.max(longest, now - (deadlineAt ?? now)), 0);
}

/** Returns what to write for a subject; `unconcerned` if it is no longer the run's business. */
type Prepare = (
  subject: Subject,
  occasion: Occasion,
) => Promise<Rotation | 'unconcerned' | 'skipped'>;

interface Batch {
  /** In the order asked for; what is committed is here, whatever happened after. */
  readonly results: readonly Result[];
  readonly notices: readonly string[];
  /** Whether the run ended in its midst. */
  readonly interrupted: boolean;
  /** What ended the run, if something did. */
  readonly error: KmsError | null;
}

async function rotateBatch(run: Run, uids: readonly string[], prepare: Prepare): Promise<Batch> {
  const results = new Map<string, Result>();
  const facts = new Map<string, ObjectFacts>();
  const notices: string[] = [];
  const timed = timing(run);
  const inOrder = () => uids.flatMap((uid) => results.get(uid) ?? []);
  try {
    let pending = uids;
    for (let tries = 1; pending.length > 0 && tries <= TRIES; tries += 1) {
      if (tries > 1 && (await run.isOver())) {
        return { results: inOrder(), notices, interrupted: true, error: null };
      }
      pending = await rotateOnce(run, pending, prepare, { results, facts, notices, timed });
    }
    for (const uid of pending) {
      results.set(uid, timed(failedResult(uid, null, concurrentChange(uid), facts.get(uid))));
    }
    await logFailures(run, inOrder());
    return { results: inOrder(), notices, interrupted: false, error: null };
  } catch (failure) {
    return { results: inOrder(), notices, interrupted: false, error: asKmsError(failure) };
  }
}

interface Findings {
  readonly results: Map<string, Result>;
  readonly facts: Map<string, ObjectFacts>;
  readonly notices: string[];
  readonly timed: (result: Result) => Result;
}

/** Returns what notes of a result how long it was in work, from now on. */
function timing({ monotonicMs }: Run): Findings['timed'] {
  const fromMs = monotonicMs();
  return (result) => ({ ...result, took: { fromMs, toMs: monotonicMs() } });
}

/** Loads, prepares and applies; notes what came of it and returns the uids that met a conflict. */
async function rotateOnce(
  run: Run,
  uids: readonly string[],
  prepare: Prepare,
  { results, facts, notices, timed }: Findings,
): Promise<readonly string[]> {
  const beganMs = run.monotonicMs();
  const loaded = await run.store.load(uids, nearServerKek(run));
  const subjects = run.withCertificates ? await withCertificatesNear(run, loaded) : loaded;
  for (const subject of subjects) facts.set(subject.row.id, factsOf(subject));
  const occasion = await occasionOf(run, subjects);
  const attempts = await Promise.all(
    subjects.map(async (subject) => {
      const prepared = await attempt(subject, prepare, occasion);
      return 'outcome' in prepared ? timed(prepared) : prepared;
    }),
  );
  const rotations: KnownRotation[] = [];
  for (const prepared of attempts) {
    if ('outcome' in prepared) results.set(prepared.uid, prepared);
    else if ('changes' in prepared) {
      rotations.push({ ...prepared, facts: facts.get(prepared.uid) ?? UNKNOWN_FACTS });
    }
  }
  try {
    const { outcomes, error } = await write(run, rotations, beganMs);
    for (const [index, rotation] of rotations.entries()) {
      const outcome = outcomes[index];
      if (outcome?.kind === 'failed') {
        const { uid, flow } = rotation;
        results.set(uid, timed(failedResult(uid, flow, outcome.error, rotation.facts)));
      }
      if (outcome?.kind === 'not-tried' && rotation.rewrapping !== null && error === null) {
        notices.push(rolledBack(rotation));
      }
      if (outcome?.kind !== 'written') continue;
      const result = rotatedResult(rotation, run.dryRun, outcome, rotation.facts);
      results.set(rotation.uid, timed(result));
      notices.push(...rotation.notices);
      for (const uid of retiredBy(rotation)) run.retired.add(uid);
    }
    if (error !== null) throw error;
  } finally {
    for (const { rewrapping } of rotations) rewrapping?.wipe();
  }
  return rotations.map(({ uid }) => uid).filter((uid) => !results.has(uid));
}

/** A certificate may link to a pair that does not link back. */
async function withCertificatesNear(
  run: Run,
  subjects: readonly Subject[],
): Promise<readonly Subject[]> {
  const halves = subjects.flatMap(({ object }) =>
    object instanceof KmsError || object.objectType !== 'PrivateKey'
      ? []
      : [object.uniqueIdentifier, publicUidOf(object)],
  );
  if (halves.length === 0) return subjects;
  const naming = (await run.certificates()).filter(({ linkedUids }) =>
    linkedUids.some((uid) => halves.includes(uid)),
  );
  const near = await run.store.loadNear(naming.map(({ uid }) => uid));
  return subjects.map((subject) => ({
    ...subject,
    neighbours: new Map([...near, ...subject.neighbours]),
  }));
}

/** A uid that is set, but names no object of the store, tells nothing: the server's key is looked for all the same. */
function nearServerKek({ serverKek: { uid } }: Run): LoadOptions {
  const inStore = uid !== null && uid !== 'none' && !isHsmUid(uid);
  return { alsoNear: inStore ? [uid] : [], detectServerKek: uid === null || inStore };
}

/** A rotation and what is told of its object. */
type KnownRotation = Rotation & { readonly facts: ObjectFacts };

/** Writes rotations, each with the rows that tell of it; a dry run stops short of it. */
async function write(
  run: Run,
  rotations: readonly KnownRotation[],
  beganMs: number,
): Promise<Applied> {
  const watch = { isOver: run.isOver, onDependants: run.onDependants };
  if (run.dryRun) return rehearse(run, rotations, watch);
  if (rotations.length === 0) return { outcomes: [], error: null };
  const durationMs = Math.round(run.monotonicMs() - beganMs);
  return run.store.apply(
    rotations.map((rotation) => ({
      changes: rotation.changes,
      rewrapping: rotation.rewrapping,
      extraRows: rowsTellingOf(
        run,
        rotatedResult(rotation, false, NO_DEPENDANTS, rotation.facts),
        durationMs,
      ),
    })),
    watch,
  );
}

function retiredBy({ changes }: Rotation): readonly string[] {
  return changes.flatMap((change) => (change.kind === 'retire' ? [change.before.id] : []));
}

const NO_DEPENDANTS = { dependantsRewrapped: 0 };

function rolledBack({ uid }: Rotation): string {
  return `the rotation of ${JSON.stringify(uid)} and all that it wraps was not finished in time, and was rolled back: nothing of it is written`;
}

async function rehearse(
  { store }: Run,
  rotations: readonly Rotation[],
  watch: Watch,
): Promise<Applied> {
  const outcomes: Outcome[] = [];
  for (const { rewrapping } of rotations) {
    outcomes.push(
      rewrapping === null
        ? { kind: 'written', dependantsRewrapped: 0 }
        : await store.rehearse(rewrapping, watch),
    );
  }
  return { outcomes, error: null };
}

async function attempt(
  subject: Subject,
  prepare: Prepare,
  occasion: Occasion,
): Promise<Rotation | Result | { unconcerned: true }> {
  const { object, row } = subject;
  const flow = object instanceof KmsError ? null : flowOf(object, subject, occasion.serverKek);
  try {
    const prepared = await prepare(subject, occasion);
    if (prepared === 'unconcerned') return { unconcerned: true };
    return prepared === 'skipped' ? skippedResult(row.id, flow) : prepared;
  } catch (error) {
    if (error instanceof KmsError) return failedResult(row.id, flow, error, factsOf(subject));
    throw error;
  }
}

async function prepareDue(
  subject: Subject,
  occasion: Occasion,
): Promise<Rotation | 'unconcerned' | 'skipped'> {
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

async function prepareRequested(subject: Subject, occasion: Occasion): Promise<Rotation> {
  const { object } = subject;
  if (object instanceof KmsError) throw object;
  assertMayBeRotated(object, subject);
  assertLatestOfKeyset(object, subject, 'NotLatestOfKeyset');
  return prepareRotation(subject, occasion);
}

/** Every row is read for dependants in disguise, or certificates, only where something to be rotated asks for it. */
async function occasionOf(run: Run, subjects: readonly Subject[]): Promise<Occasion> {
  const { firstDeadline, newUid, newPair, serverKek, issuersNamed, withCertificates } = run;
  const mislabelled = subjects.some(mayWrapOthers) ? await run.mislabelled() : [];
  const isPair = subjects.some(
    ({ object }) => !(object instanceof KmsError) && object.objectType === 'PrivateKey',
  );
  const found = {
    mislabelled,
    certificates: isPair ? await run.certificates() : [],
    publicKeyLinks: isPair ? await run.publicKeyLinks() : [],
    wrappingCertificates: isPair ? await wrappingCertificates(run.store, mislabelled) : [],
    issuersNamed,
    withCertificates,
  };
  return { now: run.now(), firstDeadline, newUid, newPair, serverKek, ...found, disarm: false };
}

/** Either half of a pair may be the one that may. */
function mayWrapOthers({ object, dependants, neighbours }: Subject): boolean {
  if (object instanceof KmsError) return dependants > 0;
  const half = object.objectType === 'PrivateKey' ? neighbours.get(publicUidOf(object)) : object;
  const mayHalf = half !== undefined && !(half instanceof KmsError) && mayHaveWrapped(half);
  return dependants > 0 || mayHalf || mayHaveWrapped(object);
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
  return dryRun ? report : { ...report, deliveries: await tellOfTheEnd(context, report) };
}

async function logFailures(context: RunContext, results: readonly Result[]): Promise<void> {
  const failures = results.filter(({ outcome }) => outcome === 'failed');
  if (context.dryRun || failures.length === 0) return;
  await context.store.write(failures.flatMap((result) => rowsTellingOf(context, result, 0)));
}

/** The log row comes first: by it a transaction is known again. */
function rowsTellingOf(context: RunContext, result: Result, durationMs: number) {
  const { uid, facts, flow, error } = result;
  return [
    logRow(logEntry(context, result, durationMs)),
    ...context.announce((origin) =>
      error === null
        ? rotatedEvent(origin, result)
        : failedEvent(origin, { uid, facts, flow, error: errorJson(error) }),
    ),
  ];
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
