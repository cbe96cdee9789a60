// Records which objects of a batch could not be rotated, in a transaction after that of the others. A rotation itself is
// logged in its own transaction, by write-rotations.ts.
import { formatInstant } from '../kmip/date-time.js';
import type { RotationResult } from '../report/rotation-result.js';
import type { LogEntry } from '../store/own/rotation-log.js';
import type { Run, RunContext } from './context.js';
import { recordFailedRotations } from './record-conditions.js';

export async function recordResults(run: Run, results: readonly RotationResult[]): Promise<void> {
  if (run.dryRun) return;
  const failures = results.flatMap((result) =>
    result.error === null ? [] : [{ ...result, error: result.error }],
  );
  await recordFailedRotations(run, failures);
}

/** Returns the entry of the log about a result. */
export function resultEntry(
  { identity, runId, now }: Pick<RunContext, 'identity' | 'runId' | 'now'>,
  { uid, replacementUid, flow, outcome, error }: RotationResult,
  durationMs: number,
): LogEntry {
  // Spread last, which takes a tenth of the time.
  return {
    runId,
    at: formatInstant(now()),
    durationMs,
    uid,
    replacementUid,
    flow,
    outcome: outcome === 'failed' ? 'failed' : 'rotated',
    reason: error?.reason ?? null,
    message: error?.message ?? null,
    ...identity,
  };
}
