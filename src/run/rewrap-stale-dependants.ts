// The beginning of a run: dependants that are still under a replaced wrapping key are re-wrapped under its
// latest generation, a few in a short transaction each. How one is re-wrapped, flows/mend.ts says.
import { asKmsError, KmsError } from '../errors.js';
import { failedEvent, mendedEvent } from '../report/events.js';
import { mendingOf, type MendedRow } from '../flows/wrapping/rewrap-stale-dependant.js';
import { formatInstant } from '../kmip/date-time.js';
import { lineagesOf } from '../survey/logged-successors.js';
import { factsOf } from '../report/object-facts.js';
import { orphans } from '../survey/stale-dependants.js';
import { errorJson, type Mended } from '../report/report.js';
import type { Subject } from '../rotation/subject.js';
import type { RunContext } from './context.js';
import { logRow, type LogEntry } from '../store/own/log.js';
import { NOBODY, type Watch } from '../store/write/rewrap.js';
import type { SurveyFilters } from '../survey/survey.js';

/** How many dependants share a transaction. */
const BATCH = 64;

/** Loaded again and again while others change the same row, before it counts as failed. */
const TRIES = 3;

export interface Mending {
  readonly mended: readonly Mended[];
  /** Whether the run was over before all were mended. */
  readonly interrupted: boolean;
  /** What kept the rest from being mended. */
  readonly error: KmsError | null;
}

export const NOTHING_TO_MEND: Mending = { mended: [], interrupted: false, error: null };

/** Mends what it can until the run is over; what it cannot stands in the result as failed. */
export async function mendOrphans(
  context: RunContext & Pick<Watch, 'isOver'>,
  filters: SurveyFilters,
): Promise<Mending> {
  const mended: Mended[] = [];
  try {
    for await (const page of orphans(context.store, filters)) {
      for (let start = 0; start < page.length; start += BATCH) {
        if (await context.isOver()) return { mended, interrupted: true, error: null };
        const uids = page.slice(start, start + BATCH).map(({ uid }) => uid);
        mended.push(...(await mendBatch(context, uids)));
      }
    }
    return { mended, interrupted: false, error: null };
  } catch (error) {
    // Before anything was done it is the command's error, after that the report's.
    if (mended.length === 0) throw error;
    return { mended, interrupted: false, error: asKmsError(error) };
  }
}

async function mendBatch(context: RunContext, uids: readonly string[]): Promise<readonly Mended[]> {
  const mended: Mended[] = [];
  let pending = uids;
  for (let tries = 1; pending.length > 0 && tries <= TRIES; tries += 1) {
    const { done, conflicts } = await mendOnce(context, pending);
    mended.push(...done);
    pending = conflicts.map(({ uid }) => uid);
    if (tries < TRIES || conflicts.length === 0) continue;
    const failures = conflicts.map(concurrentChange);
    await tellOfFailures(context, failures);
    mended.push(...failures);
  }
  return mended;
}

/** Loads, prepares and applies; returns what came of it, and what somebody else changed meanwhile. */
async function mendOnce(
  context: RunContext,
  uids: readonly string[],
): Promise<{ readonly done: readonly Mended[]; readonly conflicts: readonly KnownMending[] }> {
  const { store, dryRun } = context;
  const wrappingKeys = (await store.load(uids, PLAIN)).map(wrappingKeyOf);
  const { logged } = await lineagesOf(
    store,
    wrappingKeys.filter((uid) => uid !== null),
  );
  const subjects = await store.load(uids, { ...PLAIN, alsoNear: [...logged.values()] });
  const results = subjects.map((subject) => attempt(subject, logged));
  const mendings = results.filter(
    (result): result is KnownMending => result !== null && 'change' in result,
  );
  const failures = results.filter(
    (result): result is Mended => result !== null && 'error' in result,
  );
  if (dryRun) {
    const foretold = mendings.map((mending) => outcomeOf(mending, 'would-mend'));
    return { done: [...failures, ...foretold], conflicts: [] };
  }
  const { outcomes, error } = await store.apply(
    mendings.map((mending) => ({
      changes: [mending.change],
      rewrapping: null,
      extraRows: [
        logRow(logEntry(context, mending)),
        ...context.announce((origin) => mendedEvent(origin, outcomeOf(mending, 'mended'))),
      ],
    })),
    NOBODY,
  );
  if (error !== null) throw error;
  const done: Mended[] = [...failures];
  const conflicts: KnownMending[] = [];
  for (const [index, mending] of mendings.entries()) {
    const outcome = outcomes[index];
    if (outcome?.kind === 'written') done.push(outcomeOf(mending, 'mended'));
    else if (outcome?.kind === 'failed') done.push(failedMending(mending, outcome.error));
    else conflicts.push(mending);
  }
  await tellOfFailures(context, done);
  return { done, conflicts };
}

/** In a transaction of their own, as nothing else is written of them. */
async function tellOfFailures(context: RunContext, failures: readonly Mended[]): Promise<void> {
  const rows = failures.flatMap(({ uid, facts, error }) =>
    error === null
      ? []
      : context.announce((origin) =>
          failedEvent(origin, { uid, facts, flow: null, error: errorJson(error) }),
        ),
  );
  if (rows.length > 0) await context.store.write(rows);
}

const PLAIN = { alsoNear: [], detectServerKek: false } as const;

function wrappingKeyOf({ object, row }: Subject): string | null {
  return object instanceof KmsError ? row.wrappingKeyId : object.wrappingKeyUid;
}

/** A mending and what is told of its object. */
type KnownMending = MendedRow & Pick<Mended, 'facts'>;

function attempt(
  subject: Subject,
  logged: ReadonlyMap<string, string>,
): KnownMending | Mended | null {
  const { object, row, neighbours } = subject;
  const facts = factsOf(subject);
  try {
    if (object instanceof KmsError) throw object;
    const mending = mendingOf(object, neighbours, logged);
    return mending === null ? null : { ...mending, facts };
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    return {
      uid: row.id,
      facts,
      fromWrappingKeyUid: row.wrappingKeyId ?? '',
      toWrappingKeyUid: null,
      outcome: 'failed',
      error,
    };
  }
}

function logEntry(context: RunContext, mending: MendedRow): LogEntry {
  const [from, to] = [mending.fromWrappingKeyUid, mending.toWrappingKeyUid];
  return {
    ...context.identity,
    runId: context.runId,
    at: formatInstant(context.now()),
    durationMs: 0,
    uid: mending.uid,
    replacementUid: null,
    flow: null,
    outcome: 'mended',
    reason: null,
    message: `from under ${JSON.stringify(from)} to ${JSON.stringify(to)}`,
  };
}

function concurrentChange(mending: KnownMending): Mended {
  const { uid } = mending;
  return failedMending(
    mending,
    new KmsError(
      'ConcurrentChange',
      `the row of ${JSON.stringify(uid)}, or its wrapping key, was changed by somebody else at each of ${TRIES} tries`,
      { uid, hint: 'run again when whoever writes to it has finished' },
    ),
  );
}

function failedMending(mending: KnownMending, error: KmsError): Mended {
  return { ...outcomeOf(mending, 'mended'), outcome: 'failed', error };
}

function outcomeOf(mending: KnownMending, outcome: 'mended' | 'would-mend'): Mended {
  const { uid, facts, fromWrappingKeyUid, toWrappingKeyUid } = mending;
  return { uid, facts, fromWrappingKeyUid, toWrappingKeyUid, outcome, error: null };
}
