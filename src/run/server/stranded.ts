// What came under a key while the server replaced it: told as any other dependant that no run can re-wrap.
import type { RewrappedDependant } from '../../report/rotation-result.js';
import { UNKNOWN_OBJECT } from '../../report/object-summary.js';
import { recordStaleDependants } from '../record-conditions.js';
import type { Run } from '../context.js';
import type { Stranded } from './complete-rotations.js';

export function asStaleDependant({ uid, wrappingKeyUid, error }: Stranded): RewrappedDependant {
  return {
    uid,
    objectSummary: UNKNOWN_OBJECT,
    fromWrappingKeyUid: wrappingKeyUid,
    toWrappingKeyUid: null,
    outcome: 'failed',
    error,
  };
}

export async function recordStranded(run: Run, stranded: readonly Stranded[]): Promise<void> {
  if (run.dryRun || stranded.length === 0) return;
  await recordStaleDependants(
    run,
    stranded.map(({ uid, error }) => ({ uid, error, flow: null, objectSummary: UNKNOWN_OBJECT })),
  );
}
