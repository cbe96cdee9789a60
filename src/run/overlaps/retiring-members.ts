// Loads the objects of one rotation whose overlap is over, just before end-overlaps.ts ends it.
import { KmsError } from '../../errors.js';
import { isDestroyed, type ManagedObject, type ObjectRow } from '../../kmip/managed-object.js';
import { isOver } from '../../rotation/overlap.js';
import { headUidOf } from '../../rotation/replacements.js';
import type { RetiringObject } from '../../rotation/retiring-object.js';
import { decodeOrError } from '../../store/find/rows.js';
import type { Run } from '../context.js';
import type { Group } from './groups-to-end.js';

export interface Member {
  readonly retiring: RetiringObject;
  readonly headUid: string;
  readonly isReplacementThere: boolean;
  /** Null if the row is gone. */
  readonly row: ObjectRow | null;
  readonly object: ManagedObject | null;
  /** Why the row cannot be read. */
  readonly failure: KmsError | null;
}

/** Returns those whose overlap is still over. */
export async function loadMembers({ store, now }: Run, group: Group): Promise<readonly Member[]> {
  const all = await store.retiringObjects(group);
  const heads = await store.loadRelated([...all.values()].map((one) => one.replacementUid));
  const rows = new Map((await store.readRows(group)).map((row) => [row.id, row]));
  return group.flatMap((uid): Member[] => {
    const retiring = all.get(uid);
    if (retiring === undefined) return [];
    const row = rows.get(uid) ?? null;
    // Another run has moved its end meanwhile.
    if (row?.state === 'Active' && !isOver(retiring, now())) return [];
    const object = row === null || isDestroyed(row) ? null : decodeOrError(row);
    const failure = object instanceof KmsError ? object : null;
    return [
      {
        retiring,
        headUid: headUidOf(retiring, heads),
        isReplacementThere: heads.has(retiring.replacementUid),
        row,
        object: object instanceof KmsError ? null : object,
        failure,
      },
    ];
  });
}
