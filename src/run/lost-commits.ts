// After a session was lost the database may be another server, to which not all that was committed had been copied. Looks
// whether what a run reports is there, so that nobody relies on a replacement that is gone.
import { KmsError } from '../errors.js';
import { failedResult, type RotationResult } from '../report/rotation-result.js';
import type { RunContext } from './context.js';
import { recordFailedRotations } from './record-conditions.js';

/** Returns the results, those of rotations that the database has lost as failures, which are recorded. */
export async function withLostCommits(
  context: RunContext,
  results: readonly RotationResult[],
): Promise<readonly RotationResult[]> {
  const { store, runId } = context;
  const rotated = results.filter(({ outcome }) => outcome === 'rotated');
  if (rotated.length === 0 || !store.hasLostSessions()) return results;
  const there = await store.rotationsOf(runId);
  const lost = new Map(
    rotated.filter(({ uid }) => !there.has(uid)).map((result) => [result.uid, lostResult(result)]),
  );
  if (lost.size === 0) return results;
  const failures = [...lost.values()];
  await recordFailedRotations(context, failures);
  for (const failure of failures) context.onResult(failure);
  return results.map((result) => lost.get(result.uid) ?? result);
}

function lostResult({ uid, flow, replacementUid, objectSummary }: RotationResult) {
  const replacement = replacementUid === null ? '' : ` to ${JSON.stringify(replacementUid)}`;
  const error = new KmsError(
    'CommitLost',
    `${JSON.stringify(uid)} was rotated${replacement}, and the database has lost that: it went on at a server that had not copied it yet`,
    {
      uid,
      hint: 'the next run rotates it again; find out who was told of the replacement that is gone, and make replication synchronous',
    },
  );
  return { ...failedResult(uid, flow, error, objectSummary), error };
}
