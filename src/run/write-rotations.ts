// Writes the rotations of a batch, each with its log row and its events in the same transaction; a dry run only tries
// what could fail. Which rotations share a transaction, store/apply.ts decides.
import { conditionKey } from '../conditions/condition.js';
import { readableAttributes } from '../kmip/managed-object.js';
import type { UnitOfWork } from '../store/write/write-units.js';
import type { Change, Rotation } from '../flows/change.js';
import { rotatedEvent } from '../report/run-events.js';
import { policyMessage } from '../rotation/policy-text.js';
import type { ObjectSummary } from '../report/object-summary.js';
import { rotatedResult, type RotationResult } from '../report/rotation-result.js';
import type { ApplyResult, UnitOutcome } from '../store/apply.js';
import type { OwnRow } from '../store/own/our-tables.js';
import { retiringTableRow } from '../store/own/retiring.js';
import { logRow } from '../store/own/rotation-log.js';
import type { ProgressMonitor } from '../store/write/rewrap-dependants.js';
import type { Run, RunContext } from './context.js';
import { recoveryUpdate } from './record-conditions.js';
import { resultEntry } from './record-results.js';

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
    const open = await run.state.conditionKeys();
    return await run.store.apply(
      rotations.map((rotation) => unitOf(run, rotation, durationMs, open)),
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

/** Returns what is written of a rotation. `open` are the keys of conditions that hold: that of its object is over. */
export function unitOf(
  context: RunContext,
  rotation: RotationWithSummary,
  durationMs: number,
  open: ReadonlySet<string>,
): UnitOfWork {
  const result = rotatedResult(rotation, false, NO_DEPENDANTS, rotation.objectSummary);
  const { changes, rewrapping } = rotation;
  const message = policyMessage(rotation.policy);
  const condition = { kind: 'rotation-failed', subject: rotation.uid } as const;
  const [log, ...events] = rowsDescribing(context, result, durationMs, message);
  return {
    ...{ changes, rewrapping, ownRows: [log, ...overlapRows(context, changes), ...events] },
    ...(open.has(conditionKey(condition))
      ? { conditions: recoveryUpdate(context, { condition, how: 'rotated' }) }
      : {}),
  };
}

/** The log row comes first: after a lost connection it shows whether the transaction was committed. */
function rowsDescribing(
  context: RunContext,
  result: RotationResult,
  durationMs: number,
  message: string | null,
): readonly [OwnRow, ...OwnRow[]] {
  return [
    logRow({ ...resultEntry(context, result, durationMs), message }),
    ...context.enqueueEvent((origin) => rotatedEvent(origin, result)),
  ];
}

function overlapRows({ runId, now }: RunContext, changes: readonly Change[]): readonly OwnRow[] {
  return changes.flatMap((change) => {
    if (change.kind !== 'begin-overlap') return [];
    const { id, attributes } = change.before;
    const made = readableAttributes(id, attributes)?.initialDate ?? null;
    return [retiringTableRow(change.retiring, { runId, at: now(), made })];
  });
}
