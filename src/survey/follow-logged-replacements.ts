// Follows replacements from one generation to the next: by our own log where a server's cache has overwritten the link.
import { uidsToFindInLog } from '../rotation/active-replacement.js';
import type { RelatedObjects } from '../rotation/related-objects.js';
import type { Store } from '../store/store.js';

export interface LoggedReplacements {
  /** The given keys and their replacements, with all related objects. */
  readonly related: RelatedObjects;
  /** By uid of a key without such a link: its replacement, if the log has it. */
  readonly logged: ReadonlyMap<string, string>;
}

export async function followLoggedReplacements(
  store: Pick<Store, 'loadRelated' | 'loggedReplacements'>,
  uids: readonly string[],
): Promise<LoggedReplacements> {
  const logged = new Map<string, string>();
  const lookedUp = new Set<string>();
  let related = await store.loadRelated(uids);
  for (;;) {
    const wanted = uidsToFindInLog(related).filter((uid) => !lookedUp.has(uid));
    const found = wanted.length === 0 ? [] : [...(await store.loggedReplacements(wanted))];
    if (found.length === 0) return { related, logged };
    for (const uid of wanted) lookedUp.add(uid);
    for (const [uid, replacement] of found) logged.set(uid, replacement);
    related = new Map([
      ...related,
      ...(await store.loadRelated(found.map(([, replacement]) => replacement))),
    ]);
  }
}
