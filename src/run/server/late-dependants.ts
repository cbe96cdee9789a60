// What came under a key while the server replaced it: told as any other dependant that no run can re-wrap.
import type { KmsError } from '../../errors.js';
import type { RewrappedDependant } from '../../report/rotation-result.js';
import { UNKNOWN_OBJECT } from '../../report/object-summary.js';
import type { MadeRequest } from '../../rotation/server/server-request.js';
import { recordStaleDependants } from '../record-conditions.js';
import type { Run } from '../context.js';
import { lateDependant } from './request-errors.js';
import { wrappedBy } from './wrapped-by.js';

export interface LateDependant {
  readonly uid: string;
  readonly wrappingKeyUid: string;
  readonly error: KmsError;
}

/** Finds them by the column of what is wrapped, and by bytes that name another key than the column does. */
export async function lateDependantsUnder(
  { store }: Run,
  requests: readonly MadeRequest[],
): Promise<readonly LateDependant[]> {
  if (requests.length === 0) return [];
  const mismatches = await store.findWrappingKeyMismatches();
  const late = new Map<string, LateDependant>();
  for (const { uid: keyUid, publicUid } of requests) {
    for (const name of [keyUid, ...(publicUid === null ? [] : [publicUid])]) {
      const byBytes = mismatches.filter(({ wrappingKeyUid }) => wrappingKeyUid === name);
      const uids = [...(await wrappedBy(store, [name])), ...byBytes.map(({ uid }) => uid)];
      for (const uid of uids) {
        late.set(uid, { uid, wrappingKeyUid: name, error: lateDependant(uid, name) });
      }
    }
  }
  return [...late.values()];
}

export function asStaleDependant({
  uid,
  wrappingKeyUid,
  error,
}: LateDependant): RewrappedDependant {
  return {
    uid,
    objectSummary: UNKNOWN_OBJECT,
    fromWrappingKeyUid: wrappingKeyUid,
    toWrappingKeyUid: null,
    outcome: 'failed',
    error,
  };
}

export async function recordLateDependants(
  run: Run,
  late: readonly LateDependant[],
): Promise<void> {
  if (run.dryRun || late.length === 0) return;
  await recordStaleDependants(
    run,
    late.map(({ uid, error }) => ({ uid, error, flow: null, objectSummary: UNKNOWN_OBJECT })),
  );
}
