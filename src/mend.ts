// The beginning of a run: dependants that are still under a replaced wrapping key are re-wrapped under its
// latest generation, a few in a short transaction each. How one is re-wrapped, flows/mend.ts says.
import { asKmsError, KmsError } from './errors.js';
import { failedEvent, mendedEvent } from './events.js';
import { mendingOf, type MendedRow } from './flows/mend.js';
import { formatInstant } from './kmip/date-time.js';
import { factsOf } from './object-facts.js';
import { orphans } from './orphans.js';
import { errorJson, type Mended } from './report.js';
import type { Subject } from './rotation/subject.js';
import type { RunContext } from './run-context.js';
import { logRow, type LogEntry } from './store/log.js';
import { NOBODY } from './store/rewrap.js';
import type { SurveyFilters } from './survey.js';

/** How many dependants share a transaction. */
const BATCH = 64;

export interface Mending {
  readonly mended: readonly Mended[];
  /** What kept the rest from being mended. */
  readonly error: KmsError | null;
}

export const NOTHING_TO_MEND: Mending = { mended: [], error: null };

/** Mends what it can; what it cannot stands in the result as failed. */
export async function mendOrphans(context: RunContext, filters: SurveyFilters): Promise<Mending> {
  const mended: Mended[] = [];
  try {
    for await (const page of orphans(context.store, filters)) {
      for (let start = 0; start < page.length; start += BATCH) {
        if (await context.stopRequested()) return { mended, error: null };
        const uids = page.slice(start, start + BATCH).map(({ uid }) => uid);
        mended.push(...(await mendBatch(context, uids)));
      }
    }
    return { mended, error: null };
  } catch (error) {
    // Before anything was done it is the command's error, after that the report's.
    if (mended.length === 0) throw error;
    return { mended, error: asKmsError(error) };
  }
}

async function mendBatch(context: RunContext, uids: readonly string[]): Promise<readonly Mended[]> {
  const { store, dryRun } = context;
  const wrappingKeyUids = (await store.load(uids, PLAIN)).map(({ object, row }) =>
    object instanceof KmsError ? row.wrappingKeyId : object.wrappingKeyUid,
  );
  const logged = await store.successorsInLog(wrappingKeyUids.filter((uid) => uid !== null));
  const subjects = await store.load(uids, { ...PLAIN, alsoNear: [...logged.values()] });
  const results = subjects.map((subject) => attempt(subject, logged));
  const mendings = results.filter(
    (result): result is KnownMending => result !== null && 'change' in result,
  );
  const failures = results.filter(
    (result): result is Mended => result !== null && 'error' in result,
  );
  if (dryRun) return [...failures, ...mendings.map((mending) => outcomeOf(mending, 'would-mend'))];
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
  await tellOfFailures(context, failures);
  // Whoever changed one meanwhile is at it still: the next run looks again.
  const written = mendings.filter((_, index) => outcomes[index]?.kind === 'written');
  return [...failures, ...written.map((mending) => outcomeOf(mending, 'mended'))];
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

function outcomeOf(mending: KnownMending, outcome: 'mended' | 'would-mend'): Mended {
  const { uid, facts, fromWrappingKeyUid, toWrappingKeyUid } = mending;
  return { uid, facts, fromWrappingKeyUid, toWrappingKeyUid, outcome, error: null };
}
