// Writes the rotations of a batch, each with the log row and events that tell of it, or, in a dry run, tries all
// but the writing. In what transactions, store/apply.ts decides.
import type { Rotation } from '../flows/change.js';
import { failedEvent, rotatedEvent } from '../report/events.js';
import { formatInstant } from '../kmip/date-time.js';
import type { ObjectSummary } from '../report/object-summary.js';
import { errorJson, rotatedResult, type Result } from '../report/run-report.js';
import type { ApplyResult, UnitOutcome } from '../store/apply.js';
import { logRow, type LogEntry } from '../store/own/rotation-log.js';
import type { ProgressMonitor } from '../store/write/rewrap-dependants.js';
import type { Run, RunContext } from './context.js';

/** A rotation and what is told of its object. */
export type KnownRotation = Rotation & { readonly objectSummary: ObjectSummary };

/** Writes rotations, each with the rows that tell of it; a dry run stops short of it. */
export async function writeRotations(
  run: Run,
  rotations: readonly KnownRotation[],
  beganMs: number,
): Promise<ApplyResult> {
  const monitor = { isOver: run.isOver, onDependants: run.onDependants };
  if (run.dryRun) return dryRunRotations(run, rotations, monitor);
  if (rotations.length === 0) return { outcomes: [], error: null };
  const durationMs = Math.round(run.monotonicMs() - beganMs);
  return run.store.apply(
    rotations.map((rotation) => ({
      changes: rotation.changes,
      rewrapping: rotation.rewrapping,
      ownRows: rowsDescribing(
        run,
        rotatedResult(rotation, false, NO_DEPENDANTS, rotation.objectSummary),
        durationMs,
      ),
    })),
    monitor,
  );
}

const NO_DEPENDANTS = { dependantsRewrapped: 0 };

async function dryRunRotations(
  { store }: Run,
  rotations: readonly Rotation[],
  monitor: ProgressMonitor,
): Promise<ApplyResult> {
  const outcomes: UnitOutcome[] = [];
  for (const { rewrapping } of rotations) {
    outcomes.push(
      rewrapping === null
        ? { kind: 'written', dependantsRewrapped: 0 }
        : await store.dryRunRewrapping(rewrapping, monitor),
    );
  }
  return { outcomes, error: null };
}

export async function logFailures(context: RunContext, results: readonly Result[]): Promise<void> {
  const failures = results.filter(({ outcome }) => outcome === 'failed');
  if (context.dryRun || failures.length === 0) return;
  await context.store.writeOwnRows(
    failures.flatMap((result) => rowsDescribing(context, result, 0)),
  );
}

/** The log row comes first: by it a transaction is known again. */
function rowsDescribing(context: RunContext, result: Result, durationMs: number) {
  const { uid, objectSummary, flow, error } = result;
  return [
    logRow(logEntry(context, result, durationMs)),
    ...context.enqueueEvent((origin) =>
      error === null
        ? rotatedEvent(origin, result)
        : failedEvent(origin, { uid, objectSummary, flow, error: errorJson(error) }),
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
