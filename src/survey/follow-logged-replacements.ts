// What our own log knows of replacements whose links a server's cache has written over, followed from one generation
// to the next as far as it leads.
import { uidsToFindInLog } from '../rotation/active-replacement.js';
import type { RelatedObjects } from '../rotation/related-objects.js';
import type { Store } from '../store/store.js';

export interface LoggedReplacements {
  /** The keys asked for, and what surrounds them and those that followed them. */
  readonly related: RelatedObjects;
  /** By the uid of each key that no link leads on from, what it was replaced by, if the log tells. */
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
