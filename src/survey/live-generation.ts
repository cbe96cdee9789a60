// Which generation of an object an operator means who wants to use it: of a name, the one that is in use; of an
// explicit generation of a keyset, that one. A retired one is never taken in silence.
import { KmsError } from '../errors.js';
import type { RotationCandidate } from '../rotation/candidate.js';
import { parseAddress } from '../rotation/keyset.js';
import { latestReplacementOf } from '../rotation/replacements.js';
import { deletedMeanwhile, loadByAddress } from '../store/find/load-by-address.js';
import type { Store } from '../store/store.js';

/** Says whether an address names one generation, as NAME@N and NAME@first do. */
export function namesOneGeneration(address: string): boolean {
  const parsed = parseAddress(address);
  return parsed.kind === 'member' && parsed.explicit && parsed.generation !== 'latest';
}

/**
 * Loads the object of an address, or the latest of its replacements.
 *
 * @throws KmsError UnknownUid, AmbiguousKeyset, WrappingCycle, or why a row of the chain cannot be read.
 */
export async function loadLatestGeneration(
  store: Pick<Store, 'resolveUid' | 'load' | 'loadRelated'>,
  address: string,
): Promise<RotationCandidate> {
  const named = await loadByAddress(store, address);
  if (named.object instanceof KmsError || named.replacedBy === null) return named;
  const related = await store.loadRelated([named.row.id]);
  const { uniqueIdentifier: uid } = latestReplacementOf(named.object, related);
  const [latest] = await store.load([uid]);
  if (latest === undefined) throw deletedMeanwhile(uid);
  return latest;
}

interface Exported {
  readonly uid: string;
  readonly state: string;
}

/** Says whether an object is no longer to be used. */
export function isRetired({ state }: Pick<Exported, 'state'>): boolean {
  return state !== 'Active' && state !== 'PreActive';
}

/** Returns the error for a name that has no generation in use. */
export function noLiveGeneration(address: string, { uid, state }: Exported): KmsError {
  const named = uid === address ? '' : `, the latest generation of ${JSON.stringify(address)},`;
  return new KmsError('WrongState', `${JSON.stringify(uid)}${named} is ${state}`, {
    uid,
    hint: 'kms key lineage shows its generations; --retired exports the one that is named',
  });
}
