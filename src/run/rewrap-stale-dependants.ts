// The beginning of a run: dependants that are still under a replaced wrapping key are re-wrapped under its
// latest generation, a few in a short transaction each. How one is re-wrapped, flows/rewrap-stale-dependant.ts says.
import { asKmsError, KmsError } from '../errors.js';
import { failedEvent, mendedEvent } from '../report/events.js';
import { rewrapOf, type RewrappedRow } from '../flows/wrapping/rewrap-stale-dependant.js';
import { formatInstant } from '../kmip/date-time.js';
import { generationsOf } from '../survey/logged-replacements.js';
import { objectSummaryOf } from '../report/object-summary.js';
import { findStaleDependants } from '../survey/stale-dependants.js';
import { errorJson, type RewrappedDependant } from '../report/run-report.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { RunContext } from './context.js';
import { logRow, type LogEntry } from '../store/own/rotation-log.js';
import { UNMONITORED, type ProgressMonitor } from '../store/write/rewrap-dependants.js';
import type { SurveyFilters } from '../survey/survey.js';

/** How many dependants share a transaction. */
const BATCH = 64;

/** Loaded again and again while others change the same row, before it counts as failed. */
const TRIES = 3;

export interface StaleDependantsReport {
  readonly mended: readonly RewrappedDependant[];
  /** Whether the run was over before all were mended. */
  readonly interrupted: boolean;
  /** What kept the rest from being mended. */
  readonly error: KmsError | null;
}

export const NOTHING_STALE: StaleDependantsReport = {
  mended: [],
  interrupted: false,
  error: null,
};

/** Mends what it can until the run is over; what it cannot stands in the result as failed. */
export async function rewrapStaleDependants(
  context: RunContext & Pick<ProgressMonitor, 'isOver'>,
  filters: SurveyFilters,
): Promise<StaleDependantsReport> {
  const mended: RewrappedDependant[] = [];
  try {
    for await (const page of findStaleDependants(context.store, filters)) {
      for (let start = 0; start < page.length; start += BATCH) {
        if (await context.isOver()) return { mended, interrupted: true, error: null };
        const uids = page.slice(start, start + BATCH).map(({ uid }) => uid);
        mended.push(...(await rewrapBatch(context, uids)));
      }
    }
    return { mended, interrupted: false, error: null };
  } catch (error) {
    // Before anything was done it is the command's error, after that the report's.
    if (mended.length === 0) throw error;
    return { mended, interrupted: false, error: asKmsError(error) };
  }
}

async function rewrapBatch(
  context: RunContext,
  uids: readonly string[],
): Promise<readonly RewrappedDependant[]> {
  const mended: RewrappedDependant[] = [];
  let pending = uids;
  for (let tries = 1; pending.length > 0 && tries <= TRIES; tries += 1) {
    const { done, conflicts } = await rewrapOnce(context, pending);
    mended.push(...done);
    pending = conflicts.map(({ uid }) => uid);
    if (tries < TRIES || conflicts.length === 0) continue;
    const failures = conflicts.map(concurrentChange);
    await enqueueFailures(context, failures);
    mended.push(...failures);
  }
  return mended;
}

