// Follows replacements from one generation to the next: by our own log where a server's cache has overwritten
// the link, and from a replacement that doctor has taken back to what it was to replace.
import { uidsToFindInLog } from '../rotation/active-replacement.js';
import type { RelatedObjects } from '../rotation/related-objects.js';
import type { Store } from '../store/store.js';

export interface LoggedReplacements {
  /** The given keys and their replacements, with all related objects. */
  readonly related: RelatedObjects;
  /** By uid of a key without such a link: its replacement, or what it was to replace, if the log has it. */
  readonly logged: ReadonlyMap<string, string>;
}

export type LoggedReplacementsStore = Pick<
  Store,
  'loadRelated' | 'loggedReplacements' | 'takenBackFrom'
>;

export async function followLoggedReplacements(
  store: LoggedReplacementsStore,
  uids: readonly string[],
): Promise<LoggedReplacements> {
  const logged = new Map<string, string>();
  const lookedUp = new Set<string>();
  let related = await store.loadRelated(uids);
  for (;;) {
    const wanted = uidsToFindInLog(related).filter((uid) => !lookedUp.has(uid));
    const found = wanted.length === 0 ? [] : await followOnce(store, wanted);
    if (found.length === 0) return { related, logged };
    for (const uid of wanted) lookedUp.add(uid);
    for (const [uid, replacement] of found) logged.set(uid, replacement);
    related = new Map([
      ...related,
      ...(await store.loadRelated(found.map(([, replacement]) => replacement))),
    ]);
  }
}

/** A server that has such a key in its cache may have put objects under it since. */
async function followOnce(
  store: LoggedReplacementsStore,
  uids: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  const replacements = await store.loggedReplacements(uids);
  const takenBack = await store.takenBackFrom(uids.filter((uid) => !replacements.has(uid)));
  return [...replacements, ...takenBack];
}
