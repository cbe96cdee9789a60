// Which keys the certificates of a store link to: the Active ones, and those that wrap. Keys link to their certificates
// too, but not every server writes both links.
import { KmsError } from '../errors.js';
import type { CertificateLinks } from '../flows/change.js';
import { readableAttributes } from '../kmip/managed-object.js';
import type { WrappingKeyMismatch } from '../store/find/find-wrapping-key-mismatches.js';
import { keyUidsOfCertificate } from '../rotation/related-objects.js';
import type { FoundRow } from '../store/find/find.js';
import type { Store } from '../store/store.js';

/** Returns the links of all Active certificates; one whose attributes cannot be read links to nothing. */
export async function certificateLinks(
  store: Pick<Store, 'findActiveCertificates'>,
): Promise<readonly CertificateLinks[]> {
  const found: CertificateLinks[] = [];
  for await (const page of store.findActiveCertificates({ tags: [] })) {
    for (const foundRow of page) {
      const linkedUids = linkedKeys(foundRow);
      if (linkedUids.length > 0) found.push({ uid: foundRow.id, linkedUids });
    }
  }
  return found;
}

/**
 * Returns the links of all certificates that wrap something, Active or not; among them those that only the bytes
 * of an object name.
 */
export async function wrappingCertificates(
  store: Pick<Store, 'findWrappingCertificates' | 'loadRelated'>,
  wrappingKeyMismatches: readonly WrappingKeyMismatch[],
): Promise<readonly CertificateLinks[]> {
  const found: CertificateLinks[] = [];
  for await (const page of store.findWrappingCertificates()) {
    found.push(...page.map((one) => ({ uid: one.id, linkedUids: linkedKeys(one) })));
  }
  const named = [...new Set(wrappingKeyMismatches.map(({ wrappingKeyUid }) => wrappingKeyUid))];
  for (const object of (await store.loadRelated(named)).values()) {
    if (object instanceof KmsError || object.objectType !== 'Certificate') continue;
    const { uniqueIdentifier: uid } = object;
    if (named.includes(uid)) found.push({ uid, linkedUids: keyUidsOfCertificate(object) });
  }
  return found;
}

function linkedKeys({
  id,
  attributes: text,
}: Pick<FoundRow, 'id' | 'attributes'>): readonly string[] {
  return (readableAttributes(id, text)?.links ?? [])
    .filter(({ linkType }) => linkType === 'PublicKeyLink' || linkType === 'PrivateKeyLink')
    .map(({ linkedObjectIdentifier }) => linkedObjectIdentifier);
}