/** Loads, prepares and applies; returns what came of it, and what somebody else changed meanwhile. */
async function rewrapOnce(
  context: RunContext,
  uids: readonly string[],
): Promise<{
  readonly done: readonly RewrappedDependant[];
  readonly conflicts: readonly PreparedRewrap[];
}> {
  const { store, dryRun } = context;
  const wrappingKeys = (await store.load(uids, PLAIN)).map(wrappingKeyOf);
  const { logged } = await generationsOf(
    store,
    wrappingKeys.filter((uid) => uid !== null),
  );
  const candidates = await store.load(uids, { ...PLAIN, alsoRelated: [...logged.values()] });
  const results = candidates.map((candidate) => attempt(candidate, logged));
  const rewraps = results.filter(
    (result): result is PreparedRewrap => result !== null && 'change' in result,
  );
  const failures = results.filter(
    (result): result is RewrappedDependant => result !== null && 'error' in result,
  );
  if (dryRun) {
    const foretold = rewraps.map((rewrap) => outcomeOf(rewrap, 'would-mend'));
    return { done: [...failures, ...foretold], conflicts: [] };
  }
  const { outcomes, error } = await store.apply(
    rewraps.map((rewrap) => ({
      changes: [rewrap.change],
      rewrapping: null,
      ownRows: [
        logRow(logEntry(context, rewrap)),
        ...context.enqueueEvent((origin) => mendedEvent(origin, outcomeOf(rewrap, 'mended'))),
      ],
    })),
    UNMONITORED,
  );
  if (error !== null) throw error;
  const done: RewrappedDependant[] = [...failures];
  const conflicts: PreparedRewrap[] = [];
  for (const [index, rewrap] of rewraps.entries()) {
    const outcome = outcomes[index];
    if (outcome?.kind === 'written') done.push(outcomeOf(rewrap, 'mended'));
    else if (outcome?.kind === 'failed') done.push(failedRewrap(rewrap, outcome.error));
    else conflicts.push(rewrap);
  }
  await enqueueFailures(context, done);
  return { done, conflicts };
}

/** In a transaction of their own, as nothing else is written of them. */
async function enqueueFailures(
  context: RunContext,
  failures: readonly RewrappedDependant[],
): Promise<void> {
  const rows = failures.flatMap(({ uid, objectSummary, error }) =>
    error === null
      ? []
      : context.enqueueEvent((origin) =>
          failedEvent(origin, { uid, objectSummary, flow: null, error: errorJson(error) }),
        ),
  );
  if (rows.length > 0) await context.store.writeOwnRows(rows);
}

const PLAIN = { alsoRelated: [], detectServerKek: false } as const;

function wrappingKeyOf({ object, row }: RotationCandidate): string | null {
  return object instanceof KmsError ? row.wrappingKeyId : object.wrappingKeyUid;
}

/** A mending and what is told of its object. */
type PreparedRewrap = RewrappedRow & Pick<RewrappedDependant, 'objectSummary'>;

function attempt(
  candidate: RotationCandidate,
  logged: ReadonlyMap<string, string>,
): PreparedRewrap | RewrappedDependant | null {
  const { object, row, relatedObjects } = candidate;
  const objectSummary = objectSummaryOf(candidate);
  try {
    if (object instanceof KmsError) throw object;
    const rewrap = rewrapOf(object, relatedObjects, logged);
    return rewrap === null ? null : { ...rewrap, objectSummary };
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    return {
      uid: row.id,
      objectSummary,
      fromWrappingKeyUid: row.wrappingKeyId ?? '',
      toWrappingKeyUid: null,
      outcome: 'failed',
      error,
    };
  }
}

function logEntry(context: RunContext, rewrap: RewrappedRow): LogEntry {
  const [from, to] = [rewrap.fromWrappingKeyUid, rewrap.toWrappingKeyUid];
  return {
    ...context.identity,
    runId: context.runId,
    at: formatInstant(context.now()),
    durationMs: 0,
    uid: rewrap.uid,
    replacementUid: null,
    flow: null,
    outcome: 'mended',
    reason: null,
    message: `from under ${JSON.stringify(from)} to ${JSON.stringify(to)}`,
  };
}

function concurrentChange(rewrap: PreparedRewrap): RewrappedDependant {
  const { uid } = rewrap;
  return failedRewrap(
    rewrap,
    new KmsError(
      'ConcurrentChange',
      `the row of ${JSON.stringify(uid)}, or its wrapping key, was changed by somebody else at each of ${TRIES} tries`,
      { uid, hint: 'run again when whoever writes to it has finished' },
    ),
  );
}

function failedRewrap(rewrap: PreparedRewrap, error: KmsError): RewrappedDependant {
  return { ...outcomeOf(rewrap, 'mended'), outcome: 'failed', error };
}

function outcomeOf(rewrap: PreparedRewrap, outcome: 'mended' | 'would-mend'): RewrappedDependant {
  const { uid, objectSummary, fromWrappingKeyUid, toWrappingKeyUid } = rewrap;
  return { uid, objectSummary, fromWrappingKeyUid, toWrappingKeyUid, outcome, error: null };
}
