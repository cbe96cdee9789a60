// Finds replacements that the replaced object does not name: a server died between the two halves of a rotation. kms doctor
// says what to do about each.
import { linkTo } from '../kmip/attributes.js';
import { readableAttributes } from '../kmip/managed-object.js';
import type { ObjectFilters } from '../store/find/found-pages.js';
import type { Store } from '../store/store.js';

/** Returns what each of them replaces, by its uid. Of an object in its overlap the link is known, whatever its row says. */
export async function unfinishedReplacements(
  store: Pick<Store, 'findAll' | 'findByUids' | 'retiringObjects'>,
  filters: ObjectFilters,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const retiring = await store.retiringObjects();
  for await (const page of store.findAll(filters)) {
    const replaced = new Map<string, string>();
    for (const { id, attributes } of page) {
      const uid = attributes.includes('ReplacedObjectLink')
        ? linkIn(id, attributes, 'ReplacedObjectLink')
        : null;
      if (uid !== null && uid !== id) replaced.set(id, uid);
    }
    const names = new Map<string, string | null>();
    for await (const others of store.findByUids([...new Set(replaced.values())], { tags: [] })) {
      for (const { id, attributes } of others)
        names.set(id, linkIn(id, attributes, 'ReplacementObjectLink'));
    }
    for (const [id, uid] of replaced) {
      if (names.has(uid) && names.get(uid) !== id && !retiring.has(uid)) found.set(id, uid);
    }
  }
  return found;
}

function linkIn(
  uid: string,
  text: string,
  type: 'ReplacedObjectLink' | 'ReplacementObjectLink',
): string | null {
  const attributes = readableAttributes(uid, text);
  return attributes === null ? null : linkTo(attributes, type);
}
