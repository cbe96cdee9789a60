// Rotates some objects together: load fresh, prepare, write; what others changed meanwhile is tried again. The one
// place where the failure of an object becomes a `failed` result and the run goes on; any other error ends the run.
import { errorThrownBy, KmsError } from '../errors.js';
import type { Rotation } from '../flows/change.js';
import { flowNameOf } from '../flows/flow-name.js';
import {
  objectSummariesByUid,
  UNKNOWN_OBJECT,
  type ObjectSummary,
} from '../report/object-summary.js';
import {
  failedResult,
  rotatedResult,
  skippedResult,
  type RotationResult,
} from '../report/rotation-result.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { recordResults } from './record-results.js';
import { writeRotations, type RotationWithSummary } from './write-rotations.js';
import type { Run } from './context.js';
import { explained } from './explain-failure.js';
import { loadBatch } from './load-batch.js';
import type { NothingToDo } from './prepare.js';
import { foreseenRotation, type ServerRotation } from '../flows/server-rotation.js';
import type { AskedFor } from './server/ask-for.js';
import { askServer, NONE_ASKED } from './server/ask-server.js';
import { recordLateDependants, type LateDependant } from './server/late-dependants.js';
import { concurrentChange, retryConflicts, type AttemptResult } from './retry-conflicts.js';
import type { RotationContext } from '../flows/rotation-context.js';

/** Returns what to write for an object. @throws KmsError why it cannot be rotated. */
export type Prepare = (
  candidate: RotationCandidate,
  context: RotationContext,
) => Promise<Rotation | ServerRotation | NothingToDo>;

export interface Batch {
  /** In the order asked for; what is committed is here, whatever happened after. */
  readonly results: readonly RotationResult[];
  readonly notices: readonly string[];
  /** What came under a key while the server replaced it. */
  readonly lateDependants: readonly LateDependant[];
  /** How many objects are finished: also those that are no longer due, which have no result. */
  readonly finished: number;
  /** Whether the run was over before all were finished. */
  readonly interrupted: boolean;
  /** What ended the run, if something did. */
  readonly error: KmsError | null;
}

export async function rotateBatch(
  run: Run,
  uids: readonly string[],
  prepare: Prepare,
): Promise<Batch> {
  const startMs = run.monotonicMs();
  const timed: Timed = (result) => ({
    ...result,
    took: { fromMs: startMs, toMs: run.monotonicMs() },
  });
  const lateDependants: LateDependant[] = [];
  const { done, interrupted, error } = await retryConflicts(
    uids.map((uid): Pending => ({ uid, objectSummary: UNKNOWN_OBJECT })),
    async (pending) => {
      const once = await rotateOnce(run, pending, prepare, timed);
      lateDependants.push(...once.lateDependants);
      return once;
    },
    {
      giveUp: ({ uid, objectSummary }) => ({
        result: timed(failedResult(uid, null, concurrentChange(uid), objectSummary)),
        notices: [],
      }),
      mayRetry: async () => !(await run.isOver()),
    },
  );
  const results = inOrder(done, uids);
  const failure =
    error ??
    (await errorThrownBy(async () => {
      await recordResults(run, results);
      await recordLateDependants(run, lateDependants);
    }));
  return {
    results,
    notices: done.flatMap(({ notices }) => notices),
    lateDependants,
    finished: interrupted || failure !== null ? results.length : uids.length,
    interrupted,
    error: failure,
  };
}

/** An object that has no result yet, and what is known of it. */
type Pending = Pick<RotationResult, 'uid' | 'objectSummary'>;

/** What came of one object. */
interface Settled {
  /** Null where there is only something to note. */
  readonly result: RotationResult | null;
  readonly notices: readonly string[];
}

/** Adds to a result how long it took, from the start of its batch to now. */
type Timed = (result: RotationResult) => RotationResult;

