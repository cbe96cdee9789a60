// The object that a command or a policy file names.
import type { PolicyFailure } from './policy-plan.js';
import { KmsError } from '../errors.js';
import type { Store } from '../store/store.js';

/**
 * Returns the uid, or a failure if the address means no object.
 *
 * @throws KmsError if the store fails, which ends the command.
 */
export async function resolveAddress(
  store: Pick<Store, 'resolveUid'>,
  address: string,
  rule: number | null,
): Promise<{ readonly uid: string } | { readonly failure: PolicyFailure }> {
  try {
    return { uid: await store.resolveUid(address) };
  } catch (error) {
    if (!(error instanceof KmsError) || error.uid === null) throw error;
    return { failure: { uid: address, rule, error } };
  }
}
