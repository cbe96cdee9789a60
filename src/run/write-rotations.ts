// Writes the rotations of a batch, each with its log row and its events in the same transaction; a dry run only tries
// what could fail. Which rotations share a transaction, store/apply.ts decides.
import type { UnitOfWork } from '../store/write/write-units.js';
import type { Rotation } from '../flows/change.js';
import { failedEvent, rotatedEvent } from '../report/events.js';
import { formatInstant } from '../kmip/date-time.js';
import { policyMessage } from '../rotation/policy-text.js';
import type { ObjectSummary } from '../report/object-summary.js';
import { errorJson } from '../report/error-json.js';
import { rotatedResult, type RotationResult } from '../report/rotation-result.js';
import type { ApplyResult, UnitOutcome } from '../store/apply.js';
import { logRow, type LogEntry } from '../store/own/rotation-log.js';
import type { ProgressMonitor } from '../store/write/rewrap-dependants.js';
import type { Run, RunContext } from './context.js';

export type RotationWithSummary = Rotation & { readonly objectSummary: ObjectSummary };

/** Writes rotations, and wipes their keys whatever happens. `startMs` is when their preparation began. */
export async function writeRotations(
  run: Run,
  rotations: readonly RotationWithSummary[],
  startMs: number,
): Promise<ApplyResult> {
  const monitor = { isOver: run.isOver, onDependants: run.onDependants };
  try {
    if (run.dryRun) return await dryRunRewrapping(run, rotations, monitor);
    if (rotations.length === 0) return { outcomes: [], error: null };
    const durationMs = Math.round(run.monotonicMs() - startMs);
    return await run.store.apply(
      rotations.map((rotation) => unitOf(run, rotation, durationMs)),
      monitor,
    );
  } finally {
    for (const { rewrapping } of rotations) rewrapping?.wipe();
  }
}

async function dryRunRewrapping(
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

/** The number of dependants is not known before they are re-wrapped. */
const NO_DEPENDANTS = { dependantsRewrapped: 0 };

function unitOf(
  context: RunContext,
  rotation: RotationWithSummary,
  durationMs: number,
): UnitOfWork {
  const result = rotatedResult(rotation, false, NO_DEPENDANTS, rotation.objectSummary);
  const { changes, rewrapping } = rotation;
  const message = policyMessage(rotation.policy);
  return { changes, rewrapping, ownRows: rowsDescribing(context, result, durationMs, message) };
}

/** Records failures in a transaction of their own. */
export async function logFailures(
  context: RunContext,
  results: readonly RotationResult[],
): Promise<void> {
  const failures = results.filter(({ outcome }) => outcome === 'failed');
  if (context.dryRun || failures.length === 0) return;
  await context.store.writeOwnRows(
    failures.flatMap((result) => rowsDescribing(context, result, 0, result.error?.message ?? null)),
  );
}

/** The log row comes first: after a lost connection it shows whether the transaction was committed. */
function rowsDescribing(
  context: RunContext,
  result: RotationResult,
  durationMs: number,
  message: string | null,
) {
  const { uid, objectSummary, flow, error } = result;
  return [
    logRow({ ...logEntry(context, result, durationMs), message }),
    ...context.enqueueEvent((origin) =>
      error === null
        ? rotatedEvent(origin, result)
        : failedEvent(origin, { uid, objectSummary, flow, error: errorJson(error) }),
    ),
  ];
}

function logEntry(
  context: RunContext,
  result: RotationResult,
  durationMs: number,
): Omit<LogEntry, 'message'> {
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
  };
}
