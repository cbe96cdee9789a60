// Finds leftovers among the objects of a page: replacements that link back to an object which does not name them. It
// keeps uids of those alone, so that memory grows with the damage, not with the store.
import { linkTo } from '../../kmip/attributes.js';
import { isDestroyed, readableAttributes, type ManagedObject } from '../../kmip/managed-object.js';
import type { DoctorStore } from '../doctor-context.js';

/** The leftovers of each replaced object, by its uid; both keys of a pair are in it. */
export type LeftoverUids = Map<string, Set<string>>;

/** Adds the leftovers of a page. */
export async function addLeftovers(
  store: Pick<DoctorStore, 'findByUids'>,
  objects: readonly ManagedObject[],
  found: LeftoverUids,
): Promise<void> {
  const linking = objects.flatMap((object) => {
    const replacedUid = linkTo(object.attributes, 'ReplacedObjectLink');
    const isOwn = replacedUid === object.uniqueIdentifier;
    return replacedUid === null || isOwn || isDestroyed(object) ? [] : [{ object, replacedUid }];
  });
  const uids = [...new Set(linking.map(({ replacedUid }) => replacedUid))];
  for await (const page of store.findByUids(uids, { tags: [] })) {
    for (const { id, attributes } of page) {
      const named = replacementNamedIn(id, attributes);
      for (const { object, replacedUid } of linking) {
        if (replacedUid !== id || named === object.uniqueIdentifier) continue;
        const leftovers = found.get(id) ?? new Set();
        found.set(id, leftovers.add(object.uniqueIdentifier));
      }
    }
  }
}

function replacementNamedIn(uid: string, text: string): string | null {
  const attributes = readableAttributes(uid, text);
  return attributes === null ? null : linkTo(attributes, 'ReplacementObjectLink');
}
