// Moves what retiring objects still wrap to the Active end of their replacements, a few in each short transaction, just before
// they retire. rewrap-batch.ts re-wraps them.
import type { ManagedObject } from '../../kmip/managed-object.js';
import type { RewrappedDependant } from '../../report/rotation-result.js';
import type { Run } from '../context.js';
import { rewrapBatch } from '../rewrap-batch.js';

/** How many dependants share a transaction. */
const BATCH = 64;

/** Returns what became of each dependant; one that cannot be moved is in it as failed. */
export async function moveDependants(
  run: Run,
  objects: readonly ManagedObject[],
): Promise<readonly RewrappedDependant[]> {
  const moved: RewrappedDependant[] = [];
  for (const { uniqueIdentifier: uid } of objects) {
    for await (const uids of dependantsOf(run, uid)) {
      for (let start = 0; start < uids.length; start += BATCH) {
        const dependants = uids.slice(start, start + BATCH).map((dependantUid) => ({
          uid: dependantUid,
          wrappingKeyUid: uid,
          replacementUid: '',
          error: null,
        }));
        const { done, error } = await rewrapBatch(run, dependants, () => Promise.resolve());
        moved.push(...done);
        if (error !== null) throw error;
      }
    }
  }
  return moved;
}

async function* dependantsOf(
  { store, state }: Run,
  uid: string,
): AsyncGenerator<readonly string[]> {
  const mismatches = (await state.wrappingKeyMismatches()).filter(
    ({ wrappingKeyUid }) => wrappingKeyUid === uid,
  );
  yield mismatches.map((one) => one.uid);
  for await (const page of store.findWrappedBy(uid, { tags: [] })) yield page.map(({ id }) => id);
}
