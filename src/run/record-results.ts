// Records what became of the objects of a batch, in a transaction after theirs: failures, and that those which had failed
// before are rotated. A rotation itself is logged in its own transaction, by write-rotations.ts.
import { conditionKey } from '../conditions/condition.js';
import { formatInstant } from '../kmip/date-time.js';
import { errorJson } from '../report/error-json.js';
import { failedEvent } from '../report/condition-events.js';
import type { RotationResult } from '../report/rotation-result.js';
import { logRow, type LogEntry } from '../store/own/rotation-log.js';
import type { Run, RunContext } from './context.js';
import { recordFailedRotations, recordRecoveries } from './record-conditions.js';

export async function recordResults(run: Run, results: readonly RotationResult[]): Promise<void> {
  if (run.dryRun) return;
  const failures = results.flatMap((result) =>
    result.error === null ? [] : [{ ...result, error: result.error }],
  );
  if (run.isForDue) await recordFailedRotations(run, failures);
  else await logFailures(run, failures);
  const rotated = results.filter(({ outcome }) => outcome === 'rotated');
  if (rotated.length === 0) return;
  const open = await run.state.conditionKeys();
  const conditions = rotated.map(({ uid }) => ({ kind: 'rotation-failed', subject: uid }) as const);
  await recordRecoveries(
    run,
    conditions
      .filter((condition) => open.has(conditionKey(condition)))
      .map((condition) => ({ condition, how: 'rotated' })),
  );
}

/** Returns the entry of the log about a result. */
export function resultEntry(
  { identity, runId, now }: Pick<RunContext, 'identity' | 'runId' | 'now'>,
  { uid, replacementUid, flow, outcome, error }: RotationResult,
  durationMs: number,
): LogEntry {
  return {
    ...identity,
    runId,
    at: formatInstant(now()),
    durationMs,
    uid,
    replacementUid,
    flow,
    outcome: outcome === 'failed' ? 'failed' : 'rotated',
    reason: error?.reason ?? null,
    message: error?.message ?? null,
  };
}

type Failure = RotationResult & { readonly error: NonNullable<RotationResult['error']> };

/** Who names an object hears of it each time. */
async function logFailures(run: Run, failures: readonly Failure[]): Promise<void> {
  if (failures.length === 0) return;
  await run.store.writeOwnRows(
    failures.flatMap((failure) => [
      logRow(resultEntry(run, failure, 0)),
      ...run.enqueueEvent((origin) =>
        failedEvent(origin, { ...failure, error: errorJson(failure.error) }),
      ),
    ]),
  );
}
