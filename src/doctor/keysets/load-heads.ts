// Loads a keyset with several heads, with what its settlement depends on. keyset-findings.ts decides.
import { unusableReason } from '../../flows/settlement/unusable-reason.js';
import { keysetHeadsOf, type KeysetHeads } from '../../rotation/unfinished/keyset-heads.js';
import { uidsOfGeneration } from '../../rotation/unfinished/unfinished-rotation.js';
import type { UnitOfWork } from '../../store/write/write-units.js';
import type { DoctorContext } from '../doctor-context.js';
import { generationOf } from '../unfinished/generations.js';
import { certificatesOf, surroundingsViolation } from '../unfinished/surroundings-violation.js';
import { loadCandidates, reservedReason } from '../unfinished/reserved.js';

export type LoadedHeads = KeysetHeads &
  Pick<Awaited<ReturnType<DoctorContext['store']['load']>>[number], 'relatedObjects'> & {
    readonly wraps: ReadonlyMap<string, number>;
    readonly reserved: string | null;
    /** Why the head does not open. */
    readonly unusable: string | null;
    /** Certificates of the pairs that would be retired. */
    readonly certificates: readonly string[];
    /** A row that names one of them and cannot be read, or a link in other letters than the uid that it means. */
    readonly violation: string | null;
    readonly decidedBy: NonNullable<UnitOfWork['decidedBy']>;
  };

/** Returns null if the keyset has one head, or a member is not there or cannot be read. */
export async function loadHeads(
  context: DoctorContext,
  name: string,
  uids: readonly string[],
): Promise<LoadedHeads | null> {
  const { store } = context;
  const relatedObjects = await store.loadRelated(uids);
  const members = uids.flatMap(
    (uid) => generationOf(relatedObjects.get(uid), relatedObjects) ?? [],
  );
  const heads = members.length < uids.length ? null : keysetHeadsOf(members);
  if (heads === null) return null;
  const objects = { uids: members.flatMap(uidsOfGeneration), keysets: [name] };
  const found = await store.surroundings(objects);
  const linking = await store.loadRelated([...new Set(found.links.map(({ uid }) => uid))]);
  const generations = [heads.head, ...heads.retired.map(({ replaced }) => replaced)];
  const candidates = await loadCandidates(context, generations);
  const all = new Map([...relatedObjects, ...linking]);
  return {
    ...heads,
    certificates: heads.retired.flatMap(({ replaced }) =>
      certificatesOf(replaced, found.links, all),
    ),
    violation: surroundingsViolation(objects.uids, found),
    unusable: unusableReason(heads.head, relatedObjects),
    decidedBy: { ...objects, found },
    relatedObjects,
    wraps: new Map([...candidates].map(([uid, { dependants }]) => [uid, dependants])),
    reserved: reservedReason(context, generations, candidates, relatedObjects),
  };
}
