// Which private keys link to a public key that does not have the usual uid, so that no public key is replaced that
// another private key shares.
import { linkTo } from '../kmip/attributes.js';
import { readableAttributes } from '../kmip/managed-object.js';
import type { Store } from '../store/store.js';
import type { PublicKeyLink } from '../flows/rotation-context.js';

/** Returns the links of these private keys; one whose attributes cannot be read links to nothing. */
export async function foreignPublicKeyLinks(
  store: Pick<Store, 'findForeignPublicKeyLinks'>,
): Promise<readonly PublicKeyLink[]> {
  const found: PublicKeyLink[] = [];
  for await (const page of store.findForeignPublicKeyLinks()) {
    for (const { id: uid, attributes } of page) {
      const read = readableAttributes(uid, attributes);
      const publicUid = read === null ? null : linkTo(read, 'PublicKeyLink');
      if (publicUid !== null) found.push({ uid, publicUid });
    }
  }
  return found;
}
