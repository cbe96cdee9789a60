// Which private keys link to public keys that are not called after them, so that no public key is replaced that
// another private key goes with too.
import { KmsError } from './errors.js';
import type { PublicKeyLink } from './flows/change.js';
import { decodeAttributes, linkTo } from './kmip/attributes.js';
import { decodeAttributesColumn } from './kmip/managed-object.js';
import { MalformedMember } from './kmip/members.js';
import type { Store } from './store/open.js';

/** Returns the links of these private keys; one whose attributes cannot be read links to nothing. */
export async function foreignPublicKeyLinks(store: Store): Promise<readonly PublicKeyLink[]> {
  const found: PublicKeyLink[] = [];
  for await (const page of store.findForeignPublicKeyLinks()) {
    for (const { id: uid, attributes } of page) {
      const publicUid = publicUidIn(uid, attributes);
      if (publicUid !== null) found.push({ uid, publicUid });
    }
  }
  return found;
}

function publicUidIn(uid: string, text: string): string | null {
  try {
    const attributes = decodeAttributes(decodeAttributesColumn(uid, text), 'attributes');
    return linkTo(attributes, 'PublicKeyLink');
  } catch (error) {
    if (error instanceof KmsError || error instanceof MalformedMember) return null;
    throw error;
  }
}
