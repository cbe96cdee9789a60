// Which keys the Active certificates of a store link to. A key says so by a link of its own too, but not every
// server writes both.
import { KmsError } from './errors.js';
import type { CertificateLinks } from './flows/change.js';
import { decodeAttributes } from './kmip/attributes.js';
import { decodeAttributesColumn } from './kmip/managed-object.js';
import { MalformedMember } from './kmip/members.js';
import type { Candidate } from './store/find.js';
import type { Store } from './store/open.js';

/** Returns the links of all Active certificates; one whose attributes cannot be read links to nothing. */
export async function certificateLinks(store: Store): Promise<readonly CertificateLinks[]> {
  const found: CertificateLinks[] = [];
  for await (const page of store.findActiveCertificates({ tags: [] })) {
    for (const candidate of page) {
      const linkedUids = linkedKeys(candidate);
      if (linkedUids.length > 0) found.push({ uid: candidate.id, linkedUids });
    }
  }
  return found;
}

function linkedKeys({ id, attributes: text }: Candidate): readonly string[] {
  try {
    return decodeAttributes(decodeAttributesColumn(id, text), 'attributes')
      .links.filter(({ linkType }) => linkType === 'PublicKeyLink' || linkType === 'PrivateKeyLink')
      .map(({ linkedObjectIdentifier }) => linkedObjectIdentifier);
  } catch (error) {
    if (error instanceof KmsError || error instanceof MalformedMember) return [];
    throw error;
  }
}
