// Sets findings right, each in a transaction of its own and only if its rows have not changed since they were read.
import { asKmsError, type KmsError } from '../errors.js';
import { rewrapBatch } from '../run/rewrap-batch.js';
import { concurrentChange, retryConflicts, type AttemptResult } from '../run/retry-conflicts.js';
import type { DoctorContext } from './doctor-context.js';
import { repairKey, type Finding, type Prepare } from './finding.js';

export interface FindingResult {
  readonly finding: Finding;
  /** `gone`: nothing was wrong with it any more when it was loaded again. */
  readonly outcome: 'told' | 'would-repair' | 'repaired' | 'failed' | 'gone';
  readonly error: KmsError | null;
}

/** Repairs one finding; in a dry run it does all but the writing. @throws KmsError why the store cannot be used. */
export async function repairFinding(
  context: DoctorContext,
  finding: Finding,
): Promise<FindingResult> {
  const { action } = finding;
  if (action === null) return { finding, outcome: 'told', error: null };
  if (!context.dryRun && context.options.confirmed?.has(repairKey(finding)) === false)
    return { finding: unconfirmed(finding), outcome: 'told', error: null };
  if (action.kind === 'write') {
    return context.dryRun
      ? tryPreparing(finding, action.prepare)
      : writeRepair(context, finding, action.prepare);
  }
  if (action.kind === 'own') return repairOwn(context, finding, action.repair);
  const { done, error } = await rewrapBatch(context, [action.dependant]);
  if (error !== null) throw error;
  const [result] = done;
  if (result === undefined) return { finding, outcome: 'gone', error: null };
  if (result.error !== null) return { finding, outcome: 'failed', error: result.error };
  return { finding, outcome: context.dryRun ? 'would-repair' : 'repaired', error: null };
}

async function repairOwn(
  { dryRun }: Pick<DoctorContext, 'dryRun'>,
  finding: Finding,
  repair: () => Promise<void>,
): Promise<FindingResult> {
  if (dryRun) return { finding, outcome: 'would-repair', error: null };
  try {
    await repair();
    return { finding, outcome: 'repaired', error: null };
  } catch (error) {
    return failure(finding, error);
  }
}

/** A repair brought it to light after the question was asked. */
function unconfirmed(finding: Finding): Finding {
  return {
    ...finding,
    repair: `it was found after you were asked; run doctor again: it ${finding.repair}`,
  };
}

async function tryPreparing(finding: Finding, prepare: Prepare): Promise<FindingResult> {
  try {
    const unit = await prepare();
    unit?.rewrapping?.wipe();
    return { finding, outcome: unit === null ? 'gone' : 'would-repair', error: null };
  } catch (error) {
    return failure(finding, error);
  }
}

async function writeRepair(
  context: DoctorContext,
  finding: Finding,
  prepare: Prepare,
): Promise<FindingResult> {
  const { done, error } = await retryConflicts(
    [finding],
    () => writeOnce(context, finding, prepare),
    { giveUp: () => failure(finding, concurrentChange(finding.uids[0] ?? '')) },
  );
  if (error !== null) throw error;
  return done[0] ?? { finding, outcome: 'gone', error: null };
}

async function writeOnce(
  { store }: DoctorContext,
  finding: Finding,
  prepare: Prepare,
): Promise<AttemptResult<Finding, FindingResult>> {
  const settled = (result: FindingResult) => ({ done: [result], conflicts: [], error: null });
  let unit;
  try {
    unit = await prepare();
  } catch (error) {
    return settled(failure(finding, error));
  }
  if (unit === null) return settled({ finding, outcome: 'gone', error: null });
  try {
    const { outcomes, error } = await store.apply([unit]);
    const [outcome] = outcomes;
    if (error !== null) return { done: [], conflicts: [], error };
    if (outcome?.kind === 'written') return settled({ finding, outcome: 'repaired', error: null });
    if (outcome?.kind === 'failed') return settled(failure(finding, outcome.error));
    return { done: [], conflicts: [finding], error: null };
  } finally {
    unit.rewrapping?.wipe();
  }
}

/** @throws what is no fault of the objects. */
function failure(finding: Finding, error: unknown): FindingResult {
  const reason = asKmsError(error);
  if (reason.reason === 'Internal') throw error;
  return { finding, outcome: 'failed', error: reason };
}
