// Writes the rotations of a batch, each with the log row and events that tell of it, or, in a dry run, tries all
// but the writing. In what transactions, store/apply.ts decides.
import type { Rotation } from '../flows/change.js';
import { failedEvent, rotatedEvent } from '../report/events.js';
import { formatInstant } from '../kmip/date-time.js';
import type { ObjectSummary } from '../report/object-summary.js';
import { errorJson, rotatedResult, type Result } from '../report/run-report.js';
import type { Applied, Outcome } from '../store/apply.js';
import { logRow, type LogEntry } from '../store/own/rotation-log.js';
import type { Watch } from '../store/write/rewrap.js';
import type { Run, RunContext } from './context.js';

/** A rotation and what is told of its object. */
export type KnownRotation = Rotation & { readonly objectSummary: ObjectSummary };

/** Writes rotations, each with the rows that tell of it; a dry run stops short of it. */
export async function writeRotations(
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
      extraRows: rowsDescribing(
        run,
        rotatedResult(rotation, false, NO_DEPENDANTS, rotation.objectSummary),
        durationMs,
      ),
    })),
    watch,
  );
}

const NO_DEPENDANTS = { dependantsRewrapped: 0 };

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

export async function logFailures(context: RunContext, results: readonly Result[]): Promise<void> {
  const failures = results.filter(({ outcome }) => outcome === 'failed');
  if (context.dryRun || failures.length === 0) return;
  await context.store.write(failures.flatMap((result) => rowsDescribing(context, result, 0)));
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
