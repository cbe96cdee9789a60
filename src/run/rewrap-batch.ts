// Re-wraps some stale dependants together: loads them fresh, prepares, and writes; those that others changed meanwhile are
// tried again. flows/wrapping/rewrap-stale-dependant.ts re-wraps one.
import type { RewrappedDependant } from '../report/rotation-result.js';
import type { RunContext } from './context.js';
import type { StaleDependant } from '../survey/stale-dependants.js';
import {
  retryConflicts,
  concurrentChange,
  type RetryResult,
  type AttemptResult,
} from './retry-conflicts.js';
import { errorThrownBy, KmsError } from '../errors.js';
import { UNKNOWN_OBJECT, objectSummaryOf } from '../report/object-summary.js';
import { UNMONITORED } from '../store/write/rewrap-dependants.js';
import {
  rewrapStaleDependant,
  type RewrappedRow,
} from '../flows/wrapping/rewrap-stale-dependant.js';
import type { Store } from '../store/store.js';
import {
  followLoggedReplacements,
  type LoggedReplacementsStore,
} from '../survey/follow-logged-replacements.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import { logRow, type LogEntry } from '../store/own/rotation-log.js';
import { failedEvent } from '../report/condition-events.js';
import { rewrappedEvent } from '../report/run-events.js';
import { formatInstant } from '../kmip/date-time.js';
import { errorJson } from '../report/error-json.js';

/** What it takes of a run to re-wrap. */
export interface RewrapContext extends Pick<
  RunContext,
  'now' | 'runId' | 'identity' | 'dryRun' | 'enqueueEvent'
> {
  readonly store: Pick<
    Store,
    'load' | 'loadRelated' | 'loggedReplacements' | 'takenBackFrom' | 'apply' | 'writeOwnRows'
  >;
}

/** A dependant that has no outcome yet, and what is known of it. */
type Pending = Omit<RewrappedDependant, 'outcome' | 'error'>;

/** Takes what became of dependants, so that failures are recorded. */
export type RecordRewraps = (done: readonly RewrappedDependant[]) => Promise<void>;

/** Re-wraps dependants together; what others changed meanwhile is loaded and tried again. */
export async function rewrapBatch(
  context: RewrapContext,
  staleDependants: readonly StaleDependant[],
  recordRewraps: RecordRewraps = (done) => enqueueFailures(context, done),
): Promise<Omit<RetryResult<RewrappedDependant>, 'interrupted'>> {
  const { done, error } = await retryConflicts(
    staleDependants.map(pendingOf),
    (pending) => rewrapOnce(context, pending),
    { giveUp: (pending) => failed(pending, conflictOf(pending)) },
  );
  if (context.dryRun) return { done, error };
  return { done, error: error ?? (await errorThrownBy(() => recordRewraps(done))) };
}

function pendingOf({ uid, wrappingKeyUid, replacementUid }: StaleDependant): Pending {
  return {
    uid,
    objectSummary: UNKNOWN_OBJECT,
    fromWrappingKeyUid: wrappingKeyUid,
    toWrappingKeyUid: replacementUid,
  };
}

/** Loads, prepares and writes. */
async function rewrapOnce(
  context: RewrapContext,
  pending: readonly Pending[],
): Promise<AttemptResult<Pending, RewrappedDependant>> {
  const { store, dryRun } = context;
  const prepared = await prepareRewraps(
    store,
    pending.map(({ uid }) => uid),
  );
  const rewraps = prepared.filter((one) => 'change' in one);
  const done: RewrappedDependant[] = prepared.filter((one) => 'error' in one);
  if (dryRun) {
    done.push(...rewraps.map((rewrap) => succeeded(rewrap, 'would-mend')));
    return { done, conflicts: [], error: null };
  }
  const { outcomes, error } = await store.apply(
    rewraps.map((rewrap) => unitOf(context, rewrap)),
    UNMONITORED,
  );
  const conflicts: Pending[] = [];
  for (const [index, rewrap] of rewraps.entries()) {
    const outcome = outcomes[index];
    if (outcome?.kind === 'written') done.push(succeeded(rewrap, 'mended'));
    else if (outcome?.kind === 'failed') done.push(failed(rewrap, outcome.error));
    else conflicts.push(rewrap);
  }
  return { done, conflicts, error };
}

