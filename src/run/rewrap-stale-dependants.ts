// The beginning of a run: dependants that are still under a replaced wrapping key are re-wrapped under its latest
// generation, a few in each short transaction (rewrap-batch.ts).
import { asKmsError, type KmsError } from '../errors.js';
import { findStaleDependants } from '../survey/stale-dependants.js';
import type { RewrappedDependant } from '../report/rotation-result.js';
import { conditionKey } from '../conditions/condition.js';
import type { Run } from './context.js';
import { withFindings } from './explain-failure.js';
import { recordRecoveries, recordStaleDependants } from './record-conditions.js';
import type { SurveyFilters } from '../survey/survey-filters.js';
import { rewrapBatch } from './rewrap-batch.js';

/** How many dependants share a transaction. */
const BATCH = 64;

export interface StaleDependantsReport {
  readonly rewrapped: readonly RewrappedDependant[];
  /** Whether the run was over before all were re-wrapped. */
  readonly interrupted: boolean;
  /** What kept the rest from being re-wrapped. */
  readonly error: KmsError | null;
}

export const NOTHING_STALE: StaleDependantsReport = {
  rewrapped: [],
  interrupted: false,
  error: null,
};

/**
 * Re-wraps stale dependants until the run is over; those that cannot be re-wrapped are in the report as failed.
 *
 * @throws KmsError only before anything was done.
 */
export async function rewrapStaleDependants(
  context: Run,
  filters: SurveyFilters,
): Promise<StaleDependantsReport> {
  const rewrapped: RewrappedDependant[] = [];
  try {
    for await (const page of findStaleDependants(context.store, filters, context.hsm)) {
      for (let start = 0; start < page.length; start += BATCH) {
        if (await context.isOver()) return { rewrapped, interrupted: true, error: null };
        const { done, error } = await rewrapBatch(
          context,
          page.slice(start, start + BATCH),
          (rewraps) => recordRewraps(context, rewraps.map(withFinding)),
        );
        rewrapped.push(...done.map(withFinding));
        if (error !== null) throw error;
      }
    }
    return { rewrapped, interrupted: false, error: null };
  } catch (error) {
    if (rewrapped.length === 0) throw error;
    return { rewrapped, interrupted: false, error: asKmsError(error) };
  }
}

function withFinding(one: RewrappedDependant): RewrappedDependant {
  return one.error === null ? one : { ...one, error: withFindings(one.error, ['stale-dependant']) };
}

async function recordRewraps(run: Run, done: readonly RewrappedDependant[]): Promise<void> {
  const failures = done.flatMap((one) =>
    one.error === null ? [] : [{ ...one, error: one.error }],
  );
  await recordStaleDependants(
    run,
    failures.map((failure) => ({ ...failure, flow: null })),
  );
  const open = await run.state.conditionKeys();
  const rewrapped = done
    .filter(({ error }) => error === null)
    .map(({ uid }) => ({ kind: 'stale-dependant', subject: uid }) as const)
    .filter((condition) => open.has(conditionKey(condition)));
  await recordRecoveries(
    run,
    rewrapped.map((condition) => ({ condition, how: 're-wrapped' })),
  );
}
