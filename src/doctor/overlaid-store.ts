// The store as doctor sees it: retiring objects as our own table has them. A server’s cache may have written their rows back
// as they were; the next run puts that right, and meanwhile it must look like no damage. What is written is guarded by the
// true rows, so no repair is based on an overlaid one.
import { KmsError } from '../errors.js';
import { restoredRow } from '../flows/retiring-row.js';
import type { EpochSeconds } from '../kmip/date-time.js';
import { decodeRow, type ManagedObject, type ObjectRow } from '../kmip/managed-object.js';
import type { RelatedObjects } from '../rotation/related-objects.js';
import type { RetiringObject } from '../rotation/retiring-object.js';
import { decodeOrError } from '../store/find/rows.js';
import type { DoctorStore } from './doctor-context.js';

type Retiring = ReadonlyMap<string, RetiringObject>;

export function overlaidStore<S extends DoctorStore>(
  store: S,
  retiring: Retiring,
  now: EpochSeconds,
): S {
  if (retiring.size === 0) return store;
  const right = (object: ManagedObject | KmsError) => restoredObject(object, retiring, now);
  const rightRow = (row: ObjectRow) => {
    if (!retiring.has(row.id)) return row;
    const object = right(decodeOrError(row));
    return object instanceof KmsError ? row : object.row;
  };
  const related = (objects: RelatedObjects): RelatedObjects =>
    new Map([...objects].map(([uid, object]) => [uid, right(object)]));
  return {
    ...store,
    findRows: () => mapped(store.findRows(), rightRow),
    readRows: async (uids) => (await store.readRows(uids)).map(rightRow),
    loadRelated: async (uids) => related(await store.loadRelated(uids)),
    load: async (uids, options) =>
      (await store.load(uids, options)).map((candidate) => ({
        ...candidate,
        row: rightRow(candidate.row),
        object: right(candidate.object),
        relatedObjects: related(candidate.relatedObjects),
      })),
    findByUids: async function* (uids, filters) {
      const named = uids.filter((uid) => retiring.has(uid));
      const rows = new Map((await store.readRows(named)).map((row) => [row.id, rightRow(row)]));
      for await (const page of store.findByUids(uids, filters)) {
        yield page.map((found) => ({
          ...found,
          attributes: rows.get(found.id)?.attributes ?? found.attributes,
        }));
      }
    },
  };
}

async function* mapped<T>(
  pages: AsyncIterable<readonly T[]>,
  change: (item: T) => T,
): AsyncGenerator<readonly T[]> {
  for await (const page of pages) yield page.map(change);
}

function restoredObject(
  object: ManagedObject | KmsError,
  retiring: Retiring,
  now: EpochSeconds,
): ManagedObject | KmsError {
  if (object instanceof KmsError || object.state !== 'Active') return object;
  const one = retiring.get(object.uniqueIdentifier);
  const restored = one === undefined ? null : restoredRow(object, one, now);
  return restored === null ? object : decodeRow(restored.after);
}
