// The key encryption key that the configuration names, where the store has no object of that uid: the setting then does
// nothing.
import type { ServerKek } from '../flows/server-kek.js';
import { isHsmUid } from '../kmip/unique-identifier.js';
import type { Store } from '../store/store.js';

/** Returns what a run and `config check --connect` say of it; null if the key is there, or lies in a module. */
export async function missingKekNotice(
  store: Pick<Store, 'existingUids'>,
  { uid }: ServerKek,
): Promise<string | null> {
  if (uid === null || uid === 'none' || isHsmUid(uid)) return null;
  // A database that compares without case finds it as another spelling.
  if ((await store.existingUids([uid])).size > 0) return null;
  return `rotation.key_encryption_key is ${JSON.stringify(uid)}, and there is no such object in the store: set it to the uid of the server’s key encryption key, or to "none"`;
}