/** Loads, prepares and writes. */
async function rotateOnce(
  run: Run,
  pending: readonly Pending[],
  prepare: Prepare,
  timed: Timed,
): Promise<AttemptResult<Pending, Settled> & Pick<Batch, 'lateDependants'>> {
  const startMs = run.monotonicMs();
  const { candidates, rotationContext } = await loadBatch(
    run,
    pending.map(({ uid }) => uid),
  );
  const objectSummaries = objectSummariesByUid(candidates);
  const prepared = await Promise.all(
    candidates.map(async (candidate) => {
      const objectSummary = objectSummaries.get(candidate.row.id) ?? UNKNOWN_OBJECT;
      const one = await prepareOne(candidate, prepare, rotationContext, { run, objectSummary });
      return 'result' in one ? { ...one, result: one.result && timed(one.result) } : one;
    }),
  );
  const rotations = prepared.filter((one) => 'changes' in one);
  const { outcomes, error } = await writeRotations(run, rotations, startMs);
  const done: Settled[] = prepared.filter((one) => 'result' in one);
  const conflicts: Pending[] = [];
  const forServer = prepared.filter((one) => 'dependantUids' in one);
  const asked = error === null ? await rotateByServer(run, forServer) : NONE_ASKED;
  done.push(...asked.results.map((result) => ({ result: timed(result), notices: [] })));
  for (const { uid, objectSummary } of forServer)
    if (asked.left.includes(uid)) conflicts.push({ uid, objectSummary });
  for (const [index, rotation] of rotations.entries()) {
    const { uid, flow, objectSummary } = rotation;
    const outcome = outcomes[index] ?? { kind: 'not-tried' };
    switch (outcome.kind) {
      case 'written':
        run.state.retire(retiredAlongWith(rotation));
        done.push({
          result: timed(rotatedResult(rotation, run.dryRun, outcome, objectSummary)),
          notices: rotation.notices,
        });
        break;
      case 'failed':
        done.push({
          result: timed(failedResult(uid, flow, explained(outcome.error, null), objectSummary)),
          notices: [],
        });
        break;
      case 'not-tried':
        if (rotation.rewrapping !== null && error === null) {
          done.push({ result: null, notices: [rolledBack(uid)] });
        }
        conflicts.push({ uid, objectSummary });
        break;
      case 'conflict':
        conflicts.push({ uid, objectSummary });
    }
  }
  return { done, conflicts, error: error ?? asked.error, lateDependants: asked.lateDependants };
}

/** A dry run asks nobody. */
async function rotateByServer(run: Run, keys: readonly AskedFor[]) {
  if (run.serverRun !== null) return askServer(run, run.serverRun, keys);
  const results = keys.map((key) =>
    rotatedResult(foreseenRotation(key), true, { dependantsRewrapped: 0 }, key.objectSummary),
  );
  return { ...NONE_ASKED, results };
}

async function prepareOne(
  candidate: RotationCandidate,
  prepare: Prepare,
  context: RotationContext,
  { run: { hsm }, objectSummary }: { readonly run: Run; readonly objectSummary: ObjectSummary },
): Promise<RotationWithSummary | AskedFor | Settled> {
  const { object, row } = candidate;
  const flow =
    object instanceof KmsError ? null : flowNameOf(object, candidate, context.serverKek, hsm);
  try {
    const prepared = await prepare(candidate, context);
    if (prepared === 'no-longer-due') return { result: null, notices: [] };
    if (prepared === 'skipped') return { result: skippedResult(row.id, flow), notices: [] };
    return { ...prepared, objectSummary };
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    const failure = explained(error, candidate);
    return { result: failedResult(row.id, flow, failure, objectSummary), notices: [] };
  }
}

/** Returns the uids of what a rotation retires along with its own object. */
function retiredAlongWith({ uid, changes }: Rotation): readonly string[] {
  const retired = changes.flatMap((change) =>
    change.kind === 'retire' || change.kind === 'begin-overlap' ? [change.before.id] : [],
  );
  return retired.filter((id) => id !== uid);
}

function rolledBack(uid: string): string {
  return `the rotation of ${JSON.stringify(uid)} and all that it wraps did not finish in time and was rolled back: nothing of it was written`;
}

function inOrder(done: readonly Settled[], uids: readonly string[]): readonly RotationResult[] {
  const results = done.flatMap(({ result }) => (result === null ? [] : [result]));
  const byUid = new Map(results.map((result) => [result.uid, result]));
  return uids.flatMap((uid) => byUid.get(uid) ?? []);
}