type PreparedRewrap = Pending & Pick<RewrappedRow, 'change'>;

/** Returns what is to be written, or why it cannot be; nothing for a dependant that no longer needs it. */
async function prepareRewraps(
  store: LoggedReplacementsStore & Pick<Store, 'load'>,
  uids: readonly string[],
): Promise<readonly (PreparedRewrap | RewrappedDependant)[]> {
  const wrappingKeyUids = (await store.load(uids, PLAIN)).map(wrappingKeyOf);
  const { logged } = await followLoggedReplacements(
    store,
    wrappingKeyUids.filter((uid) => uid !== null),
  );
  const candidates = await store.load(uids, { ...PLAIN, alsoRelated: [...logged.values()] });
  return candidates.flatMap((candidate) => prepareRewrap(candidate, logged) ?? []);
}

const PLAIN = { alsoRelated: [], detectServerKek: false } as const;

function wrappingKeyOf({ object, row }: RotationCandidate): string | null {
  return object instanceof KmsError ? row.wrappingKeyId : object.wrappingKeyUid;
}

function prepareRewrap(
  candidate: RotationCandidate,
  logged: ReadonlyMap<string, string>,
): PreparedRewrap | RewrappedDependant | null {
  const { object, row, relatedObjects } = candidate;
  const objectSummary = objectSummaryOf(candidate);
  try {
    if (object instanceof KmsError) throw object;
    const rewrap = rewrapStaleDependant(object, relatedObjects, logged);
    return rewrap === null ? null : { ...rewrap, objectSummary };
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    const fromWrappingKeyUid = row.wrappingKeyId ?? '';
    return failed(
      { uid: row.id, objectSummary, fromWrappingKeyUid, toWrappingKeyUid: null },
      error,
    );
  }
}

/** The log row comes first: after a lost connection it shows whether the transaction was committed. */
function unitOf(context: RewrapContext, rewrap: PreparedRewrap): UnitOfWork {
  return {
    changes: [rewrap.change],
    rewrapping: null,
    ownRows: [
      logRow(logEntry(context, rewrap)),
      ...context.enqueueEvent((origin) => rewrappedEvent(origin, succeeded(rewrap, 'mended'))),
    ],
  };
}

function logEntry(context: RewrapContext, rewrap: PreparedRewrap): LogEntry {
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
    message: `from ${JSON.stringify(from)} to ${JSON.stringify(to)}`,
  };
}

/** Tells of each failure, in a transaction of its own. */
async function enqueueFailures(
  context: RewrapContext,
  done: readonly RewrappedDependant[],
): Promise<void> {
  const rows = done.flatMap(({ uid, objectSummary, error }) =>
    error === null
      ? []
      : context.enqueueEvent((origin) =>
          failedEvent(origin, { uid, objectSummary, flow: null, error: errorJson(error) }),
        ),
  );
  if (rows.length > 0) await context.store.writeOwnRows(rows);
}

function succeeded(pending: Pending, outcome: 'mended' | 'would-mend'): RewrappedDependant {
  const { uid, objectSummary, fromWrappingKeyUid, toWrappingKeyUid } = pending;
  return { uid, objectSummary, fromWrappingKeyUid, toWrappingKeyUid, outcome, error: null };
}

function failed(pending: Pending, error: KmsError): RewrappedDependant {
  return { ...succeeded(pending, 'mended'), outcome: 'failed', error };
}

function conflictOf({ uid }: Pending): KmsError {
  return concurrentChange(uid, `the row of ${JSON.stringify(uid)}, or its wrapping key,`);
}
