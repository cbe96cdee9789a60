// The key encryption key of a server: whether there is one, by the configuration, and its uids.
import {
  MAX_GENERATIONS,
  replacementUidOf,
  type RelatedObjects,
} from '../rotation/related-objects.js';
import { KmsError } from '../errors.js';

/** The key encryption key of a server, which is in the store that it wraps (storage format §5.7). */
export interface ServerKek {
  /** Its uid as configured; `none` if there is no such key, null if nothing is configured. */
  readonly uid: string | null;
  /** Whether it may be rotated: the server must then be configured for its replacement. */
  readonly mayBeRotated: boolean;
}

/**
 * Returns the uids of the server's key encryption key: the configured one, as its row spells it too, and those
 * that replaced it.
 */
export function serverKekUids(
  { uid }: ServerKek,
  relatedObjects: RelatedObjects,
): ReadonlySet<string> {
  const uids = new Set<string>();
  let next = uid === 'none' ? null : uid;
  while (next !== null && !uids.has(next) && uids.size < MAX_GENERATIONS) {
    uids.add(next);
    const key = relatedObjects.get(next);
    if (key === undefined || key instanceof KmsError) break;
    uids.add(key.uniqueIdentifier);
    next = replacementUidOf(key);
  }
  return uids;
}
