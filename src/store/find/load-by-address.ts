// Loads the one object that an address names: its Unique Identifier, or NAME, NAME@latest, NAME@first, NAME@N of a
// keyset.
import { KmsError } from '../../errors.js';
import type { RotationCandidate } from '../../rotation/candidate.js';

interface Loader {
  resolveUid(address: string): Promise<string>;
  load(uids: readonly string[]): Promise<readonly RotationCandidate[]>;
}

/** @throws KmsError UnknownUid or AmbiguousKeyset. */
export async function loadByAddress(store: Loader, address: string): Promise<RotationCandidate> {
  const uid = await store.resolveUid(address);
  const [candidate] = await store.load([uid]);
  if (candidate === undefined) throw deletedMeanwhile(uid);
  return candidate;
}

/** Returns the error for an object that was deleted after its uid was found. */
export function deletedMeanwhile(uid: string): KmsError {
  return new KmsError('UnknownUid', `${JSON.stringify(uid)} was deleted meanwhile`, { uid });
}
